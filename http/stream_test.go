package http_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/domain/access"
)

func TestStream(t *testing.T) {
	t.Parallel()
	a := shared(t)
	m := a.member(t, access.API)
	first := m.capture(t, `{"name":"Persona One"}`)
	second := m.capture(t, `{"name":"Persona Two"}`)
	m.ask(t, "POST", "/v1/leads/"+first.ID+"/archive", "").wants(t, 200)
	at := func(n int64) string { return strconv.FormatInt(n, 10) }
	for name, c := range map[string]struct {
		query, id string
		want      int64
	}{
		"from the beginning":            {"", "", first.Position},
		"from the first position":       {"from=1", "", first.Position},
		"from a position":               {"from=" + at(second.Position), "", second.Position},
		"behind an id":                  {"", at(first.Position), second.Position},
		"an id is above a position":     {"from=1", at(first.Position), second.Position},
		"one type":                      {"type=lead.archived", "", second.Position + 1},
		"one record":                    {"stream=" + second.ID, "", second.Position},
		"one actor":                     {"actor=api:" + m.ID, "0", first.Position},
		"one actor, who did nothing":    {"actor=user:" + m.ID, "", 0},
		"another organization's record": {"stream=" + a.member(t, access.API).capture(t, `{"name":"Persona"}`).ID, "", 0},
	} {
		var headers []string
		if c.id != "" {
			headers = []string{"Last-Event-ID", c.id}
		}
		s := m.opened(t, c.query, headers...)
		if _, comment, err := s.next(); comment == "" || err != nil {
			t.Fatalf("%s: the stream does not begin at once: %v", name, err)
		}
		if c.want == 0 {
			continue // nothing to come; the property below looks for strangers
		}
		e, err := s.fact()
		if err != nil || e.Position < c.want || c.query != "type=lead.archived" && e.Position != c.want {
			t.Errorf("%s: the first is %d, want %d: %v", name, e.Position, c.want, err)
		}
	}
}

// However often a stream breaks, and whoever writes meanwhile, a reader who goes on
// behind what they saw last sees every fact of their organization once, in order.
func TestStreamsLoseNothing(t *testing.T) {
	t.Parallel()
	a := shared(t)
	one, other := a.member(t, access.Admin), a.member(t, access.Admin)
	const writers, each = 3, 30
	var writing sync.WaitGroup
	for w := range writers {
		for _, m := range []*member{one, other} {
			writing.Go(func() {
				for i := range each {
					body := fmt.Sprintf(`{"name":"Persona %d of %d"}`, i, w)
					if got, err := m.try(t.Context(), "POST", "/v1/leads", body); err != nil || got.status != 201 {
						t.Errorf("a write: %d %v", got.status, err)
					}
				}
			})
		}
	}
	var reading sync.WaitGroup
	read := make([][]int64, 4)
	for r := range read {
		reading.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
			defer cancel()
			last := "0"
			for part := 1; len(read[r]) < writers*each; part++ {
				s, err := one.stream(ctx, "", "Last-Event-ID", last)
				if err != nil {
					t.Error(err)
					return
				}
				for range 1 + (part*7+r*5)%23 { // the connection breaks after so many
					e, err := s.fact()
					if err != nil {
						t.Error(err)
						break
					}
					read[r] = append(read[r], e.Position)
					if last = strconv.FormatInt(e.Position, 10); len(read[r]) == writers*each {
						break
					}
				}
				_ = s.body.Close()
			}
		})
	}
	writing.Wait()
	reading.Wait()
	want := into[eventList](t, one.fresh(t, "/v1/events?limit=1000")).Items
	for r, got := range read {
		if len(got) != len(want) {
			t.Fatalf("reader %d saw %d facts of %d", r, len(got), len(want))
		}
		for i, e := range want {
			if got[i] != e.Position {
				t.Fatalf("reader %d saw %d in the place of %d", r, got[i], e.Position)
			}
		}
	}
}
