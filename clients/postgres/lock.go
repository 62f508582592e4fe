package postgres

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	lockAttempts = 20
	lockPause    = 25 * time.Millisecond
)

// lockDir makes this process the one that runs the cluster of dir. The kernel
// drops the lock with the process, so a crash never leaves one behind.
func lockDir(dir string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	// A program that is just being started holds a copy of every open file until it
	// runs: a lock that was let go a moment ago may seem held.
	for range lockAttempts {
		if err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
			return file, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			break
		}
		time.Sleep(lockPause)
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = fmt.Errorf("postgres: %w on %s", ErrBusy, dir)
	} else {
		err = fmt.Errorf("postgres: lock %s: %w", dir, err)
	}
	return nil, errors.Join(err, file.Close())
}
