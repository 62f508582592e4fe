package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/domain/imports"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

// TestImportNotes: what a file notes of people is noted once, also when everything is
// killed on the way and when the file is brought in again, and goes with its undo.
func TestImportNotes(t *testing.T) { //nolint:paralleltest // kills processes at work
	const people = 1_200
	dir := dataDir(t)
	s := dev(t, dir)
	known := s.capture(t, `{"name":"Ann","email":"ann1@people.example"}`).ID
	var b strings.Builder
	b.WriteString("Name,Email,Notes\n")
	for i := 1; i <= people; i++ {
		fmt.Fprintf(&b, "Ann,ann%d@people.example,\"met at\nthe fair, row %d\"\n", i, i)
	}
	file := b.String()
	i := s.planned(t, file, `{"options":{"on_duplicate":"fill"}}`)
	if c := *i.Plan; c.Create != people-1 || c.Update != 1 {
		t.Fatalf("the plan is %+v", c)
	}
	s.ask(t, "POST", "/v1/imports/"+i.ID+"/commit", "", 202)
	time.Sleep(150 * time.Millisecond)
	s.kill()
	s = dev(t, dir)
	s.stands(t, i.ID, imports.StatusCommitted)
	noted := func(kind string) int { return total(t, s, "/v1/events?limit=1&type="+kind) }
	eventually(t, "every row is noted once", func() bool { return noted("lead.noted") == people })
	notes := parse[apphttp.List[projections.Note]](t, s.ask(t, "GET", "/v1/leads/"+known+"/notes", "", 200))
	if len(notes.Items) != 1 || notes.Items[0].Text != "met at\nthe fair, row 1" || !strings.HasPrefix(notes.Items[0].Author, "user:") {
		t.Errorf("the notes are %+v", notes.Items)
	}
	again := s.planned(t, file, `{"options":{"on_duplicate":"fill"}}`)
	if again.Plan.Unchanged != people {
		t.Errorf("the same file again plans %+v", again.Plan)
	}
	s.ask(t, "POST", "/v1/imports/"+i.ID+"/undo", "", 202)
	if u := s.stands(t, i.ID, imports.StatusUndone).Undo; u.Deleted != people-1 || u.Kept != 0 {
		t.Errorf("the undo says %+v", u)
	}
	eventually(t, "the note is gone", func() bool {
		return total(t, s, "/v1/leads/"+known+"/notes") == 0 && noted("lead.note_removed") == 1 && noted("lead.noted") == people
	})
	s.interrupt()
}
