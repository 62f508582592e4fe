package reactors_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/suppression"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/reactors"
)

func leadStream(id string) domain.StreamID { return lead.Stream(id) }

// shredder does something once the key is destroyed.
type shredder struct {
	keys reactors.Shredder
	then func() error
}

func (s shredder) Destroy(ctx context.Context, subject eventstore.Subject) error {
	if err := s.keys.Destroy(ctx, subject); err != nil {
		return err
	}
	return s.then()
}

// TestShredTwice: a job that runs again changes nothing and tells nothing.
func TestShredTwice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.react()
	id := o.erased()
	o.Await(t, o.sub(), 2)
	w := &reactors.ShredWorker{Shredder: o.Keys, Run: o.run, Sign: o.Keys.Keyed}
	for range 3 {
		if err := w.Work(t.Context(), o.job()); err != nil {
			t.Fatal(err)
		}
	}
	if o.shredded(id) != 1 || !o.hasTombstone(id) || o.Head(t) != 3 {
		t.Errorf("told %d times, tombstone: %v, %d facts", o.shredded(id), o.hasTombstone(id), o.Head(t))
	}
	// The command is the erasure's own, so that it is carried out once whatever the rules say.
	cause := o.Strings(t, `select event_id::text from es.events where type = 'lead.erased'`)[0]
	if got := o.Strings(t, `select command_id::text from es.events where type = 'lead.shredded'`)[0]; got != commands.CausedID(cause, "eraser") {
		t.Errorf("told by command %s", got)
	}
}

