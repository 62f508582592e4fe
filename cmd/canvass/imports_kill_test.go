package main

import (
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/domain/imports"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

// TestImportKilled kills everything at random instants of planning, committing and
// undoing: what comes out is what comes out without.
func TestImportKilled(t *testing.T) { //nolint:paralleltest // kills processes at work
	kills := 1 // of each stage
	if os.Getenv("CANVASS_FULL") != "" {
		kills = 7
	}
	dir := dataDir(t)
	s := dev(t, dir)
	const people = 2_600
	id := s.upload(t, fileOf(people))
	survives := func(order string, at imports.Status) projections.Import {
		t.Helper()
		s.ask(t, "POST", "/v1/imports/"+id+"/"+order, "", 202)
		for range kills {
			time.Sleep(time.Duration(rand.IntN(700)) * time.Millisecond)
			s.kill()
			s = dev(t, dir)
		}
		return s.stands(t, id, at)
	}
	plan := survives("plan", imports.StatusPlanned)
	if want := (imports.Counts{Rows: people, Create: people}); *plan.Plan != want {
		t.Errorf("the plan is %+v", *plan.Plan)
	}
	done := survives("commit", imports.StatusCommitted)
	if c := done.Result.Counts; c.Create != people || c.Refused != 0 {
		t.Errorf("the result is %+v; refused are %+v", done.Result, s.ask(t, "GET", "/v1/imports/"+id+"/rows?outcome=refused&limit=3", "", 200))
	}
	eventually(t, "every lead is shown once", func() bool {
		return total(t, s, "/v1/leads") == people && total(t, s, "/v1/companies") == people/2+1
	})
	if got := parse[apphttp.FieldList](t, s.ask(t, "GET", "/v1/fields", "", 200)).Items; len(got) != 1 || got[0].Key != "subscription_date" || !got[0].Filterable || got[0].Version != 1 {
		t.Errorf("the fields are %+v", got)
	}
	if got := command(t, s.settings, "claims", "verify").ok(t); !strings.Contains(got.out, "0 missing, 0 too many") {
		t.Errorf("the claims: %q", got.out)
	}
	undone := survives("undo", imports.StatusUndone)
	if undone.Undo.Deleted != people || undone.Undo.Kept != 0 || undone.Undo.Companies != people/2+1 {
		t.Errorf("the undo says %+v", undone.Undo)
	}
	eventually(t, "no lead is left", func() bool { return total(t, s, "/v1/leads") == 0 && total(t, s, "/v1/companies") == 0 })
	s.interrupt()
}
