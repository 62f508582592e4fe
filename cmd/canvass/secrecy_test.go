package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/clients/postgres"
	"github.com/canvass-hq/canvass/projections"
)

// person is a row as a sales team brings it in.
type person struct{ Name, Email, Phone, Company, Country string }

// crowd is rows in the shape of real ones: names with all letters, phones in many
// forms, with extensions, and many that are no number of the country. CANVASS_PEOPLE
// names a file of rows to take instead, CANVASS_FULL asks for ten thousand.
func crowd(t *testing.T) []person {
	t.Helper()
	n := 2_000
	if os.Getenv("CANVASS_FULL") != "" {
		n = 10_000
	}
	if file := os.Getenv("CANVASS_PEOPLE"); file != "" {
		return crowdOf(t, file, n)
	}
	first := []string{"Heather", "Kristína", "Zoë", "Łukasz", "Ngozi", "D'Arcy", "Søren", "Jürgen", "美咲", "Анна"}
	countries := []string{"Norway", "Andorra", "United Kingdom", "Korea", "Holy See (Vatican City State)", "Cote d'Ivoire", "Atlantis"}
	phones := []string{"043-%03d-5%03d", "915.%03d.1%03d", "(209)%03d-7%03dx3651", "+44 20 7%03d 0%03d", "001-%03d-%03d-7231x4", "+1-%03d-4%03d-9911"}
	out := make([]person, n)
	for i := range out {
		out[i] = person{
			Name:    fmt.Sprintf("%s Qv%05dsurname", first[i%len(first)], i),
			Email:   fmt.Sprintf("qv%05d.person@qv%d-mosley.example", i, i%97),
			Phone:   fmt.Sprintf(phones[i%len(phones)], 200+i/10%800, 100+i%900),
			Company: fmt.Sprintf("Qv%dcompany, Horn and \"Watson\"", i%500), Country: countries[i%len(countries)],
		}
	}
	return out
}

func crowdOf(t *testing.T, file string, n int) (out []person) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows[1:min(n+1, len(rows))] {
		out = append(out, person{Name: r[2] + " " + r[3], Company: r[4], Country: r[6], Phone: r[7], Email: r[9]})
	}
	return out
}

// Nothing of anybody stands anywhere but in projections: not in the log, not in jobs,
// not in what the servers write. And an erasure takes one person away, and only them.
func TestNobodyIsInTheLog(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	s := dev(t, dir, "LOG_LEVEL=DEBUG")
	rows := crowd(t)
	ids, last := s.bringIn(t, rows)
	erased := s.eraseOne(t, ids[len(ids)/2], last)

	url, ok := postgres.Running(filepath.Join(dir, postgresDir))
	if !ok {
		t.Fatal("Postgres does not run")
	}
	conn, err := pgx.Connect(t.Context(), withDatabase(url))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	places := dump(t, conn, "es", "river", "relay", "keys")
	if len(places) < 15 || len(places["es.events_l0 as text"]) < 200*len(rows) {
		t.Fatalf("the dump looks empty: %d places", len(places))
	}
	places["the server's output"] = []byte(s.err.String())
	log, err := os.ReadFile(filepath.Join(dir, postgresDir, "postgres.log"))
	if err != nil {
		t.Fatal(err)
	}
	places["the Postgres log"] = log
	for _, l := range erased {
		rows = append(rows, person{Name: l.Name, Email: l.Email, Phone: l.Phone, Company: l.Company})
	}
	marks := needles(rows)
	for place, data := range places {
		if found := search(data, marks); found != "" {
			t.Errorf("%s holds %q", place, found)
		}
	}
	envelopesOnly(t, conn)

	command(t, s.settings, "rebuild", "leads").ok(t)
	for _, l := range s.leads(t, last) {
		if l.ID == ids[len(ids)/2] && (l.Name != "" || l.Email != "" || l.Phone != "" || l.Company != "" || !l.Erased) {
			t.Errorf("after a rebuild the erased lead reads %+v", l)
		}
		if want := erased[l.ID]; !reflect.DeepEqual(want, l) {
			t.Errorf("a rebuild changed a lead:\n%+v\n%+v", want, l)
		}
	}
	s.interrupt()
}

// bringIn posts every row.
func (s *server) bringIn(t *testing.T, rows []person) (ids []string, last int64) {
	t.Helper()
	ids = make([]string, len(rows))
	var writers sync.WaitGroup
	next := make(chan int)
	for range 16 {
		writers.Go(func() {
			for i := range next {
				body, _ := json.Marshal(map[string]string{"name": rows[i].Name, "email": rows[i].Email, "phone": rows[i].Phone, "company": rows[i].Company, "country": rows[i].Country})
				status, answer, err := s.try(t.Context(), "POST", "/v1/leads", string(body))
				var receipt struct{ ID string }
				if err != nil || status != 201 || json.Unmarshal([]byte(answer), &receipt) != nil {
					t.Errorf("row %d: %d %s %v", i, status, answer, err)
				}
				ids[i] = receipt.ID
			}
		})
	}
	for i := range rows {
		next <- i
	}
	close(next)
	writers.Wait()
	return ids, int64(len(rows)) + 2 // behind the organization and its admin
}

// eraseOne erases a lead and gives all leads as they are then.
func (s *server) eraseOne(t *testing.T, id string, last int64) map[string]projections.Lead {
	t.Helper()
	byID := func(position int64) map[string]projections.Lead {
		out := map[string]projections.Lead{}
		for _, l := range s.leads(t, position) {
			out[l.ID] = l
		}
		return out
	}
	before := byID(last)
	s.ask(t, "POST", "/v1/leads/"+id+"/archive", `{"reason":"`+before[id].Name+` asked"}`, 200)
	s.ask(t, "PATCH", "/v1/leads/"+before[id].ID, `{"title":"x"}`, 409)
	s.ask(t, "POST", "/v1/leads/"+id+"/erase", "", 200)
	var facts []projections.Event
	eventually(t, "the key is destroyed", func() bool {
		facts = all[projections.Event](t, s, "/v1/events?stream="+id)
		return len(facts) == 4
	})
	for _, f := range facts {
		if strings.Contains(string(f.Data), before[id].Email) || strings.Contains(string(f.Data), before[id].Name) {
			t.Errorf("the log still shows %s: %s", f.Type, f.Data)
		}
	}
	after := byID(facts[3].Position)
	gone := after[id]
	if !gone.Erased || gone.Name+gone.Email+gone.Phone+gone.Company+gone.Title+gone.PhoneStatus+gone.CountryGiven != "" {
		t.Errorf("the erased lead reads %+v", gone)
	}
	delete(before, id)
	rest := maps.Clone(after)
	delete(rest, id)
	if !reflect.DeepEqual(before, rest) {
		t.Error("an erasure changed somebody else's row")
	}
	return after
}
