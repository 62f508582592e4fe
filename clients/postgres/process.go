package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

// process is one run of the server's main process, the postmaster.
type process struct {
	pid  int
	done chan struct{} // closed when it has exited
	log  string
	from int64 // where in the log this run begins
}

// prepare sets what every server program gets: the account, a terminal of its
// own, and an environment in which no PG* variable of ours changes its mind.
func prepare(cmd *exec.Cmd, a account, inherit *os.File, onDeath syscall.Signal) {
	cmd.SysProcAttr = attributes(a, onDeath)
	cmd.Dir = "/" // our own directory may be closed to the account
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
	if inherit != nil {
		cmd.ExtraFiles = []*os.File{inherit}
	}
}

// onOneThread keeps a child's whole life on one thread: the kernel takes the
// death of the thread that forked the child for the death of its parent.
func onOneThread(run func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	run()
}

// launch starts the postmaster and returns at once; it may not yet accept
// connections. The context does not end it.
func (s *Server) launch(ctx context.Context) (*process, error) {
	arg, inherit, err := dataAccess(s.account, s.data())
	if err != nil {
		return nil, err
	}
	if inherit != nil {
		defer inherit.Close()
	}
	log, err := os.OpenFile(s.LogFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	defer log.Close()
	from, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	args := []string{"-D", arg}
	settings := s.config.settings(s.state.Socket)
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), filepath.Join(s.binaries, "postgres"), args...) //nolint:gosec // a program that was found, with our own arguments
	prepare(cmd, s.account, inherit, syscall.SIGINT)
	cmd.Stdout, cmd.Stderr = log, log

	p := &process{done: make(chan struct{}), log: s.LogFile(), from: from}
	started := make(chan error, 1)
	go onOneThread(func() {
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		err = cmd.Wait()
		s.config.Log.Debug("postgres has exited", "dir", s.config.Dir, "state", cmd.ProcessState.String(), "error", err)
		close(p.done)
	})
	if err := <-started; err != nil {
		return nil, fmt.Errorf("postgres: start %s: %w", filepath.Join(s.binaries, "postgres"), err)
	}
	p.pid = cmd.Process.Pid
	return p, nil
}

func (p *process) alive() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// signal is no error for a process that is gone already.
func (p *process) signal(sig syscall.Signal) error {
	if !p.alive() {
		return nil
	}
	if err := syscall.Kill(p.pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("postgres: signal the server: %w", err)
	}
	return nil
}

// said is the end of what this run has written to its log.
func (p *process) said() string {
	file, err := os.Open(p.log)
	if err != nil {
		return ""
	}
	defer file.Close()
	raw, err := io.ReadAll(io.NewSectionReader(file, p.from, 1<<20))
	if err != nil {
		return ""
	}
	return lastLines(raw)
}

// lastLines are the few lines in which a program says why it gave up.
func lastLines(raw []byte) string {
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	return strings.Join(lines[max(0, len(lines)-8):], "\n")
}
