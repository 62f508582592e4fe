// Package outbox notes in files how far each mail of a batch is, so that what a worker has
// handed over is known when it has died: a note is one write into the machine's memory, which
// outlives the process that made it.
package outbox

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/canvass-hq/canvass/domain/mail"
)

// Outbox is the folder of the notes.
type Outbox struct{ Dir string }

// Notes are those of one batch. They are locked by the process that holds them, for as long
// as it lives.
type Notes struct {
	file *os.File
	n    int
}

// The stages of a mail, as they are noted.
const (
	here    byte = iota // it was not handed over
	leaving             // the other side may have it
	taken
	refused
)

const entry = 4 // bytes: the stage, what kind of refusal, and its code

// Open begins the notes of a batch of n mails.
func (o Outbox) Open(batch string, n int) (*Notes, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fault("make the outbox", err)
	}
	f, err := os.OpenFile(o.path(batch), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fault("begin notes", err)
	}
	if err := errors.Join(lock(f), f.Truncate(int64(n*entry))); err != nil {
		_ = f.Close()
		return nil, fault("begin notes", err)
	}
	return &Notes{f, n}, nil
}

// Find takes up the notes of a batch. alive says that their worker is not dead, as far as this
// machine knows; no notes and not alive are those of another machine, or none.
func (o Outbox) Find(batch string) (notes *Notes, alive bool, err error) {
	f, err := os.OpenFile(o.path(batch), os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fault("read notes", err)
	}
	if lock(f) != nil {
		return nil, true, f.Close()
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return nil, false, fault("read notes", err)
	}
	return &Notes{f, int(info.Size() / entry)}, false, nil
}

// Sweep takes away notes that nobody has written to since a time, and nobody holds: their worker
// has died when all that they say stood in the log.
func (o Outbox) Sweep(since time.Time) error {
	entries, err := os.ReadDir(o.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		info, wrong := e.Info()
		if wrong != nil || !info.Mode().IsRegular() || info.ModTime().After(since) {
			continue // taken away by another, or not to be
		}
		notes, _, wrong := o.Find(e.Name())
		if notes != nil {
			wrong = notes.Done()
		}
		err = errors.Join(err, wrong)
	}
	return err
}

func (o Outbox) path(batch string) string { return filepath.Join(o.Dir, filepath.Base(batch)) }

func lock(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}

func fault(what string, err error) error {
	return fmt.Errorf("%s: %w", what, err)
}

// Leaving notes that the other side may have a mail from now on.
func (n *Notes) Leaving(i int) error { return n.write(i, leaving, 0, 0) }

// classes are those of refusals, by number.
func classes() []mail.Class {
	return []mail.Class{"", mail.Refused, mail.Unauthorized, mail.Unavailable, mail.NotConfigured, mail.InDoubt}
}

// Ended notes what has become of a mail.
func (n *Notes) Ended(i int, failed *mail.Error) error {
	if failed == nil {
		return n.write(i, taken, 0, 0)
	}
	if failed.Class == mail.InDoubt {
		return n.write(i, leaving, 0, 0)
	}
	for number, class := range classes() {
		if class == failed.Class {
			kind := byte(number) << 1
			if failed.Temporary {
				kind |= 1
			}
			return n.write(i, refused, kind, uint16(failed.Code)) //nolint:gosec // a code has three digits
		}
	}
	return n.write(i, refused, 0, 0)
}

func (n *Notes) write(i int, stage, kind byte, code uint16) error {
	var b [entry]byte
	b[0], b[1] = stage, kind
	binary.BigEndian.PutUint16(b[2:], code)
	_, err := n.file.WriteAt(b[:], int64(i*entry))
	return err
}

// At tells what was noted of a mail: whether it was handed over, and what became of it. One
// that left and has no outcome is in doubt.
func (n *Notes) At(i int) (handed bool, failed *mail.Error, err error) {
	if i < 0 || i >= n.n {
		return true, &mail.Error{Class: mail.InDoubt}, nil
	}
	var b [entry]byte
	if _, err := n.file.ReadAt(b[:], int64(i*entry)); err != nil {
		return false, nil, fault("read notes", err)
	}
	switch b[0] {
	case here:
		return false, nil, nil
	case taken:
		return true, nil, nil
	case refused:
		if kind := int(b[1] >> 1); kind < len(classes()) {
			return true, &mail.Error{Class: classes()[kind], Code: int(binary.BigEndian.Uint16(b[2:])), Temporary: b[1]&1 == 1}, nil
		}
	}
	return true, &mail.Error{Class: mail.InDoubt}, nil
}

// Done lets go of the notes: what they say stands in the log.
func (n *Notes) Done() error {
	return errors.Join(os.Remove(n.file.Name()), n.file.Close())
}

// Leave lets go of the notes, and leaves them to whoever comes next.
func (n *Notes) Leave() error { return n.file.Close() }
