package postgres

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the user that the server runs as. PostgreSQL refuses to run as
// root, so root hands the cluster to another one.
type account struct {
	name     string
	uid, gid uint32
	dropped  bool // this process is root and the server is not
}

// serverAccount picks the account for the cluster in data: ourselves, or, as
// root, whoever owns the cluster already, else postgres, else nobody. It must
// have a passwd entry, because initdb asks for its name.
func serverAccount(data string) (account, error) {
	uid := os.Geteuid()
	owner, exists := ownerOf(data)
	if uid != 0 {
		if exists && owner != uint32(uid) { //nolint:gosec // a uid is 32 bits wide
			return account{}, fmt.Errorf("postgres: the cluster in %s belongs to another user (uid %d): run as that user or as root, or choose another DATA_DIR", data, owner)
		}
		return account{uid: uint32(uid), gid: uint32(os.Getegid())}, nil //nolint:gosec // ids are 32 bits wide
	}
	if exists && owner != 0 {
		found, err := user.LookupId(strconv.FormatUint(uint64(owner), 10))
		if err != nil {
			return account{}, fmt.Errorf("postgres: owner of the cluster in %s: %w", data, err)
		}
		return droppedTo(found)
	}
	for _, name := range []string{"postgres", "nobody"} {
		if found, err := user.Lookup(name); err == nil {
			return droppedTo(found)
		}
	}
	return account{}, errors.New("postgres: the server cannot run as root and there is no user postgres or nobody to run it as: add one, or run canvass as an ordinary user")
}

func droppedTo(u *user.User) (account, error) {
	uid, err := strconv.ParseInt(u.Uid, 10, 64)
	if err != nil {
		return account{}, fmt.Errorf("postgres: user %s: %w", u.Username, err)
	}
	gid, err := strconv.ParseInt(u.Gid, 10, 64)
	if err != nil {
		return account{}, fmt.Errorf("postgres: user %s: %w", u.Username, err)
	}
	// macOS gives nobody the id -2, which wraps to the kernel's unsigned one.
	return account{name: u.Username, uid: uint32(uid), gid: uint32(gid), dropped: true}, nil //nolint:gosec // ids are 32 bits wide
}

func (a account) credential() *syscall.Credential {
	if !a.dropped {
		return nil
	}
	return &syscall.Credential{Uid: a.uid, Gid: a.gid}
}

// own hands a path that this process made to the account.
func (a account) own(path string) error {
	if !a.dropped {
		return nil
	}
	return os.Chown(path, int(a.uid), int(a.gid))
}

// unreachable is the first directory on the way to dir, dir itself included,
// that the account may not pass through; empty when it may pass all.
func (a account) unreachable(dir string) string {
	if !a.dropped {
		return ""
	}
	resolved, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return dir
	}
	for _, step := range steps(resolved) {
		info, err := os.Stat(step)
		if err != nil || !a.mayEnter(info) {
			return step
		}
	}
	return ""
}

func (a account) mayEnter(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return false
	}
	switch {
	case stat.Uid == a.uid:
		return info.Mode().Perm()&0o100 != 0
	case stat.Gid == a.gid:
		return info.Mode().Perm()&0o010 != 0
	default:
		return info.Mode().Perm()&0o001 != 0
	}
}

// steps are the directories from the root down to dir.
func steps(dir string) []string {
	if parent := filepath.Dir(dir); parent != dir {
		return append(steps(parent), dir)
	}
	return []string{dir}
}

func ownerOf(path string) (uint32, bool) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return stat.Uid, true
}
