package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/domain/bulk"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

// acts asks for a bulk action and waits until it has come to a phase.
func (s *server) acts(t *testing.T, action, selection string, phase bulk.Phase) projections.BulkAction {
	t.Helper()
	id := parse[apphttp.Receipt](t, s.ask(t, "POST", "/v1/bulk-actions", fmt.Sprintf(`{"action":{%s},"selection":{%s}}`, action, selection), 202)).ID
	return s.comesTo(t, id, phase)
}

func (s *server) comesTo(t *testing.T, id string, phase bulk.Phase) (a projections.BulkAction) {
	t.Helper()
	eventually(t, fmt.Sprintf("the action is %s", phase), func() bool {
		status, body, err := s.try(t.Context(), "GET", "/v1/bulk-actions/"+id, "")
		if err != nil || status != 200 {
			return false
		}
		a = parse[projections.BulkAction](t, body)
		return a.Phase == phase
	})
	return a
}

// TestBulkAction walks actions of every kind through their lives: what they count is
// what is changed, what one lead refuses is told, and an undo brings back what nobody
// has touched since.
func TestBulkAction(t *testing.T) {
	t.Parallel()
	s := dev(t, dataDir(t))
	for n := range 12 {
		s.capture(t, fmt.Sprintf(`{"name":"Person %02d","city":%q,"source":"fair"}`, n, []string{"Berlin", "Rome"}[n%2]))
	}
	ann := s.capture(t, `{"name":"Ann","city":"Berlin","source":"web","tags":["vip"]}`).ID
	s.ask(t, "POST", "/v1/leads/"+ann+"/status", `{"status":"working"}`, 200)

	tagged := s.acts(t, `"kind":"tag","add":["vip"]`, `"filter":"city eq berlin"`, bulk.Done)
	if want := (bulk.Counts{Selected: 7, Changed: 6, Unchanged: 1}); !reflect.DeepEqual(*tagged.Result, want) {
		t.Errorf("tagged are %+v", tagged.Result)
	}
	shown := func(filter string, n int) {
		t.Helper()
		eventually(t, filter, func() bool { return total(t, s, "/v1/leads?filter="+strings.ReplaceAll(filter, " ", "+")) == n })
	}
	shown("tags has vip", 7)
	moved := s.acts(t, `"kind":"status","status":"customer"`, `"filter":"tags has vip"`, bulk.Done)
	if want := (bulk.Counts{Selected: 7, Changed: 1, Refused: 6, Reasons: map[string]int{"lead.status_not_allowed": 6}}); !reflect.DeepEqual(*moved.Result, want) {
		t.Errorf("moved are %+v", moved.Result)
	}
	if refusals := all[projections.Refusal](t, s, "/v1/bulk-actions/"+moved.ID+"/refusals"); len(refusals) != 6 || refusals[0].Code != "lead.status_not_allowed" || refusals[0].Lead == ann {
		t.Errorf("the refusals are %+v", refusals)
	}
	segment := parse[apphttp.Receipt](t, s.ask(t, "POST", "/v1/segments", `{"name":"Romans","filter":"city eq rome"}`, 201)).ID
	eventually(t, "the segment counts", func() bool {
		status, body, err := s.try(t.Context(), "GET", "/v1/segments/"+segment, "")
		return err == nil && status == 200 && parse[projections.Segment](t, body).Count.Value == 6
	})
	edited := s.acts(t, `"kind":"edit","set":{"city":"Roma","custom.tier":"gold"}`, `"segment":"`+segment+`"`, bulk.Done)
	assigned := s.acts(t, `"kind":"assign","owner":"`+ann+`"`, `"all":true`, bulk.Done)
	archived := s.acts(t, `"kind":"archive","reason":"spring cleaning"`, `"filter":"source eq fair"`, bulk.Done)
	if edited.Result.Changed != 6 || assigned.Result.Changed != 13 || archived.Result.Changed != 12 {
		t.Errorf("edited %+v, assigned %+v, archived %+v", edited.Result, assigned.Result, archived.Result)
	}
	shown("source is_not_empty", 1)
	if broken := s.acts(t, `"kind":"archive"`, `"filter":"archived eq true","at_most":11`, bulk.Broken); broken.Failure.Code != "bulk_action.too_many" {
		t.Errorf("too many: %+v", broken.Failure)
	}
	named := s.acts(t, `"kind":"tag","remove":["vip"]`, fmt.Sprintf(`"leads":[%q,%q,%q]`, ann, segment, ann), bulk.Done)
	if want := (bulk.Counts{Selected: 2, Changed: 1, Refused: 1, Reasons: map[string]int{"lead.not_found": 1}}); !reflect.DeepEqual(*named.Result, want) {
		t.Errorf("of those named one by one: %+v", named.Result)
	}

	// The way back, the last one first; Ann has been given to somebody else since.
	s.ask(t, "POST", "/v1/leads/"+ann+"/assign", `{"owner":""}`, 200)
	for _, c := range []struct {
		a              projections.BulkAction
		reverted, kept int
	}{{named, 1, 0}, {archived, 12, 0}, {assigned, 12, 1}, {edited, 6, 0}, {moved, 1, 0}, {tagged, 6, 0}} {
		s.ask(t, "POST", "/v1/bulk-actions/"+c.a.ID+"/undo", "", 202)
		got := s.comesTo(t, c.a.ID, bulk.Reverted)
		if got.Undo.Reverted != c.reverted || got.Undo.Kept != c.kept {
			t.Errorf("the undo of %s says %+v", c.a.Action.Kind, got.Undo)
		}
		if c.kept == 1 && got.Undo.KeptLeads[0] != ann {
			t.Errorf("kept is %v", got.Undo.KeptLeads)
		}
		s.ask(t, "POST", "/v1/bulk-actions/"+c.a.ID+"/undo", "", 409)
	}
	shown("city eq rome", 6)
	shown("tags has vip", 1)
	shown("status eq working", 1)
	shown("owner is_empty and custom.tier is_empty and archived eq false", 13)
	if got := command(t, s.settings, "claims", "verify").ok(t); !strings.Contains(got.out, "0 missing, 0 too many") {
		t.Errorf("the claims: %q", got.out)
	}
	s.interrupt()
}

