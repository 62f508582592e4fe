package eventstore_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

// leaves lists the values of a stored fact: clear by their paths, sealed ones apart.
func leaves(t *testing.T, raw json.RawMessage, path string, clear, sealed map[string]bool) {
	t.Helper()
	if eventstore.IsEnvelopeOfTest(raw) {
		sealed[path] = true
		return
	}
	var object map[string]json.RawMessage
	var array []json.RawMessage
	switch {
	case json.Unmarshal(raw, &object) == nil && object != nil:
		for k, v := range object {
			leaves(t, v, strings.TrimPrefix(path+"."+k, "."), clear, sealed)
		}
	case json.Unmarshal(raw, &array) == nil && array != nil:
		for i, v := range array {
			leaves(t, v, fmt.Sprint(path, ".", i), clear, sealed)
		}
	default:
		clear[path] = true
	}
}

// What lies in the log in clear can never be taken back. This is the whole list.
func TestClearValues(t *testing.T) {
	t.Parallel()
	var every []lead.Change
	personal := []string{
		"name", "first_name", "last_name", "email", "emails", "phone", "phone_status", "phones", "title", "company", "address", "city", "state", "postal_code",
		"country_given", "timezone", "linkedin", "external_ids.crm", "custom.tier",
	}
	var clear []string
	for i, f := range personal {
		every = append(every, lead.Change{Field: f, From: "a", To: "b"})
		clear = append(clear, fmt.Sprintf("changes.%d.field", i))
	}
	for i, f := range []string{"company_id", "team", "country", "source"} {
		every = append(every, lead.Change{Field: f, From: "a", To: "b"})
		at := len(personal) + i
		clear = append(clear, fmt.Sprintf("changes.%d.field changes.%d.from changes.%d.to", at, at, at))
	}
	whole := lead.Captured{Status: lead.New, Owner: uuid.NewString(), Details: lead.Details{
		Name: "a", FirstName: "a", LastName: "a", Email: "a@b.de", Emails: []lead.Email{{Address: "c@b.de", Kind: "work"}},
		Phone: "1", PhoneStatus: lead.PhoneInvalid, Phones: []lead.Phone{{Number: "2", Kind: "home", Status: lead.PhoneInvalid}},
		Title: "t", Company: "c", CompanyID: uuid.NewString(), Team: uuid.NewString(), Address: "a", City: "c", State: "s", PostalCode: "p", Country: "DE", CountryGiven: "g",
		Timezone: "Europe/Berlin", LinkedIn: "https://l.example/a", Source: "s", Tags: []string{"t"}, ExternalIDs: map[string]string{"crm": "1"}, Custom: map[string]string{"tier": "1"},
	}}
	facts := []struct {
		fact  any
		clear string
	}{
		{whole, "company_id country owner source status team"},
		{lead.Edited{Changes: every}, strings.Join(clear, " ")},
		{lead.Tagged{Added: []string{"a"}, Removed: []string{"b"}}, ""},
		{lead.Deleted{Reason: "r"}, ""},
		{lead.Assigned{From: uuid.NewString(), To: uuid.NewString()}, "from to"}, // members, not leads
		{lead.StatusChanged{From: lead.New, To: lead.Working, Reason: "r"}, "from to"},
		{lead.Archived{Reason: "r"}, ""},
		{lead.Restored{}, ""},
		{lead.Erased{}, ""},
		{lead.Shredded{}, ""},
		{lead.Noted{Note: uuid.NewString(), Text: "t"}, "note"},
		{lead.NoteRemoved{Note: uuid.NewString()}, "note"},
	}
	if len(facts) != len(lead.Schema()) {
		t.Errorf("%d of %d facts are looked at", len(facts), len(lead.Schema()))
	}
	m := eventstore.NewMemory(eventstoretest.Registry(t), time.Now)
	c := domain.Commit{Org: uuid.NewString(), Command: uuid.NewString(), Streams: []domain.StreamCommit{{Stream: lead.Stream(uuid.NewString())}}}
	for _, f := range facts {
		c.Streams[0].Facts = append(c.Streams[0].Facts, f.fact)
	}
	if _, err := m.Append(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	for i, raw := range m.Stored() {
		clear, sealed := map[string]bool{}, map[string]bool{}
		leaves(t, raw, "", clear, sealed)
		want := strings.Fields(facts[i].clear)
		slices.Sort(want)
		if got := slices.Sorted(maps.Keys(clear)); !slices.Equal(got, want) {
			t.Errorf("%T: %q in clear, want %q", facts[i].fact, got, want)
		}
		whole, _ := json.Marshal(facts[i].fact)
		all := map[string]bool{}
		leaves(t, whole, "", all, all)
		for path := range all { // a list is sealed as a whole
			if top, _, _ := strings.Cut(path, "."); !clear[path] && !sealed[path] && !sealed[top] {
				t.Errorf("%T: %s is not in the log", facts[i].fact, path)
			}
		}
	}
}

// noted2 is a second version of a fact that older releases know the first one of.
type noted2 struct {
	Line string `json:"line"`
}

func lined(raw json.RawMessage) (json.RawMessage, error) {
	var v struct{ Text *string }
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"line": v.Text})
}

