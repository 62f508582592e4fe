package smtp_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/clients/smtp"
	"github.com/canvass-hq/canvass/domain/mail"
)

// TestMailbox: what is sent is kept, once, where nobody else reads it.
func TestMailbox(t *testing.T) {
	t.Parallel()
	b := smtp.Mailbox{Dir: filepath.Join(t.TempDir(), "data", "mail"), Now: time.Now}
	if kept, err := b.List(); err != nil || len(kept) != 0 {
		t.Errorf("an empty one holds %v, %v", kept, err)
	}
	first, second := invitation(), invitation()
	second.Key, second.To = "invitation-8", "bob@example.com"
	for _, m := range []mail.Mail{first, second, second} {
		if err := b.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(b.Dir, "invitation-8.eml"), old, old); err != nil {
		t.Fatal(err)
	}
	kept, err := b.List()
	if err != nil || len(kept) != 2 || kept[0].Key != first.Key || kept[1].Key != second.Key {
		t.Fatalf("it holds %v, %v", kept, err)
	}
	head, text, html := parts(t, string(kept[1].Raw))
	if head.Get("To") != "<bob@example.com>" || strings.ReplaceAll(text, "\r\n", "\n") != second.Text || html != second.HTML {
		t.Errorf("it reads %v %q %q", head, text, html)
	}
	read, err := kept[0].Read()
	if want := (smtp.Letter{From: `"Canvass, Inc" <team@canvass.example>`, To: first.To, Subject: first.Subject, Text: first.Text, HTML: first.HTML}); err != nil || read != want {
		t.Errorf("it is read as %+v, %v", read, err)
	}
	if one, err := b.Get(first.Key); err != nil || string(one.Raw) != string(kept[0].Raw) {
		t.Errorf("by its key it is %q, %v", one.Raw, err)
	}
	if newest, err := b.Newest(1); err != nil || len(newest) != 1 || newest[0].Key != first.Key {
		t.Errorf("the newest is %v, %v", newest, err)
	}
	if _, err := b.Get("../mail/" + first.Key); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a key leads out of the folder: %v", err)
	}
	if _, err := (smtp.Kept{Raw: []byte("no mail")}).Read(); err == nil {
		t.Error("what is no mail is read")
	}
	files, err := os.ReadDir(b.Dir)
	if err != nil || len(files) != 2 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", f.Name(), info.Mode(), err)
		}
	}
}

// A key never leads out of the folder.
func TestMailboxKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := smtp.Mailbox{Dir: filepath.Join(dir, "mail"), Now: time.Now}
	for _, key := range []string{"../x", "a/b", `a\b`, "/x", "..", ""} {
		m := invitation()
		m.Key = key
		if failed, ok := errors.AsType[*mail.Error](b.Send(t.Context(), m)); !ok || failed.Class != mail.Refused {
			t.Errorf("%q: %v", key, failed)
		}
	}
	if files, _ := os.ReadDir(dir); len(files) != 0 {
		t.Errorf("it wrote %v", files)
	}
}

func TestMailboxOutOfReach(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	failed, ok := errors.AsType[*mail.Error](smtp.Mailbox{Dir: file, Now: time.Now}.Send(t.Context(), invitation()))
	if !ok || failed.Class != mail.Unavailable || !failed.Temporary {
		t.Errorf("%v", failed)
	}
}
