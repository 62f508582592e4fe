package postgres

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// openPath is O_PATH, which package syscall does not name: the descriptor only
// stands for the directory.
const openPath = 0x200000

// attributes detach a server program from the terminal, whose Ctrl-C is for us
// and not for it, and tie its life to ours.
func attributes(a account, onDeath syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: onDeath, Credential: a.credential()}
}

// dataAccess is how the account names its directory on a command line. Where a
// parent (say /root) is closed to it, the server inherits the open directory
// instead of finding its way there: the parent's mode stays as it is.
func dataAccess(a account, dir string) (string, *os.File, error) {
	if a.unreachable(dir) == "" {
		return dir, nil, nil
	}
	file, err := os.OpenFile(dir, openPath|syscall.O_DIRECTORY, 0)
	if err != nil {
		return "", nil, fmt.Errorf("postgres: %w", err)
	}
	return "/proc/self/fd/3", file, nil // the first of a command's ExtraFiles
}

// runsCluster says whether the process is a server of the cluster in data: a
// server's working directory is its data. A number in a stale pid file may by
// now belong to any other program.
func runsCluster(pid int, data string) bool {
	here, err := os.Stat(filepath.Join("/proc", strconv.Itoa(pid), "cwd"))
	if err != nil {
		return false
	}
	there, err := os.Stat(data)
	return err == nil && os.SameFile(here, there)
}