// A fact that this release does not understand is handed on with its fault. It is
// never left out, and nobody decides on a stream that holds one.
func TestFactsOfOtherReleases(t *testing.T) {
	t.Parallel()
	newer, err := eventstore.NewRegistry([]domain.Schema{domain.Stored[noted2]("test.noted", lined), domain.Stored[eventstoretest.Met]("test.met")})
	if err != nil {
		t.Fatal(err)
	}
	master := func() (string, error) { return eventstoretest.MasterKey, nil }
	today := eventstoretest.OpenConformant(t, "")
	tomorrow := eventstoretest.OpenWith(t, today.URL, newer, master)
	others := eventstoretest.OpenWith(t, today.URL, eventstoretest.Registry(t), master) // knows none of them
	org, old, young := uuid.NewString(), domain.StreamID{Category: "test", ID: uuid.NewString()}, domain.StreamID{Category: "test", ID: uuid.NewString()}
	today.Put(t, org, old, eventstoretest.Noted{Text: "1"})
	tomorrow.Put(t, org, young, noted2{Line: "2"})
	today.Put(t, org, old, eventstoretest.Noted{Text: "3"})

	for name, c := range map[string]struct {
		db   *eventstoretest.DB
		want []any
	}{
		"today":    {today, []any{eventstoretest.Noted{Text: "1"}, nil, eventstoretest.Noted{Text: "3"}}},
		"tomorrow": {tomorrow, []any{noted2{"1"}, noted2{"2"}, noted2{"3"}}},
		"others":   {others, []any{nil, nil, nil}},
	} {
		all, err := c.db.Store.Read(t.Context(), 0, 0, 10)
		if err != nil || len(all) != 3 {
			t.Fatalf("%s: %d facts, %v", name, len(all), err)
		}
		for i, e := range all {
			if e.Fact != c.want[i] || (e.Err != nil) != (c.want[i] == nil) || e.Position != int64(i+1) || e.Type != "test.noted" {
				t.Errorf("%s: %+v, %v", name, e.Fact, e.Err)
			}
		}
		for stream, ok := range map[domain.StreamID]bool{old: c.want[0] != nil, young: c.want[1] != nil} {
			if _, err := c.db.Store.Load(t.Context(), org, stream, uuid.NewString(), nil); ok != (err == nil) {
				t.Errorf("%s: load: %v", name, err)
			}
		}
	}
}

// A row that somebody has put in beside the function is told by its fault, and keeps
// nobody from the rows around it.
func TestForeignRows(t *testing.T) {
	t.Parallel()
	db := eventstoretest.OpenConformant(t, "")
	org, stream := uuid.NewString(), domain.StreamID{Category: "test", ID: uuid.NewString()}
	db.Put(t, org, stream, eventstoretest.Noted{Text: "1"})
	for i, bad := range []struct{ typ, data, meta string }{
		{"test.noted", `{"text":{"$enc":{"s":"` + stream.ID + `","k":1,"c":"AAAA"}}}`, `{}`},
		{"test.noted", `{"text":{"$enc":{"s":"` + uuid.NewString() + `","k":1,"c":"AAAA"}}}`, `{}`},
		{"test.noted", `{"text":{"$enc":{"s":"nobody-nobody-nobody-nobody-nobody-n","k":1,"c":"AAAA"}}}`, `{}`},
		{"test.noted", `{"text":{"$enc":{"s":"x"}}}`, `{}`},
		{"test.noted", `{"text":7}`, `{}`},
		{"test.noted", `[]`, `{}`},
		{"test.noted", `{"text":"ok"}`, `[]`},
	} {
		db.Exec(t, `insert into es.events select log_id, $1, tenant_id, gen_random_uuid(), 1, category, gen_random_uuid(), $2, 1, gen_random_uuid(), $3, $4, recorded_at from es.events where position = 1`,
			i+2, bad.typ, bad.data, bad.meta)
	}
	db.Put(t, org, stream, eventstoretest.Noted{Text: "2"})
	all, err := db.Store.Read(t.Context(), 0, 0, 100)
	if err != nil || len(all) != 9 {
		t.Fatalf("%d facts, %v", len(all), err)
	}
	for i, e := range all {
		if good := i == 0 || i == 8; good != (e.Err == nil) || good != (e.Fact != nil) {
			t.Errorf("position %d: %v, %v", e.Position, e.Fact, e.Err)
		}
	}
}

func TestRegistryRefusesDoubles(t *testing.T) {
	t.Parallel()
	noted, other := domain.Stored[eventstoretest.Noted]("test.noted"), domain.Stored[noted2]("test.noted")
	again := domain.Stored[eventstoretest.Noted]("test.noted_again")
	for name, s := range map[string][]domain.Schema{"one name": {noted, other}, "one type": {noted, again}, "twice": {noted, noted}} {
		if _, err := eventstore.NewRegistry(s); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