// TestShredForgetsAddresses: what is suppressed for somebody who is erased stays, for every
// address that they have had, and nobody can read the addresses any more.
func TestShredForgetsAddresses(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.react()
	sign := func(address string) string {
		hash, err := o.Keys.Keyed(t.Context(), o.org, suppression.KeyPurpose, []byte(address))
		if err != nil {
			t.Fatal(err)
		}
		return suppression.ID(hash)
	}
	suppress := func(address string) (id string, err error) {
		id = sign(address)
		call := commands.Call{Principal: access.Principal{Org: o.org, ID: commands.NewID(), Role: access.Admin, Strong: true}, ID: commands.NewID()}
		_, err = commands.Execute(t.Context(), o.run, call, commands.Suppress{ID: id, Email: address, Scope: suppression.All, Reason: suppression.Requested, By: suppression.ByMember, Note: "secret"})
		return id, err
	}
	var ids []string
	for _, address := range []string{"old@secret.example", "new@secret.example", "other@secret.example"} {
		id, err := suppress(address)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	lone := commands.NewID()
	for _, cmd := range []commands.Command[lead.Lead, lead.Event]{
		commands.CaptureLead{ID: lone, Details: lead.Details{Name: "Ann", Email: "old@secret.example", Emails: []lead.Email{{Address: "unknown@secret.example"}}}},
		commands.EditLead{ID: lone, Patch: lead.Patch{Email: new("new@secret.example")}},
		commands.EraseLead{ID: lone},
	} {
		o.do(func(ctx context.Context, call commands.Call) error {
			_, err := commands.Execute(ctx, o.run, call, cmd)
			return err
		})
	}
	o.Await(t, o.sub(), o.Head(t))
	w := &reactors.ShredWorker{Shredder: o.Keys, Run: o.run, Sign: o.Keys.Keyed}
	for range 2 {
		if err := w.Work(t.Context(), o.job()); err != nil {
			t.Fatal(err)
		}
	}
	for i, id := range ids {
		erased := i < 2 // the third one is somebody else's
		h, err := o.Store.Load(t.Context(), o.org, suppression.Stream(id), commands.NewID(), nil)
		if err != nil {
			t.Fatal(err)
		}
		var s suppression.Suppression
		for _, f := range h.Facts {
			s = s.Evolve(f.(suppression.Event))
		}
		if _, _, blocked := s.Blocks(suppression.Mail{Transactional: true}); !blocked || s.Forgotten != erased || (s.Email == "") != erased || o.hasTombstone(id) != erased {
			t.Errorf("suppression %d: %+v, tombstone %v", i, s, o.hasTombstone(id))
		}
		if told := o.Count(t, `select count(*) from es.events where type = 'suppression.forgotten' and stream_id = $1`, id); told == 1 != erased {
			t.Errorf("suppression %d was forgotten %d times", i, told)
		}
	}
	o.suppressesStill(ids[0], "old@secret.example")
	if o.hasTombstone(sign("unknown@secret.example")) {
		t.Error("an address that is not suppressed can never be")
	}
	// It can be suppressed further, by its hash alone.
	if _, err := suppress("old@secret.example"); err != nil {
		t.Error(err)
	}
	if texts := o.Strings(t, `select data::text from es.events where category = 'suppression'`); strings.Contains(strings.Join(texts, ""), "secret") {
		t.Errorf("addresses stand in %v", texts)
	}
}

// TestShredFails: the key goes, and the log cannot be told yet.
func TestShredFails(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.react()
	var runs atomic.Int64
	o.queue(shredder{o.Keys, func() error {
		if runs.Add(1) <= 2 {
			return errors.New("the network is away")
		}
		return nil
	}})
	id := o.erased()
	o.await(id)
	if runs.Load() != 3 || o.shredded(id) != 1 || !o.hasTombstone(id) {
		t.Errorf("ran %d times, told %d times, tombstone: %v", runs.Load(), o.shredded(id), o.hasTombstone(id))
	}
}

// TestChildShredder is no test: it is the worker that dies in TestShredderKilled.
func TestChildShredder(t *testing.T) {
	t.Parallel()
	o := officeOn(t, eventstoretest.OnlyInChild(t))
	o.queue(shredder{o.Keys, func() error {
		eventstoretest.KillSelf()
		return nil
	}})
	<-t.Context().Done()
}

// TestShredderKilled kills the worker with SIGKILL between the key and the command.
func TestShredderKilled(t *testing.T) { //nolint:paralleltest // it kills processes
	o := newOffice(t)
	o.react()
	id := o.erased()
	o.Await(t, o.sub(), 2)
	eventstoretest.StartChild(t, o.DB, "TestChildShredder").Ended()
	if !o.hasTombstone(id) || o.shredded(id) != 0 {
		t.Fatalf("tombstone: %v, told %d times: the worker did not die where it should", o.hasTombstone(id), o.shredded(id))
	}
	if n := o.Count(t, `select count(*) from river.river_job where state = 'running'`); n != 1 {
		t.Fatalf("%d jobs are in hand of the dead worker", n)
	}
	// What River's rescuer does with the jobs of the dead, in less than an hour.
	o.Exec(t, `update river.river_job set state = 'available', scheduled_at = now() where state = 'running'`)
	o.queue(o.Keys)
	o.await(id)
	if o.shredded(id) != 1 {
		t.Errorf("told %d times", o.shredded(id))
	}
}

// suppressesStill: an address that was forgotten can be suppressed, and let go, as any other.
func (o *office) suppressesStill(id, address string) {
	o.t.Helper()
	call := func() commands.Call {
		return commands.Call{Principal: access.Principal{Org: o.org, ID: commands.NewID(), Role: access.Admin, Strong: true}, ID: commands.NewID()}
	}
	later := time.Now().Add(time.Second)
	runner := &commands.Runner{Store: o.Store, Now: func() time.Time { return later.Add(time.Second) }}
	for _, cmd := range []commands.Command[suppression.Suppression, suppression.Event]{
		commands.LiftSuppression{ID: id, Scope: suppression.All, Consent: suppression.Consent{Source: "a form", GivenAt: later}},
		commands.Suppress{ID: id, Email: address, Scope: suppression.Marketing, Reason: suppression.Manual, By: suppression.ByMember, Note: "again"},
	} {
		if _, err := commands.Execute(o.t.Context(), runner, call(), cmd); err != nil {
			o.t.Errorf("%T: %v", cmd, err)
		}
	}
	s, err := commands.State[suppression.Suppression, suppression.Event](o.t.Context(), runner, o.org, suppression.Stream(id))
	if _, _, blocked := s.Blocks(suppression.Mail{Purpose: "marketing"}); err != nil || !blocked || s.Email != "" || len(s.Entries) != 1 {
		o.t.Errorf("%+v, %v", s, err)
	}
}
