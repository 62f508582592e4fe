package projections_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/projections"
)

type leadSpec struct {
	given []any
	then  projections.Lead
}

func leadSpecs() map[string]leadSpec {
	owner := uuid.NewString()
	full := lead.Captured{Status: lead.New, Owner: owner, Details: lead.Details{
		Name: "Ann Lee", Email: "ann@example.com", Phone: "+4930123456", PhoneStatus: lead.PhoneValid, Title: "CTO",
		Company: "Lee & Co", Country: "DE", CountryGiven: "", Source: "fair",
	}}
	ann := projections.Lead{
		Status: lead.New, Owner: owner, Details: lead.Details{
			Source: "fair", Country: "DE", Name: "Ann Lee", Email: "ann@example.com",
			Phone: "+4930123456", PhoneStatus: "valid", Title: "CTO", Company: "Lee & Co",
		},
	}
	with := func(change func(*projections.Lead)) projections.Lead {
		l := ann
		change(&l)
		return l
	}
	edit := lead.Edited{Changes: []lead.Change{
		{Field: "name", From: "Ann Lee", To: "Ann Li"}, {Field: "country", From: "DE", To: ""}, {Field: "country_given", From: "", To: "Utopia"},
	}}
	return map[string]leadSpec{
		"captured: all that is known":            {[]any{full}, ann},
		"captured with a name only: rest absent": {[]any{lead.Captured{Status: lead.New, Details: lead.Details{Name: "Bo"}}}, projections.Lead{Status: lead.New, Details: lead.Details{Name: "Bo"}}},
		"edited: the changes": {[]any{full, edit}, with(func(l *projections.Lead) {
			l.Name, l.Country, l.CountryGiven = "Ann Li", "", "Utopia"
		})},
		"assigned to nobody": {[]any{full, lead.Assigned{From: owner}}, with(func(l *projections.Lead) { l.Owner = "" })},
		"status changed": {[]any{full, lead.StatusChanged{From: lead.New, To: lead.Qualified}}, with(func(l *projections.Lead) {
			l.Status = lead.Qualified
		})},
		"archived": {[]any{full, lead.Archived{Reason: "left"}}, with(func(l *projections.Lead) { l.Archived = true })},
		"tagged": {[]any{full, lead.Tagged{Added: []string{"hot", "vip"}}, lead.Tagged{Removed: []string{"hot"}}}, with(func(l *projections.Lead) {
			l.Tags = []string{"vip"}
		})},
		"all else that may be known": {[]any{lead.Captured{Status: lead.New, Details: everything()}}, projections.Lead{Status: lead.New, Details: everything()}},
		"archived and restored":      {[]any{full, lead.Archived{}, lead.Restored{}}, ann},
		"erased: what is clear stays": {[]any{full, edit, lead.Erased{}}, projections.Lead{
			Status: lead.New, Owner: owner, Details: lead.Details{Source: "fair"}, Erased: true,
		}},
		"erased and shredded": {[]any{full, lead.Erased{}, lead.Shredded{}}, projections.Lead{
			Status: lead.New, Owner: owner, Details: lead.Details{Source: "fair", Country: "DE"}, Erased: true,
		}},
	}
}

func everything() lead.Details {
	return lead.Details{
		Name: "Ann Lee", FirstName: "Ann", LastName: "Lee", Emails: []lead.Email{{Address: "lee@example.org", Kind: "personal"}},
		Phones: []lead.Phone{{Number: "123", Kind: "mobile", Status: lead.PhoneInvalid}}, CompanyID: "01900000-0000-7000-8000-0000000000c1", Team: "01900000-0000-7000-8000-0000000000f1",
		Address: "Main Street 1", City: "Berlin", State: "Berlin", PostalCode: "10115", Timezone: "Europe/Berlin", LinkedIn: "https://www.linkedin.com/in/ann",
		Tags: []string{"vip"}, ExternalIDs: map[string]string{"crm": "1"}, Custom: map[string]string{"tier": "gold"},
	}
}

