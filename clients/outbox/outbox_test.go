package outbox_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/clients/outbox"
	"github.com/canvass-hq/canvass/domain/mail"
)

const batch = "018f0000-0000-7000-8000-000000000001"

// TestNotes: what a worker has noted is what the next one reads.
func TestNotes(t *testing.T) {
	t.Parallel()
	o := outbox.Outbox{Dir: filepath.Join(t.TempDir(), "outbox")}
	if notes, alive, err := o.Find(batch); notes != nil || alive || err != nil {
		t.Fatalf("none are found: %v %t %v", notes, alive, err)
	}
	notes, err := o.Open(batch, 6)
	if err != nil {
		t.Fatal(err)
	}
	later := &mail.Error{Class: mail.Unavailable, Code: 451, Temporary: true}
	never := &mail.Error{Class: mail.Refused, Code: 550}
	for i, failed := range []*mail.Error{nil, later, never, {Class: mail.InDoubt}} {
		if i == 1 {
			continue // refused before it left
		}
		if err := notes.Leaving(i); err != nil {
			t.Fatal(err)
		}
		if err := notes.Ended(i, failed); err != nil {
			t.Fatal(err)
		}
	}
	if err := notes.Ended(1, later); err != nil {
		t.Fatal(err)
	}
	if err := notes.Leaving(4); err != nil {
		t.Fatal(err)
	}
	if other, alive, err := o.Find(batch); other != nil || !alive || err != nil {
		t.Errorf("they are another's too: %v %t %v", other, alive, err)
	}
	if _, err := o.Open(batch, 6); err == nil {
		t.Error("they are begun twice")
	}
	if err := notes.Leave(); err != nil {
		t.Fatal(err)
	}
	found, alive, err := o.Find(batch)
	if found == nil || alive || err != nil {
		t.Fatalf("they are not found: %t %v", alive, err)
	}
	doubt := mail.Error{Class: mail.InDoubt}
	for i, want := range []struct {
		handed bool
		failed mail.Error
	}{{true, mail.Error{}}, {true, *later}, {true, *never}, {true, doubt}, {true, doubt}, {false, mail.Error{}}, {true, doubt}} {
		handed, failed, err := found.At(i)
		if err != nil || handed != want.handed || failed == nil != (want.failed == mail.Error{}) || failed != nil && *failed != want.failed {
			t.Errorf("%d: %t %v %v", i, handed, failed, err)
		}
	}
	if err := found.Done(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(o.Dir); len(left) != 0 {
		t.Errorf("it leaves %v", left)
	}
}

// TestNotesOfTheDead: the notes of a worker that is killed are found, and not before.
func TestNotesOfTheDead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if os.Getenv("OUTBOX") != "" {
		notes, err := outbox.Outbox{Dir: os.Getenv("OUTBOX")}.Open(batch, 2)
		if err != nil {
			t.Fatal(err)
		}
		_ = notes.Leaving(0)
		_, _ = os.Stdout.WriteString("noted\n")
		select {}
	}
	worker := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestNotesOfTheDead$")
	worker.Env = append(os.Environ(), "OUTBOX="+dir)
	out, err := worker.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := worker.Start(); err != nil {
		t.Fatal(err)
	}
	said := make([]byte, 64)
	for n := 0; !strings.Contains(string(said[:n]), "noted"); {
		m, err := out.Read(said[n:])
		if err != nil {
			t.Fatal(err)
		}
		n += m
	}
	o := outbox.Outbox{Dir: dir}
	if notes, alive, err := o.Find(batch); notes != nil || !alive || err != nil {
		t.Errorf("of the living: %v %t %v", notes, alive, err)
	}
	_ = worker.Process.Kill()
	_ = worker.Wait()
	notes, alive, err := o.Find(batch)
	if notes == nil || alive || err != nil {
		t.Fatalf("of the dead: %t %v", alive, err)
	}
	if handed, failed, err := notes.At(0); !handed || failed == nil || failed.Class != mail.InDoubt || err != nil {
		t.Errorf("%t %v %v", handed, failed, err)
	}
	if handed, _, err := notes.At(1); handed || err != nil {
		t.Errorf("%t %v", handed, err)
	}
	_ = notes.Leave()
}

// TestSweep: what nobody holds and nobody has written to for long is taken away, nothing else.
func TestSweep(t *testing.T) {
	t.Parallel()
	o := outbox.Outbox{Dir: filepath.Join(t.TempDir(), "outbox")}
	if err := o.Sweep(time.Now()); err != nil {
		t.Fatalf("with no outbox: %v", err)
	}
	long := time.Now().Add(-time.Hour)
	for _, name := range []string{"old", "held", "new"} {
		notes, err := o.Open(name, 1)
		if err != nil {
			t.Fatal(err)
		}
		if name != "new" {
			if err := os.Chtimes(filepath.Join(o.Dir, name), long, long); err != nil {
				t.Fatal(err)
			}
		}
		if name == "held" {
			defer func() { _ = notes.Leave() }()
			continue
		}
		if err := notes.Leave(); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.Sweep(time.Now().Add(-time.Minute)); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(o.Dir)
	if err != nil || len(left) != 2 || left[0].Name() != "held" || left[1].Name() != "new" {
		t.Errorf("%v are left; %v", left, err)
	}
}
