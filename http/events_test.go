package http_test

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/domain/access"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

type eventList = apphttp.List[projections.Event]

// history makes facts of two leads by two members, and gives all of them as the API
// shows them.
func history(t *testing.T, boss, mate *member) []projections.Event {
	t.Helper()
	one, two := boss.capture(t, `{"name":"Persona One"}`).ID, mate.capture(t, `{"name":"Persona Two"}`).ID
	boss.ask(t, "POST", "/v1/leads/"+two+"/status", `{"status":"working"}`).wants(t, 200)
	mate.ask(t, "PATCH", "/v1/leads/"+one, `{"title":"CEO"}`).wants(t, 200)
	boss.ask(t, "POST", "/v1/leads/"+one+"/archive", `{"reason":"left"}`).wants(t, 200)
	boss.member(t, access.Admin).capture(t, `{"name":"Persona of others"}`)
	boss.ask(t, "POST", "/v1/leads/"+one+"/restore", "").wants(t, 200)
	all := into[eventList](t, boss.fresh(t, "/v1/events").wants(t, 200))
	if len(all.Items) != 6 || all.Total != (projections.Total{Value: 6, Exact: true}) || all.NextCursor != "" {
		t.Fatalf("%d facts of %+v", len(all.Items), all.Total)
	}
	return all.Items
}

func TestEventFilters(t *testing.T) {
	t.Parallel()
	a := shared(t)
	boss := a.member(t, access.Admin)
	mate := a.colleague(t, boss.Org, access.API)
	all := history(t, boss, mate)
	at := func(i int) string { return url.QueryEscape(all[i].RecordedAt.Format(time.RFC3339Nano)) }
	for query, want := range map[string][]int{
		"type=lead.captured":                              {0, 1},
		"type=lead":                                       nil,
		"type=nothing":                                    nil,
		"stream=" + all[0].Stream:                         {0, 3, 4, 5},
		"stream=" + someone:                               nil,
		"actor=user:" + boss.ID:                           {0, 2, 4, 5},
		"actor=api:" + mate.ID:                            {1, 3},
		"correlation=" + all[2].Correlation:               {2},
		"type=lead.captured&actor=api:" + mate.ID:         {1},
		"since=" + at(3):                                  {3, 4, 5},
		"until=" + at(3):                                  {0, 1, 2},
		"since=" + at(1) + "&until=" + at(4):              {1, 2, 3},
		"since=" + at(4) + "&until=" + at(1):              nil,
		"since=2000-01-01T00:00:00%2B14:00":               {0, 1, 2, 3, 4, 5},
		"since=9999-12-31T23:59:59Z":                      nil,
		"until=2000-01-01T00:00:00Z":                      nil,
		"until=0001-01-01T00:00:00Z":                      nil,
		"after=" + strconv.FormatInt(all[3].Position, 10): {4, 5},
		"after=9223372036854775807":                       nil,
		"after=0&limit=1000":                              {0, 1, 2, 3, 4, 5},
	} {
		got := into[eventList](t, boss.fresh(t, "/v1/events?"+query).wants(t, 200))
		var have []int
		for _, e := range got.Items {
			have = append(have, slices.IndexFunc(all, func(o projections.Event) bool { return o.ID == e.ID }))
		}
		if !slices.Equal(have, want) {
			t.Errorf("?%s: facts %v, want %v", query, have, want)
		}
		if !strings.HasPrefix(query, "after") && got.Total != (projections.Total{Value: len(want), Exact: true}) {
			t.Errorf("?%s: total %+v, want %d", query, got.Total, len(want))
		}
	}
}

func TestEventPages(t *testing.T) {
	t.Parallel()
	a := shared(t)
	boss := a.member(t, access.Manager)
	all := history(t, boss, a.colleague(t, boss.Org, access.API))
	for _, filter := range []string{"", "after=" + strconv.FormatInt(all[0].Position, 10), "type=lead.captured"} {
		whole := into[eventList](t, boss.fresh(t, "/v1/events?"+filter)).Items
		for _, limit := range []string{"1", "2", "5"} {
			var got []projections.Event
			query, _ := url.ParseQuery(filter)
			query.Set("limit", limit)
			for len(got) < 100 {
				page := into[eventList](t, boss.fresh(t, "/v1/events?"+query.Encode()).wants(t, 200))
				got = append(got, page.Items...)
				if query.Set("cursor", page.NextCursor); page.NextCursor == "" {
					break
				}
			}
			same := slices.EqualFunc(got, whole, func(x, y projections.Event) bool { return x.Position == y.Position && string(x.Data) == string(y.Data) })
			if !same {
				t.Errorf("?%s in pages of %s: %d facts, want %d", filter, limit, len(got), len(whole))
			}
		}
	}
}

// What an event shows: who did what, when, in which chain of causes.
func TestEventShape(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.API)
	const requestID = "0190a000-1111-7222-8333-444455556666"
	r := m.ask(t, "POST", "/v1/leads", `{"name":"Persona","phone":"020 7946 0958","country":"GB"}`, "X-Request-ID", requestID).wants(t, 201).receipt(t)
	got := into[eventList](t, m.fresh(t, "/v1/events").wants(t, 200)).Items[0]
	if got.Position != r.Position || got.Stream != r.ID || got.Version != 1 || got.Actor != "api:"+m.ID || got.RequestID != requestID ||
		got.Category != "lead" || got.Type != "lead.captured" || got.Command == "" || got.Correlation != got.Command || got.Erased {
		t.Errorf("the fact reads %+v", got)
	}
	sameJSON(t, `{"name":"Persona","phone":"+442079460958","phone_status":"valid","country":"GB","status":"new"}`, string(got.Data))
	if age := time.Since(got.RecordedAt); age < -time.Second || age > time.Minute || got.OccurredAt.Sub(got.RecordedAt).Abs() > time.Minute {
		t.Errorf("recorded %s, occurred %s", got.RecordedAt, got.OccurredAt)
	}

	// A request id that could hold anything is not kept.
	m.ask(t, "POST", "/v1/leads", `{"name":"Persona"}`, "X-Request-ID", "me@people.example").wants(t, 201)
	if body := m.fresh(t, "/v1/events").body; strings.Contains(body, mailMark) {
		t.Errorf("the caller's own text is in the log: %s", body)
	}
}
