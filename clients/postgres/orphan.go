package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	orphanPatience = 15 * time.Second
	pollInterval   = 20 * time.Millisecond
)

// endOrphan makes sure that no server of an earlier process still runs on data.
// The caller holds the directory's lock, so whatever runs there has lost its
// owner and is on its way down, or must be sent there.
func endOrphan(ctx context.Context, data string) error {
	file := filepath.Join(data, "postmaster.pid")
	pid := postmasterPID(file)
	if pid == 0 {
		return nil
	}
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT} {
		if !runsCluster(pid, data) {
			break
		}
		if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("postgres: stop the server that was left running (pid %d): %w", pid, err)
		}
		err := until(ctx, orphanPatience, func() bool { return !runsCluster(pid, data) })
		if err != nil && !errors.Is(err, errPatience) {
			return err
		}
	}
	if runsCluster(pid, data) {
		return fmt.Errorf("postgres: a server that was left running on %s (pid %d) does not stop", data, pid)
	}
	// PostgreSQL takes the file for a running server whenever that number is
	// in use, by whatever program; so a stale one is not left for it to judge.
	if postmasterPID(file) == pid {
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("postgres: %w", err)
		}
	}
	return nil
}

// postmasterPID is the number in a postmaster.pid, or zero.
func postmasterPID(file string) int {
	raw, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 1 {
		return 0
	}
	return pid
}

// errPatience says that the time for something to become true is over.
var errPatience = errors.New("postgres: waited too long")

// until polls for a condition of another process, which gives no signal.
func until(ctx context.Context, patience time.Duration, done func() bool) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-limit.C:
			return errPatience
		case <-tick.C:
		}
	}
	return nil
}