// TestBulkKilled kills everything at random instants of an action and of its undo: each
// lead is changed once, and brought back once.
func TestBulkKilled(t *testing.T) { //nolint:paralleltest // kills processes at work
	kills := 1
	if os.Getenv("CANVASS_FULL") != "" {
		kills = 7
	}
	dir := dataDir(t)
	s := dev(t, dir)
	const people = 2_600
	i := s.planned(t, fileOf(people), "")
	s.committed(t, i.ID)
	kill := func() {
		t.Helper()
		for range kills {
			time.Sleep(time.Duration(rand.IntN(500)) * time.Millisecond)
			s.kill()
			s = dev(t, dir)
		}
	}
	id := parse[apphttp.Receipt](t, s.ask(t, "POST", "/v1/bulk-actions", `{"action":{"kind":"tag","add":["vip"]},"selection":{"all":true}}`, 202)).ID
	kill()
	if done := s.comesTo(t, id, bulk.Done); !reflect.DeepEqual(*done.Result, bulk.Counts{Selected: people, Changed: people}) {
		t.Errorf("the result is %+v", done.Result)
	}
	facts := func(kind string) int {
		t.Helper()
		return total(t, s, "/v1/events?type="+kind)
	}
	eventually(t, "every lead was tagged once", func() bool { return facts("lead.tagged") == people })
	s.ask(t, "POST", "/v1/bulk-actions/"+id+"/undo", "", 202)
	kill()
	if back := s.comesTo(t, id, bulk.Reverted); back.Undo.Reverted != people || back.Undo.Kept != 0 {
		t.Errorf("the undo says %+v", back.Undo)
	}
	eventually(t, "every tag was taken back once", func() bool {
		return facts("lead.tagged") == 2*people && total(t, s, "/v1/leads?filter=tags+has+vip") == 0
	})
	s.interrupt()
}
