package http_test

import (
	"bufio"
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/imports"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

// follows opens the stream of an import; each call of the answer gives the next event,
// a comment as the event "", and the event "over" at the end.
func (m *member) follows(t *testing.T, id string, headers ...string) func() (name string, i projections.Import) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, m.base+"/v1/imports/"+id+"/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+m.token)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	if kind := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || kind != "text/event-stream" {
		t.Fatalf("status %d, type %s", res.StatusCode, kind)
	}
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	return func() (name string, i projections.Import) {
		t.Helper()
		for lines.Scan() {
			key, value, _ := strings.Cut(lines.Text(), ": ")
			switch {
			case key == "event":
				name = value
			case key == "data":
				i = into[projections.Import](t, answer{body: value})
			case lines.Text() == "":
				return name, i
			}
		}
		return "over", i
	}
}

// TestImportStream follows an import from its upload to its plan, and what is shown is
// what the import itself shows.
func TestImportStream(t *testing.T) {
	t.Parallel()
	a := shared(t)
	m := a.member(t, access.Admin)
	id := m.ask(t, "POST", "/v1/imports", "name\nPersona\n").wants(t, 202).receipt(t).ID
	m.fresh(t, "/v1/imports/"+id)
	next := m.follows(t, id)
	if name, i := next(); name != "progress" || i.Status != imports.StatusUploaded || i.ID != id {
		t.Fatalf("it begins with %s: %+v", name, i)
	}
	m.db.Put(t, m.Org, imports.Stream(id), imports.PlanningStarted{Columns: []imports.Column{{Header: "name", Field: "name"}}})
	if name, i := next(); name != "progress" || i.Status != imports.StatusPlanning || i.Progress != nil {
		t.Fatalf("and goes on with %s: %+v", name, i)
	}
	staging := projections.Staging{App: m.db.Pools.App, Worker: m.db.Pools.Worker, Vault: m.db.Keys}
	at := projections.StageProgress{Run: uuid.NewString(), Stage: string(imports.StatusPlanning), Rows: 1, Bytes: 7}
	if err := staging.Save(t.Context(), m.Org, id, nil, at); err != nil {
		t.Fatal(err)
	}
	if name, i := next(); name != "progress" || i.Progress == nil || i.Progress.Rows != 1 || i.Progress.Bytes != 7 {
		t.Fatalf("and with %s: %+v", name, i)
	}
	m.db.Put(t, m.Org, imports.Stream(id), imports.Planned{Counts: imports.Counts{Rows: 1, Create: 1}})
	for _, want := range []string{"progress", "end"} {
		name, i := next()
		if shown := into[projections.Import](t, m.ask(t, "GET", "/v1/imports/"+id, "")); name != want || i.Status != imports.StatusPlanned || i.Version != shown.Version || *i.Plan != *shown.Plan {
			t.Errorf("at the end %s: %+v", name, i)
		}
	}
	if name, _ := next(); name != "over" {
		t.Errorf("behind the end there is %s", name)
	}
}

// TestImportStreamFresh: whoever sends the position of an order sees what it leads to,
// never what was before.
func TestImportStreamFresh(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	id := m.ask(t, "POST", "/v1/imports", "name\nPersona\n").wants(t, 202).receipt(t).ID
	m.db.Put(t, m.Org, imports.Stream(id), imports.PlanningStarted{}, imports.Planned{})
	commit := m.ask(t, "POST", "/v1/imports/"+id+"/commit", "").wants(t, 202).receipt(t)
	if name, i := m.follows(t, id, "Canvass-Min-Position", strconv.FormatInt(commit.Position, 10))(); name != "progress" || i.Status != imports.StatusCommitting {
		t.Errorf("it begins with %s: %s", name, i.Status)
	}
	m.ask(t, "GET", "/v1/imports/"+id+"/stream", "", "Canvass-Min-Position", "soon").refuses(t, 422, "request.invalid")
	m.ask(t, "GET", "/v1/imports/"+id+"/stream", "", "Canvass-Min-Position", "-1").refuses(t, 422, "request.invalid")
	m.ask(t, "GET", "/v1/imports/"+uuid.NewString()+"/stream", "").refuses(t, 404, "import.not_found")
	m.ask(t, "GET", "/v1/imports/nothing/stream", "").refuses(t, 422, "request.invalid")
	shared(t).member(t, access.Admin).ask(t, "GET", "/v1/imports/"+id+"/stream", "").refuses(t, 404, "import.not_found")
}

// TestImportStreamHeartbeat: an import of which nothing is new shows that the stream
// lives, and a shutdown ends it.
func TestImportStreamHeartbeat(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	a := start(t, func(c *apphttp.Config) {
		c.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	m := a.member(t, access.Admin)
	id := m.ask(t, "POST", "/v1/imports", "name\nPersona\n").wants(t, 202).receipt(t).ID
	m.fresh(t, "/v1/imports/"+id)
	next := m.follows(t, id)
	if name, _ := next(); name != "progress" {
		t.Fatal(name)
	}
	ahead.Store(int64(16 * time.Second))
	if name, _ := next(); name != "" {
		t.Errorf("a silent stream says %s", name)
	}
	a.close()
	if name, _ := next(); name != "over" {
		t.Errorf("behind the shutdown there is %s", name)
	}
}
