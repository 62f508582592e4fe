//go:build !linux

package postgres

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// attributes detach a server program from the terminal, whose Ctrl-C is for us
// and not for it. Its life cannot be tied to ours here: the next Start takes an
// orphan down.
func attributes(a account, _ syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Credential: a.credential()}
}

// dataAccess is how the account names its directory on a command line.
func dataAccess(a account, dir string) (string, *os.File, error) {
	if closed := a.unreachable(dir); closed != "" {
		return "", nil, fmt.Errorf("postgres: user %s, who runs the server, may not enter %s: set DATA_DIR to a directory that it can reach, or run canvass as an ordinary user", a.name, closed)
	}
	return dir, nil, nil
}

// runsCluster says whether the process is a server of the cluster in data, by
// its command line. A number in a stale pid file may by now belong to any other
// program.
func runsCluster(pid int, data string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	line, err := exec.CommandContext(ctx, "ps", "-p", strconv.Itoa(pid), "-o", "command=").Output() //nolint:gosec // a number
	return err == nil && strings.Contains(string(line), "-D "+data+" ")
}
