package projections_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/company"
	"github.com/canvass-hq/canvass/domain/field"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/mapping"
	"github.com/canvass-hq/canvass/domain/organization"
	"github.com/canvass-hq/canvass/domain/suppression"
	"github.com/canvass-hq/canvass/domain/task"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/projections"
)

// TestRebuildEqualsLive writes random histories, follows them in batches of random
// sizes, and builds the same projections again in other batches, beside the live ones
// and in their place: every row has every column alike, erasures included.
func TestRebuildEqualsLive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sizes := map[int]int{101: 1, 102: 7, 103: 64} // version -> batch
	for v := range sizes {
		for _, p := range projections.All() {
			w.prepare(version(p, v))
		}
	}
	fresh := 1_000
	rapid.Check(t, func(rt *rapid.T) {
		h := history{world: w, rt: rt, org: uuid.NewString()}
		h.write()
		fresh++
		for _, p := range projections.All() {
			w.follow(p, 0)
			live := w.rows(p)
			for v, batch := range sizes {
				w.follow(version(p, v), batch)
				same(rt, fmt.Sprintf("%s in batches of %d", p.Name, batch), live, w.rows(version(p, v)))
			}
			w.prepare(version(p, fresh))
			same(rt, p.Name+" prepared", live, w.rows(version(p, fresh)))
			w.Exec(t, `drop view if exists read.`+p.Tables[0]+`; drop table `+version(p, fresh).Live().Table(p.Tables[0]))
			w.rebuild(p)
			same(rt, p.Name+" rebuilt", live, w.rows(p))
		}
	})
	w.watermarksAgree(t)
	w.sumsAgree(t)
}

// TestRebuildAhead rebuilds beside a live follower that is far behind: it goes on where
// the rebuild ended, and is given nothing twice.
func TestRebuildAhead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org := uuid.NewString()
	w.Import(t, org, 40)
	w.followAll()
	w.Import(t, org, 60)
	for _, p := range projections.All() {
		w.rebuild(p)
		if at := w.Checkpoint(t, p.Live().Subscription()); at != 100 {
			t.Errorf("%s goes on behind %d, want 100", p.Name, at)
		}
	}
	w.Import(t, org, 5)
	w.followAll()
	w.whole(t, 105)
}

