package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/canvass-hq/canvass/clients/smtp/smtptest"
)

// benchSinkCmd is the server that bench send sends to: a process of its own, whose memory and
// time are not counted as ours. It says its port, when its first mail has come, and, when its
// input ends, how many have.
type benchSinkCmd struct{}

const sinkHost = "127.0.0.1"

// Run implements the subcommand.
func (benchSinkCmd) Run(s *session) error {
	sink, err := smtptest.Listen(sinkHost+":0", func(sink *smtptest.Sink) {
		sink.Drop = func(n int) bool {
			if n == 1 {
				s.printf("%d\n", time.Now().UnixNano())
			}
			return false
		}
	})
	if err != nil {
		return err
	}
	s.printf("%d\n", sink.Port())
	_, _ = io.Copy(io.Discard, os.Stdin)
	mails, distinct := sink.Counts()
	sink.Close()
	s.printf("%d %d\n", mails, distinct)
	return nil
}

// sinkProcess is a benchSinkCmd that runs.
type sinkProcess struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	port  int
	first time.Time // known with the counts
}

func startSink(ctx context.Context) (*sinkProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &sinkProcess{cmd: exec.CommandContext(ctx, self, "bench", "sink")} //nolint:gosec // ourselves
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	if _, err := fmt.Fscanln(p.out, &p.port); err != nil {
		p.end()
		return nil, fmt.Errorf("the server for mail does not begin: %w", err)
	}
	return p, nil
}

// counts ends it, and tells how many mails have come, none of them twice.
func (p *sinkProcess) counts() (int, error) {
	if err := p.in.Close(); err != nil {
		return 0, err
	}
	var first int64
	var mails, distinct int
	if _, err := fmt.Fscanln(p.out, &first); err != nil {
		return 0, err
	}
	p.first = time.Unix(0, first)
	_, err := fmt.Fscanln(p.out, &mails, &distinct)
	if err == nil && mails != distinct {
		err = fmt.Errorf("%d mails came twice", mails-distinct)
	}
	return mails, err
}

// end ends it, whatever it does.
func (p *sinkProcess) end() {
	_ = p.in.Close()
	_ = p.cmd.Wait()
}
