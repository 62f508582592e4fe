package http_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain/access"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

type timeline = apphttp.List[projections.TimelineEntry]

func texts(l timeline) (out []string) {
	for _, e := range l.Items {
		out = append(out, e.Text)
	}
	return out
}

// TestTimeline tells a lead's life, and what is left of it when the person is erased.
func TestTimeline(t *testing.T) {
	t.Parallel()
	boss := shared(t).member(t, access.Admin)
	mate := shared(t).colleague(t, boss.Org, access.User)
	id := boss.capture(t, `{"name":"Persona","email":"tl@people.example","source":"web"}`).ID
	path := "/v1/leads/" + id
	boss.ask(t, "PATCH", path, `{"title":"CEO","emails":[{"address":"tl2@people.example","kind":"work"}]}`).wants(t, 200)
	boss.ask(t, "POST", path+"/tags", `{"add":["vip"]}`).wants(t, 200)
	boss.ask(t, "POST", path+"/assign", `{"owner":"`+mate.ID+`"}`).wants(t, 200)
	mate.fresh(t, path).wants(t, 200)
	mate.ask(t, "POST", path+"/status", `{"status":"working","reason":"called back"}`).wants(t, 200)

	got := into[timeline](t, mate.fresh(t, path+"/timeline").wants(t, 200))
	want := []string{"Status changed from new to working: called back", "Assigned to " + mate.ID, "Tagged vip", "Corrected title, further e-mails", "Captured from web"}
	if !slices.Equal(texts(got), want) || got.Total != (projections.Total{Value: 5, Exact: true}) || got.NextCursor != "" {
		t.Fatalf("the timeline reads %q of %+v", texts(got), got.Total)
	}
	e := got.Items[0]
	if e.Actor != "user:"+mate.ID || e.Version != 5 || e.Type != "lead.status_changed" || e.At.IsZero() || e.Position == 0 || e.Correlation == "" || len(e.Changes) != 1 ||
		e.Changes[0].Label != "Status" || e.Changes[0].From != "new" || e.Changes[0].To != "working" {
		t.Errorf("an entry reads %+v", e)
	}
	if c := got.Items[3].Changes[1]; c.Field != "emails" || c.From != "" || c.To != "tl2@people.example (work)" {
		t.Errorf("a list reads %+v", c)
	}
	boss.ask(t, "POST", path+"/assign", `{"owner":""}`).wants(t, 200)
	boss.ask(t, "POST", path+"/erase", "").wants(t, 200)
	for _, m := range []*member{boss, mate} { // the key is still there: nobody is told all the same
		gone := m.fresh(t, path+"/timeline").wants(t, 200)
		if strings.Contains(gone.body, "Persona") || strings.Contains(gone.body, "people.example") || strings.Contains(gone.body, "vip") || strings.Contains(gone.body, "called back") {
			t.Errorf("of somebody erased it tells %s", gone.body)
		}
		want := []string{
			"Erased: the person is forgotten", "Assigned to nobody", "Status changed from new to working: (erased)", "Assigned to " + mate.ID, "Tags changed (erased)",
			"Corrected title, further e-mails", "Captured from web; personal data (erased)",
		}
		if got := texts(into[timeline](t, gone)); !slices.Equal(got, want) {
			t.Errorf("the timeline reads %q", got)
		}
	}
}

// The timeline is that of who may see the lead, now: whose it was may not know what
// has happened since.
func TestTimelineIsScoped(t *testing.T) {
	t.Parallel()
	a := shared(t)
	boss := a.member(t, access.Admin)
	user := a.colleague(t, boss.Org, access.User)
	id := boss.capture(t, `{"name":"Persona","owner":"`+user.ID+`"}`).ID
	user.fresh(t, "/v1/leads/"+id+"/timeline").wants(t, 200)
	boss.ask(t, "POST", "/v1/leads/"+id+"/assign", `{"owner":"`+someone+`"}`).wants(t, 200)
	user.fresh(t, "/v1/leads/"+id+"/timeline").refuses(t, 404, "lead.not_found")
	a.member(t, access.Admin).fresh(t, "/v1/leads/"+id+"/timeline").refuses(t, 404, "lead.not_found")
	boss.ask(t, "DELETE", "/v1/leads/"+id, "").wants(t, 200)
	boss.fresh(t, "/v1/leads/"+id+"/timeline").refuses(t, 404, "lead.not_found")
	boss.ask(t, "GET", "/v1/leads/me/timeline", "").refuses(t, 422, "request.invalid")
	other := boss.capture(t, `{"name":"Persona"}`).ID
	boss.fresh(t, "/v1/leads/"+other+"/timeline?limit=0").refuses(t, 422, "request.invalid")
}

// Pages behind each other tell everything once, whatever happens meanwhile.
func TestTimelinePages(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	path := "/v1/leads/" + m.capture(t, `{"name":"Persona"}`).ID
	for i := range 11 {
		m.ask(t, "PATCH", path, fmt.Sprintf(`{"title":"%d"}`, i)).wants(t, 200)
	}
	for _, limit := range []int{1, 3, 4, 12, 200} {
		var got []int
		page := into[timeline](t, m.fresh(t, fmt.Sprintf("%s/timeline?limit=%d", path, limit)).wants(t, 200))
		before := page.Total.Value
		for {
			for _, e := range page.Items {
				got = append(got, e.Version)
			}
			if page.NextCursor == "" {
				break
			}
			m.ask(t, "PATCH", path, fmt.Sprintf(`{"title":"%d %d"}`, limit, len(got))).wants(t, 200)
			page = into[timeline](t, m.fresh(t, fmt.Sprintf("%s/timeline?limit=%d&cursor=%s", path, limit, page.NextCursor)).wants(t, 200))
		}
		if len(got) != before || got[0] != before || got[len(got)-1] != 1 || !slices.IsSortedFunc(got, func(a, b int) int { return b - a }) {
			t.Errorf("pages of %d tell %v of %d", limit, got, before)
		}
	}
	first := into[timeline](t, m.ask(t, "GET", path+"/timeline?limit=1", ""))
	another := m.capture(t, `{"name":"Persona"}`).ID
	m.fresh(t, "/v1/leads/"+another+"/timeline?cursor="+first.NextCursor).refuses(t, 422, "cursor.invalid")
}
