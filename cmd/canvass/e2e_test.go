package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestMain removes the program that the tests built.
func TestMain(m *testing.M) {
	code := m.Run()
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
	os.Exit(code)
}

// built is the real program: signals and kills need a process of their own.
var built struct { //nolint:gochecknoglobals // one program for one test binary
	once sync.Once
	dir  string
	err  error
}

func program(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("runs the real program")
	}
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "canvass-e2e-"); built.err != nil {
			return
		}
		out, err := exec.CommandContext(context.Background(), "go", "build", "-o", filepath.Join(built.dir, "canvass"), ".").CombinedOutput()
		if err != nil {
			built.err = fmt.Errorf("build: %w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(built.dir, "canvass")
}

// dataDir is a DATA_DIR that the private Postgres' own user may pass through.
func dataDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "data")
}

// fromEnvironment is a number that whoever runs the tests may set.
func fromEnvironment(t *testing.T, name string, usual int) int {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		return usual
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// process is a running canvass.
type process struct {
	t        *testing.T
	cmd      *exec.Cmd
	out, err capture
	done     chan struct{} // closed when it has ended
}

// capture collects what a process writes.
type capture struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (c *capture) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.Write(p)
}

func (c *capture) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

// environment is a bare one, so that settings of the machine change nothing.
func environment(settings []string) []string {
	out := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TMPDIR=" + os.TempDir()}
	if v := os.Getenv("CANVASS_POSTGRES"); v != "" {
		out = append(out, "CANVASS_POSTGRES="+v)
	}
	return append(out, settings...)
}

// launch starts the program in an empty directory, where no .env lies.
func launch(t *testing.T, settings []string, args ...string) *process {
	t.Helper()
	return launchAt(t, t.TempDir(), settings, args...)
}

func launchAt(t *testing.T, dir string, settings []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, done: make(chan struct{})}
	p.cmd = exec.CommandContext(context.Background(), program(t), args...)
	p.cmd.Env, p.cmd.Dir = environment(settings), dir
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.err
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Signal(os.Interrupt)
		if !p.endsWithin(30 * time.Second) {
			_ = p.cmd.Process.Kill()
			<-p.done
			t.Errorf("canvass %s did not end by itself\n%s", strings.Join(args, " "), p.err.String())
		}
	})
	return p
}

func (p *process) endsWithin(d time.Duration) bool {
	limit := time.NewTimer(d)
	defer limit.Stop()
	select {
	case <-p.done:
		return true
	case <-limit.C:
		return false
	}
}

// kill is kill -9.
func (p *process) kill() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Fatal(err)
	}
	<-p.done
}

// interrupt is Ctrl-C; it returns the exit code.
func (p *process) interrupt() int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
		p.t.Fatal(err)
	}
	if !p.endsWithin(30 * time.Second) {
		p.t.Fatalf("it does not end\n%s", p.err.String())
	}
	return p.cmd.ProcessState.ExitCode()
}

// says waits until the process has written something that holds the text.
func (p *process) says(text string) {
	p.t.Helper()
	eventually(p.t, "it says "+text, func() bool {
		select {
		case <-p.done:
			if !strings.Contains(p.out.String()+p.err.String(), text) {
				p.t.Fatalf("it ended and did not say %q:\n%s\n%s", text, p.out.String(), p.err.String())
			}
			return true
		default:
		}
		return strings.Contains(p.out.String()+p.err.String(), text)
	})
}

// eventually polls what another process does, which gives no signal.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	within(t, 60*time.Second, what, done)
}

func within(t *testing.T, patience time.Duration, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for !done() {
		select {
		case <-limit.C:
			t.Fatalf("never happened: %s", what)
		case <-tick.C:
		}
	}
}

// result is a command that has ended.
type result struct {
	out, err string
	code     int
}

// command runs a subcommand to its end.
func command(t *testing.T, settings []string, args ...string) result {
	t.Helper()
	p := launch(t, settings, args...)
	if !p.endsWithin(60 * time.Second) {
		t.Fatalf("canvass %s does not end\n%s", strings.Join(args, " "), p.err.String())
	}
	return result{p.out.String(), p.err.String(), p.cmd.ProcessState.ExitCode()}
}

// ok fails the test unless the command succeeded.
func (r result) ok(t *testing.T) result {
	t.Helper()
	if r.code != 0 {
		t.Fatalf("exit code %d\n%s\n%s", r.code, r.out, r.err)
	}
	return r
}

func lines(text string) (out []string) {
	s := bufio.NewScanner(strings.NewReader(text))
	s.Buffer(nil, 16<<20)
	for s.Scan() {
		out = append(out, s.Text())
	}
	return out
}
