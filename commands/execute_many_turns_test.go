package commands_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
)

// A chunk is decided while the one before is written, and is written behind it.
func TestExecuteManyAhead(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var mu sync.Mutex
	came := 0
	second := make(chan struct{})
	o.store.came = func(domain.Commit) {
		mu.Lock()
		defer mu.Unlock()
		if came++; came == 2 {
			close(second)
		}
	}
	o.store.before = func(n int, _ domain.Commit) error {
		if n == 1 { // the first stays under way until the second waits for it
			<-second
		}
		return nil
	}
	for i, r := range o.many(o.by(access.Admin, me), captures(700)) {
		if want := int64(i/250*250 + 1); r.Err != nil || r.Receipt.First != want {
			t.Fatalf("command %d: %+v, its commit begins at %d", i, r, want)
		}
	}
}

// A chunk that goes on with a stream of the one before is decided on what that one leaves
// behind, at the first try.
func TestExecuteManyGoesOn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	cmds := captures(251)
	id := cmds[249].Stream().ID
	cmds[250] = commands.ArchiveLead{ID: id}
	out := o.many(o.by(access.Admin, me), cmds)
	if last := out[250]; last.Err != nil || last.Receipt.Version != 2 || len(o.store.commits) != 2 {
		t.Errorf("%+v after %d appends", last, len(o.store.commits))
	}
}

// A panic reaches who asked for the job, and nothing is written behind the chunk of which it
// is.
func TestExecuteManyPanic(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.store.before = func(n int, _ domain.Commit) error {
		if n == 2 {
			panic("a rule is broken")
		}
		return nil
	}
	defer func() {
		if said, _ := recover().(string); !strings.Contains(said, "a rule is broken") || o.facts() != 250 {
			t.Errorf("%q, %d facts", said, o.facts())
		}
	}()
	_, err := commands.ExecuteMany(t.Context(), o.runner, o.by(access.Admin, me), captures(700))
	t.Errorf("it ended with %v", err)
}

// A job whose caller has gone is not begun.
func TestExecuteManyWithoutCaller(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx, leave := context.WithCancel(t.Context())
	leave()
	out, err := commands.ExecuteMany(ctx, o.runner, o.by(access.Admin, me), []commands.Command[lead.Lead, lead.Event]{commands.CaptureLead{ID: commands.NewID(), Details: lead.Details{Name: "Ann"}}})
	if err == nil || len(out) != 0 || o.facts() != 0 {
		t.Errorf("%d results, %d facts, %v", len(out), o.facts(), err)
	}
}
