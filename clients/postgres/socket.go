package postgres

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	socketPrefix = "cvs-"
	socketName   = ".s.PGSQL." + socketPort
	maxSocket    = 90 // bytes; the kernels' limits are 104 and 108
)

// makeSocketDir makes a directory that only the account (and root) may enter,
// with a name short enough for a socket.
func makeSocketDir(a account) (string, error) {
	var faults []error
	for _, parent := range []string{os.TempDir(), "/tmp"} {
		if len(filepath.Join(parent, socketPrefix+"0123456789", socketName)) >= maxSocket {
			faults = append(faults, fmt.Errorf("%s is too long for a socket", parent))
			continue
		}
		if closed := a.unreachable(parent); closed != "" {
			faults = append(faults, fmt.Errorf("user %s may not enter %s", a.name, closed))
			continue
		}
		dir, err := os.MkdirTemp(parent, socketPrefix)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		if err := a.own(dir); err != nil {
			return "", errors.Join(fmt.Errorf("postgres: %w", err), os.Remove(dir))
		}
		return dir, nil
	}
	return "", fmt.Errorf("postgres: directory for the socket: %w", errors.Join(faults...))
}

// remakeSocketDir makes the same directory again, or takes the one that is
// still there when it is ours.
func remakeSocketDir(a account, dir string) error {
	err := os.Mkdir(dir, 0o700)
	if err == nil {
		err = a.own(dir)
	} else if errors.Is(err, fs.ErrExist) {
		info, statErr := os.Lstat(dir)
		owner, _ := ownerOf(dir)
		if statErr == nil && info.IsDir() && info.Mode().Perm() == 0o700 && owner == a.uid {
			err = clearSocketDir(dir)
		}
	}
	if err != nil {
		return fmt.Errorf("postgres: directory for the socket: %w", err)
	}
	return nil
}

// clearSocketDir takes away the files of a server that is no more.
func clearSocketDir(dir string) error {
	for _, name := range []string{socketName, socketName + ".lock"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("postgres: %w", err)
		}
	}
	return nil
}

// removeSocketDir removes only what this package puts there: the name may come
// from a file, and by now be something else.
func removeSocketDir(dir string) error {
	if !strings.HasPrefix(filepath.Base(dir), socketPrefix) {
		return nil
	}
	if err := clearSocketDir(dir); err != nil {
		return err
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("postgres: %w", err)
	}
	return nil
}
