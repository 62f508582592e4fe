package eventstoretest

import (
	"bufio"
	"iter"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Child is a copy of the test binary that runs one test as a process of its own, so
// that a test can kill it.
type Child struct {
	cmd   *exec.Cmd
	lines chan string
	ended chan struct{} // closed when nobody will say anything any more
	once  sync.Once
	t     testing.TB
}

// ChildEnv names the variable that tells a copy of the test binary whose child it is.
const ChildEnv = "CANVASS_TEST_CHILD"

// OnlyInChild skips a test that is no test but the work of a child process, and gives
// the database that it works on.
func OnlyInChild(t testing.TB) *DB {
	t.Helper()
	if os.Getenv(ChildEnv) == "" {
		t.Skip("runs only as a child process of another test")
	}
	return Open(t, os.Getenv(ChildEnv))
}

// StartChild runs a test of this binary on the database, in another process.
func StartChild(t testing.TB, db *DB, test string, env ...string) *Child {
	t.Helper()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c := &Child{t: t, lines: make(chan string, 1024), ended: make(chan struct{})}
	c.cmd = exec.Command(os.Args[0], "-test.run=^"+test+"$", "-test.timeout=10m")
	c.cmd.Env = append(append(os.Environ(), ChildEnv+"="+db.URL), env...)
	c.cmd.ExtraFiles = []*os.File{in}
	if testing.Verbose() {
		c.cmd.Stderr = os.Stderr
	}
	err = c.cmd.Start()
	_ = in.Close()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(c.ended)
		defer close(c.lines)
		defer func() { _ = out.Close() }()
		for s := bufio.NewScanner(out); s.Scan(); {
			c.lines <- s.Text()
		}
	}()
	t.Cleanup(c.Kill)
	return c
}

var parent = sync.OnceValue(func() *os.File { return os.NewFile(3, "parent") }) //nolint:gochecknoglobals // a descriptor of the process

// Tell sends the parent of this child process a line.
func Tell(line string) { _, _ = parent().WriteString(line + "\n") }

// Hear waits for a line of the child; false when the child has ended instead.
func (c *Child) Hear() (line string, alive bool) {
	c.t.Helper()
	select {
	case line, alive = <-c.lines:
		return line, alive
	case <-time.After(Patience):
		c.t.Fatal("the child process says nothing")
		return "", false
	}
}

// Expect waits for this line, passing over others.
func (c *Child) Expect(want string) {
	c.t.Helper()
	for {
		line, alive := c.Hear()
		if !alive {
			c.t.Fatalf("the child process has ended before it said %q", want)
		}
		if line == want {
			return
		}
	}
}

// Ended waits until the child has ended by itself.
func (c *Child) Ended() {
	c.t.Helper()
	for alive := true; alive; {
		_, alive = c.Hear()
	}
	c.Kill()
}

// Alive reports whether the process still runs.
func (c *Child) Alive() bool {
	select {
	case <-c.ended:
		return false
	default:
		return true
	}
}

// Signal sends the process a signal.
func (c *Child) Signal(s syscall.Signal) { _ = c.cmd.Process.Signal(s) }

// Kill ends the process with SIGKILL and returns when it is gone.
func (c *Child) Kill() {
	c.once.Do(func() {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
	})
}

// KillSelf ends this process as kill -9 would: nothing is cleaned up.
func KillSelf() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

// FaultTime is how long a fault test goes on: FAULT_SECONDS, 5 by default.
func FaultTime() time.Duration {
	n, err := strconv.Atoi(os.Getenv("FAULT_SECONDS"))
	if err != nil {
		n = 5
	}
	return time.Duration(n) * time.Second
}

// Rounds counts the rounds of a fault test, from 0, for as long as it is to go on and
// at least so often.
func Rounds(least int) iter.Seq[int] {
	return func(yield func(int) bool) {
		end := time.Now().Add(FaultTime())
		for n := 0; n < least || time.Now().Before(end); n++ {
			if !yield(n) {
				return
			}
		}
	}
}

// Took tells how long something takes.
func Took(do func()) time.Duration {
	begun := time.Now()
	do()
	return time.Since(begun)
}

// ChildValue is what the parent told this child process by its environment.
func ChildValue(name string) string { return os.Getenv(name) }