func TestLeads(t *testing.T) {
	t.Parallel()
	for name, spec := range leadSpecs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			org := uuid.NewString()
			for _, batch := range []int{1, 2, 500} { // the row must not depend on what a batch holds
				id := w.capture(org, spec.given...)
				w.follow(projections.Leads(), batch)
				got := w.lead(org, id)
				if got.Version != len(spec.given) || got.Position != w.Head(t) || got.Created() != w.Head(t)-int64(len(spec.given))+1 {
					t.Errorf("version %d, position %d, created at %d of %d facts at the end of %d", got.Version, got.Position, got.Created(), len(spec.given), w.Head(t))
				}
				if got.CreatedAt.IsZero() || got.UpdatedAt.Before(got.CreatedAt) {
					t.Errorf("created %s, updated %s", got.CreatedAt, got.UpdatedAt)
				}
				want := spec.then
				want.ID, want.Version, want.Position, want.CreatedAt, want.UpdatedAt = id, got.Version, got.Position, got.CreatedAt, got.UpdatedAt
				if shown(t, got) != shown(t, want) {
					t.Errorf("in batches of %d:\n got %+v\nwant %+v", batch, got, want)
				}
			}
		})
	}
}

// shown is the row as people see it.
func shown(t *testing.T, l projections.Lead) string {
	t.Helper()
	text, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestLeadsOfABatch mixes many new leads, which are copied in, with facts about old
// ones, which are not, in one batch.
func TestLeadsOfABatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org := uuid.NewString()
	old, _ := w.Import(t, org, 3)
	w.followAll()
	fresh, _ := w.Import(t, org, 250)
	for _, id := range []string{old[0], fresh[0], fresh[249]} {
		w.Put(t, org, lead.Stream(id), lead.StatusChanged{From: lead.New, To: lead.Working}, lead.Assigned{To: org})
	}
	w.followAll()
	if n := w.Count(t, `select count(*) from read.leads_v5`); n != 253 {
		t.Errorf("%d leads, want 253", n)
	}
	if n := w.Count(t, `select count(*) from read.leads_v5 where status = 'working' and owner = $1 and version = 3`, org); n != 3 {
		t.Errorf("%d leads were moved on, want 3", n)
	}
	if n := w.Count(t, `select count(*) from read.event_index_v1`); n != w.Head(t) {
		t.Errorf("%d facts in the index, want %d", n, w.Head(t))
	}
}

func TestEventIndex(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org := uuid.NewString()
	id := w.capture(org, eventstoretest.Captured("ann"), lead.Archived{})
	w.followAll()
	got := w.Strings(t, `select concat_ws(' ', position, type, stream_id, actor, tenant_id) from read.event_index order by position`)
	want := []string{
		"1 lead.captured " + id + " user:" + org + " " + org,
		"2 lead.archived " + id + " user:" + org + " " + org,
	}
	same(t, "the index", want, got)
	if raw := strings.Join(w.rows(projections.EventIndex()), ""); strings.Contains(raw, "ann") {
		t.Error("the index holds personal data")
	}
}

// TestWatermarks: an organization's watermark is the position of its own last fact of a lead,
// whatever its neighbours write.
func TestWatermarks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := uuid.NewString(), uuid.NewString()
	w.capture(a, eventstoretest.Captured("ann"))
	id := w.capture(b, eventstoretest.Captured("bo"))
	w.capture(a, eventstoretest.Captured("cy"))
	w.Put(t, b, lead.Stream(id), lead.Archived{})
	w.capture(a, eventstoretest.Captured("di"))
	for _, batch := range []int{2, 500} {
		p := version(projections.Leads(), 10+batch)
		w.prepare(p)
		w.follow(p, batch)
		for org, want := range map[string]int64{a: 5, b: 4} {
			if got := w.Count(t, `select position from read.watermarks where projection = 'leads' and version = $1 and tenant_id = $2`, p.Version, org); got != want {
				t.Errorf("in batches of %d: watermark %d, want %d", batch, got, want)
			}
		}
	}
}

// TestForeignFacts: a stream of another kind is no lead, and what is remembered of the
// list of leads stays true.
func TestForeignFacts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org := uuid.NewString()
	w.Put(t, org, domain.StreamID{Category: "company", ID: eventstoretest.NewID()}, eventstoretest.Captured("ann"))
	w.followAll()
	if rows := w.rows(projections.Leads()); len(rows) != 0 {
		t.Errorf("a foreign stream became a lead: %v", rows)
	}
	if n := w.Count(t, `select count(*) from read.watermarks where projection = 'leads'`); n != 0 {
		t.Error("a foreign stream moved the watermark of the leads")
	}
	if n := w.Count(t, `select max(to_pos) from es.checkpoints where projection = 'leads'`); n != 1 {
		t.Errorf("the checkpoint is at %d, want 1", n)
	}
}