// TestRebuildBehind lets the live follower go on until the very swap: what it has put
// behind it is in the new tables too.
func TestRebuildBehind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org := uuid.NewString()
	w.Import(t, org, 40)
	w.followAll()
	for _, p := range projections.All() {
		err := w.build.Rebuild(t.Context(), p, func(string, int64, int64) {
			if w.Head(t) < 60 {
				w.Import(t, org, 10)
			}
			w.follow(p, 0)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	w.followAll()
	w.whole(t, w.Head(t))
}

// whole: every projection holds every one of n captured leads.
func (w *world) whole(t *testing.T, n int64) {
	t.Helper()
	for _, p := range projections.All() {
		want := int64(0)
		if p.Name == "leads" || p.Name == "event_index" {
			want = n
		}
		if rows := w.held(p); rows != want {
			t.Errorf("%s holds %d rows, want %d", p.Name, rows, want)
		}
	}
	if parked := w.Count(t, `select count(*) from es.parked`); parked != 0 {
		t.Errorf("%d facts are parked", parked)
	}
}

// watermarksAgree: whoever built it, a projection is as far for every organization.
func (w *world) watermarksAgree(t *testing.T) {
	t.Helper()
	for _, p := range projections.All() {
		of := func(v int) []string {
			return w.Strings(t, `select tenant_id || ' ' || position from read.watermarks where projection = $1 and version = $2 order by 1`, p.Name, v)
		}
		for _, v := range []int{101, 102, 103} {
			same(t, fmt.Sprintf("watermarks of %s %d", p.Name, v), of(p.Version), of(v))
		}
	}
	if n := w.Count(t, `select count(*) from read.watermarks where projection like '%_rebuild'`) +
		w.Count(t, `select count(*) from es.checkpoints where projection like '%_rebuild'`); n > 0 {
		t.Errorf("%d rows of rebuilds are left", n)
	}
}

// history makes facts that the rules allow.
type history struct {
	*world
	rt        *rapid.T
	org       string
	ids       []string
	companies []string
	segments  []string
	mappings  []string
	leads     map[string]lead.Lead
	fields    map[string]field.Field
	doomed    []string // erased, and their key still there
	tasks     []string
	todo      map[string]task.Task
	firm      organization.Organization
	endings   []string
	ended     map[string]suppression.Suppression
	mails     []*addressed
}

func (h *history) write() {
	h.leads, h.todo = map[string]lead.Lead{}, map[string]task.Task{}
	h.fields, h.ended = map[string]field.Field{}, map[string]suppression.Suppression{}
	h.do("capture")
	for range rapid.IntRange(5, 60).Draw(h.rt, "steps") {
		h.do(rapid.SampledFrom([]string{
			"capture", "capture", "import", "edit", "edit", "edit", "assign", "status", "status", "archive", "restore", "tag", "delete", "erase", "destroy", "follow", "company", "company", "file",
			"note", "note", "unnote", "task", "task", "todo", "todo", "todo", "segment", "segment", "bulk", "export", "mapping", "field", "field", "member", "member", "member", "key", "suppress", "suppress", "suppress",
			"campaign", "campaign", "mail", "mail", "mail", "mail", "mail", "mail", "visit", "visit",
		}).Draw(h.rt, "step"))
	}
}

func (h *history) do(step string) {
	switch step {
	case "capture":
		h.open(1)
	case "import": // enough to be copied in, seldom enough to be affordable
		h.open(rapid.SampledFrom([]int{3, 3, 3, 120}).Draw(h.rt, "leads"))
	case "destroy":
		for _, id := range h.doomed {
			h.destroy(h.org, id)
			h.decide(id, h.leads[id].RecordShredding)
		}
		h.doomed = nil
	case "company":
		h.company()
	case "mapping":
		h.mapping()
	case "field":
		h.field()
	case "file":
		facts := []any{
			imports.Uploaded{Name: h.word("file"), Bytes: 9, Mapping: rapid.SampledFrom([]string{"", h.org}).Draw(h.rt, "mapping"), Chunks: 1, Format: imports.CSV, Columns: []imports.Column{{Header: "Mail", Field: imports.FieldEmail}}},
			imports.PlanningStarted{Options: imports.Options{Key: imports.ByEmail}},
			imports.Planned{Counts: imports.Counts{Rows: 3, Create: 3}},
			imports.CommitStarted{Role: "admin"},
			imports.Committed{Counts: imports.Counts{Rows: 3, Create: 2, Refused: 1}},
			imports.UndoStarted{Role: "admin"},
			imports.Undone{Deleted: 2, KeptLeads: []string{eventstoretest.NewID()}},
			imports.FileDestroyed{Why: imports.ForErasure},
		}
		h.Put(h.t, h.org, imports.Stream(eventstoretest.NewID()), facts[:rapid.IntRange(1, len(facts)).Draw(h.rt, "facts")]...)
	case "segment":
		h.segment()
	case "bulk":
		h.bulk()
	case "task":
		h.task()
	case "todo":
		h.work()
	case "export":
		h.export()
	case "member":
		h.member()
	case "key":
		h.key()
	case "suppress":
		h.suppress()
	case "campaign":
		h.plan()
	case "mail":
		h.send()
	case "visit":
		h.visit()
	case "follow":
		for _, p := range []projections.Projection{projections.Leads(), projections.Notes(), projections.Tasks()} {
			h.follow(p, rapid.IntRange(1, 40).Draw(h.rt, "batch"))
		}
	default:
		h.change(step, rapid.SampledFrom(h.ids).Draw(h.rt, "lead"))
	}
}

func (h *history) change(step, id string) {
	l := h.leads[id]
	switch step {
	case "edit":
		h.decide(id, func() ([]lead.Event, error) { return l.Edit(h.patch()) })
	case "assign":
		owner := rapid.SampledFrom([]string{"", h.org, id}).Draw(h.rt, "owner")
		h.decide(id, func() ([]lead.Event, error) { return l.Assign(owner) })
	case "status":
		to := rapid.SampledFrom(lead.Statuses()).Draw(h.rt, "status")
		h.decide(id, func() ([]lead.Event, error) { return l.ChangeStatus(to, "they said so") })
	case "archive":
		h.decide(id, func() ([]lead.Event, error) { return l.Archive("left the company") })
	case "restore":
		h.decide(id, l.Restore)
	case "tag":
		h.decide(id, func() ([]lead.Event, error) { return l.Tag([]string{h.word("tag")}, []string{h.word("no tag")}) })
	case "delete":
		h.decide(id, func() ([]lead.Event, error) { return l.Delete("by mistake") })
	case "note":
		h.note(id, rapid.SampledFrom([]int{1, 2, 110}).Draw(h.rt, "notes"))
	case "unnote":
		for _, n := range l.Notes[:min(2, len(l.Notes))] {
			h.decide(id, func() ([]lead.Event, error) { return h.leads[id].RemoveNote(n.ID) })
		}
	case "erase":
		if !l.Erased {
			h.decide(id, l.Erase)
			h.doomed = append(h.doomed, id)
		}
	}
}

func (h *history) open(n int) {
	streams := make([]domain.StreamCommit, n)
	for i := range streams {
		id := eventstoretest.NewID()
		facts, err := lead.Lead{}.Capture(lead.Details{
			Name: h.word("name"), Company: h.word("company"), Source: h.label(), Country: h.country(), Phone: h.phone(), Custom: h.custom(),
		}, rapid.SampledFrom([]string{"", h.org}).Draw(h.rt, "owner"), "")
		if err != nil {
			h.rt.Fatalf("capture: %v", err)
		}
		h.ids, h.leads[id] = append(h.ids, id), domain.Fold(lead.Lead{}, facts...)
		streams[i] = domain.StreamCommit{Stream: lead.Stream(id), Facts: []any{facts[0]}}
	}
	h.PutAll(h.t, h.org, streams...)
}

// decide appends what the rules allow, and nothing where they refuse.
func (h *history) decide(id string, decision func() ([]lead.Event, error)) {
	facts, err := decision()
	if err != nil || len(facts) == 0 {
		return
	}
	h.leads[id] = domain.Fold(h.leads[id], facts...)
	all := make([]any, len(facts))
	for i, f := range facts {
		all[i] = f
	}
	h.Put(h.t, h.org, lead.Stream(id), all...)
}

// company opens one or many, or changes one that there is.
func (h *history) company() {
	details := func() company.Details {
		return company.Details{Name: h.word("company"), Website: "https://" + h.label() + ".example", Country: h.country(), Industry: h.label()}
	}
	if len(h.companies) == 0 || rapid.Bool().Draw(h.rt, "another company") {
		streams := make([]domain.StreamCommit, rapid.SampledFrom([]int{1, 2, 120}).Draw(h.rt, "companies"))
		for i := range streams {
			id := eventstoretest.NewID()
			h.companies = append(h.companies, id)
			streams[i] = domain.StreamCommit{Stream: company.Stream(id), Facts: []any{company.Registered{Details: details()}}}
		}
		h.PutAll(h.t, h.org, streams...)
		return
	}
	fact := rapid.SampledFrom([]any{
		company.Deleted{}, company.Restored{}, company.Edited{Changes: []company.Change{{Field: "name", To: h.word("name")}, {Field: "size", To: "9"}}},
	}).Draw(h.rt, "fact")
	h.Put(h.t, h.org, company.Stream(rapid.SampledFrom(h.companies).Draw(h.rt, "of")), fact)
}

// mapping saves one, replaces or deletes one that there is.
func (h *history) mapping() {
	saved := mapping.Saved{Name: h.word("name"), Columns: []imports.Column{{Header: h.word("header"), Field: imports.FieldName}}, Options: imports.Options{Key: imports.ByPhone, Source: h.label()}}
	if len(h.mappings) == 0 || rapid.Bool().Draw(h.rt, "another mapping") {
		h.mappings = append(h.mappings, eventstoretest.NewID())
		h.Put(h.t, h.org, mapping.Stream(h.mappings[len(h.mappings)-1]), saved)
		return
	}
	fact := rapid.SampledFrom([]any{saved, mapping.Deleted{}}).Draw(h.rt, "fact")
	h.Put(h.t, h.org, mapping.Stream(rapid.SampledFrom(h.mappings).Draw(h.rt, "of")), fact)
}

func (h *history) patch() (p lead.Patch) {
	for _, f := range []struct {
		to   **string
		make func() string
	}{
		{&p.Name, func() string { return h.word("name") }},
		{&p.Title, func() string { return h.word("title") }},
		{&p.Country, h.country},
		{&p.Phone, h.phone},
		{&p.Source, h.label},
		{&p.Team, func() string { return rapid.SampledFrom([]string{"", h.org}).Draw(h.rt, "team") }},
	} {
		if rapid.Bool().Draw(h.rt, "named") {
			v := f.make()
			*f.to = &v
		}
	}
	p.Custom = h.custom()
	return p
}

func (h *history) word(what string) string {
	return rapid.SampledFrom([]string{"Ann", "Bo", "Zoë", "O'Hara", "Ünal", "日本"}).Draw(h.rt, what)
}

func (h *history) label() string {
	return rapid.SampledFrom([]string{"", "fair", "web 2"}).Draw(h.rt, "source")
}

func (h *history) country() string {
	return rapid.SampledFrom([]string{"", "DE", "Utopia", "France"}).Draw(h.rt, "country")
}

func (h *history) phone() string {
	return rapid.SampledFrom([]string{"", "+4930123456", "call me"}).Draw(h.rt, "phone")
}
