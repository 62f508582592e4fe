package http_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore"
)

// spec is one example of the API: what has happened to one lead, what is asked, and
// then what is answered and what is new in the log. In path, body, headers and facts
// "$lead" stands for the lead's id, "$me" for the asking member's and "$org" for the
// organization's; "$any" in a wanted body stands for any value that is there.
type spec struct {
	name  string
	given []lead.Event
	role  access.Role // admin when empty
	ask   request

	status int
	code   string   // of a refusal
	fields []string // the values at fault
	body   string   // JSON; "" is not looked at
	header map[string]string
	facts  []string // type and data of each new fact
}

type request struct {
	method, path, body string
	headers            []string
}

func run(t *testing.T, specs []spec) {
	t.Helper()
	for _, s := range specs {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.run(t, shared(t))
		})
	}
}

func (s spec) run(t *testing.T, a *app) {
	t.Helper()
	role := s.role
	if role == "" {
		role = access.Admin
	}
	m := a.member(t, role)
	id := uuid.Must(uuid.NewV7()).String()
	names := strings.NewReplacer("$lead", id, "$me", m.ID, "$org", m.Org)
	m.given(t, id, names, s.given)
	before := m.head(t)

	headers := make([]string, len(s.ask.headers))
	for i, h := range s.ask.headers {
		headers[i] = names.Replace(h)
	}
	if s.ask.method == http.MethodGet {
		headers = append(headers, "Canvass-Min-Position", strconv.FormatInt(before, 10))
	}
	got := m.ask(t, s.ask.method, names.Replace(s.ask.path), names.Replace(s.ask.body), headers...)
	if s.code != "" {
		s.checkRefusal(t, got)
	} else {
		got.wants(t, s.status)
	}
	if s.body != "" {
		sameJSON(t, names.Replace(s.body), got.body)
	}
	for name, want := range s.header {
		if have := got.header.Get(name); have != names.Replace(want) && (want != "$any" || have == "") {
			t.Errorf("%s: %q, want %q", name, have, names.Replace(want))
		}
	}
	if have, want := m.facts(t, before), names.Replace(strings.Join(s.facts, "\n")); have != want {
		t.Errorf("new facts:\n%s\nwant:\n%s", have, want)
	}
}

func (s spec) checkRefusal(t *testing.T, got answer) {
	t.Helper()
	p := got.refuses(t, s.status, s.code)
	var names []string
	for _, f := range p.Fields {
		names = append(names, f.Name)
	}
	if fmt.Sprint(names) != fmt.Sprint(s.fields) {
		t.Errorf("fields at fault: %v, want %v: %s", names, s.fields, got.body)
	}
}

// given writes facts of one lead to the log, as commands would have.
func (m *member) given(t testing.TB, id string, names *strings.Replacer, facts []lead.Event) {
	t.Helper()
	var l lead.Lead
	for i, f := range facts {
		switch e := f.(type) {
		case lead.Captured:
			e.Owner = names.Replace(e.Owner)
			f = e
		case lead.Assigned:
			e.To = names.Replace(e.To)
			f = e
		case lead.Edited, lead.StatusChanged, lead.Archived, lead.Restored, lead.Erased, lead.Shredded, lead.Tagged, lead.Deleted, lead.Noted, lead.NoteRemoved:
		}
		c := domain.StreamCommit{Stream: lead.Stream(id), Expected: i, Facts: []any{f}}
		before := l.Claims()
		l = l.Evolve(f)
		for _, k := range l.Claims() {
			if !slices.Contains(before, k) {
				c.Take = append(c.Take, k)
			}
		}
		for _, k := range before {
			if !slices.Contains(l.Claims(), k) {
				c.Release = append(c.Release, k)
			}
		}
		_, err := m.db.Store.Append(t.Context(), domain.Commit{
			Org: m.Org, Command: uuid.NewString(), Streams: []domain.StreamCommit{c},
			Meta: domain.Meta{Actor: m.Actor(), OccurredAt: time.Now()},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// facts shows what the organization has added to the log behind a position.
func (m *member) facts(t testing.TB, after int64) string {
	t.Helper()
	var out []string
	for {
		read, err := m.db.Store.Read(t.Context(), eventstore.DefaultLog, after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(read) == 0 {
			return strings.Join(out, "\n")
		}
		for _, r := range read {
			after = r.Position
			if r.Org == m.Org {
				out = append(out, r.Type+" "+string(r.Data))
			}
		}
	}
}

// sameJSON fails the test unless two documents are equal; "$any" matches any value.
func sameJSON(t testing.TB, want, have string) {
	t.Helper()
	var w, h any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("the wanted body cannot be read: %v", err)
	}
	if err := json.Unmarshal([]byte(have), &h); err != nil {
		t.Fatalf("the body %q cannot be read: %v", have, err)
	}
	if !matches(w, h) {
		t.Errorf("body:\n%s\nwant:\n%s", have, want)
	}
}

func matches(want, have any) bool {
	switch w := want.(type) {
	case string:
		return w == "$any" || reflect.DeepEqual(want, have)
	case map[string]any:
		h, ok := have.(map[string]any)
		if !ok || len(w) != len(h) {
			return false
		}
		for k, v := range w {
			if _, there := h[k]; !there || !matches(v, h[k]) {
				return false
			}
		}
		return true
	case []any:
		h, ok := have.([]any)
		if !ok || len(w) != len(h) {
			return false
		}
		for i := range w {
			if !matches(w[i], h[i]) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(want, have)
}
