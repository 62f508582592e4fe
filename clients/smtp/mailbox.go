package smtp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/canvass-hq/canvass/domain/mail"
)

// Mailbox keeps mail in the files of a folder, as it would go over the wire, where nothing
// is to leave the machine. The same mail has one file, however often it is sent.
type Mailbox struct {
	Dir string
	Now func() time.Time
}

const extension = ".eml"

// Send keeps one mail.
func (b Mailbox) Send(_ context.Context, m mail.Mail) error {
	if !filepath.IsLocal(m.Key) || strings.ContainsAny(m.Key, `/\`) {
		return &mail.Error{Class: mail.Refused}
	}
	composed, err := compose(m, b.Now())
	if err != nil {
		return err
	}
	if err := b.keep(m.Key+extension, composed.raw); err != nil {
		return &mail.Error{Class: mail.Unavailable, Temporary: true}
	}
	return nil
}

// Carry keeps many mails.
func (b Mailbox) Carry(ctx context.Context, mails []mail.Mail, f mail.Flight) {
	for i, m := range mails {
		err := f.Leaving(i)
		if err == nil {
			err = b.Send(ctx, m)
		}
		failed, told := errors.AsType[*mail.Error](err)
		if err != nil && !told {
			failed = unavailable(0)
		}
		f.Ended(i, "", failed)
	}
}

// keep puts a file there whole: whoever reads the folder sees no half of it.
func (b Mailbox) keep(name string, raw []byte) error {
	if err := os.MkdirAll(b.Dir, 0o700); err != nil {
		return err
	}
	draft, err := os.CreateTemp(b.Dir, name+".*") // with mode 0600: a link lets in who holds it
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(draft.Name()) }()
	_, err = draft.Write(raw)
	if err := errors.Join(err, draft.Close()); err != nil {
		return err
	}
	return os.Rename(draft.Name(), filepath.Join(b.Dir, name))
}

// Kept is a mail of the mailbox.
type Kept struct {
	Key string
	At  time.Time
	Raw []byte // as it would go over the wire
}

// List gives all that is kept, the newest first.
func (b Mailbox) List() ([]Kept, error) { return b.Newest(math.MaxInt) }

// Newest gives the mails that came last, up to n, the newest first.
func (b Mailbox) Newest(n int) ([]Kept, error) {
	entries, err := os.ReadDir(b.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the mailbox: %w", err)
	}
	var out []Kept
	for _, e := range entries {
		key, ok := strings.CutSuffix(e.Name(), extension)
		info, err := e.Info()
		if !ok || err != nil {
			continue // a draft, or taken away this very moment
		}
		out = append(out, Kept{Key: key, At: info.ModTime()})
	}
	slices.SortStableFunc(out, func(x, y Kept) int { return y.At.Compare(x.At) })
	out = out[:min(n, len(out))]
	for i, k := range out {
		if out[i].Raw, err = os.ReadFile(filepath.Join(b.Dir, k.Key+extension)); err != nil {
			return nil, fmt.Errorf("read a mail: %w", err)
		}
	}
	return out, nil
}

// Get gives one mail, or an error that is fs.ErrNotExist.
func (b Mailbox) Get(key string) (Kept, error) {
	if !filepath.IsLocal(key) || strings.ContainsAny(key, `/\`) {
		return Kept{}, fs.ErrNotExist
	}
	file := filepath.Join(b.Dir, key+extension)
	info, err := os.Stat(file)
	if err != nil {
		return Kept{}, fs.ErrNotExist
	}
	raw, err := os.ReadFile(file)
	return Kept{Key: key, At: info.ModTime(), Raw: raw}, err
}
