package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/eventstore"
)

var metricsLine = regexp.MustCompile(`(?:metrics on|Metrics) +(http://127\.0\.0\.1:\d+)/metrics`)

// operators gives the private address of a process.
func (p *process) operators() string {
	p.t.Helper()
	p.says("/metrics\n")
	return metricsLine.FindStringSubmatch(p.out.String() + p.err.String())[1]
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// metrics reads every series that a process tells of.
func (p *process) metrics() map[string]float64 {
	p.t.Helper()
	status, body := get(p.t, p.operators()+"/metrics")
	if status != http.StatusOK {
		p.t.Fatalf("status %d: %s", status, body)
	}
	out := map[string]float64{}
	for line := range strings.Lines(body) {
		if name, value, ok := cutLast(strings.TrimSpace(line), " "); ok && !strings.HasPrefix(line, "#") {
			v, err := strconv.ParseFloat(value, 64)
			if err != nil {
				p.t.Fatalf("a line reads %q", line)
			}
			out[name] = v
		}
	}
	return out
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// What is behind is seen from a process that does not work on it, and is gone once
// somebody does.
func TestMetrics(t *testing.T) {
	t.Parallel()
	url := database(t)
	settings := []string{"DATABASE_URL=" + url, "DATA_DIR=" + dataDir(t), "MASTER_KEY=" + eventstore.NewMasterKey(), "PRIVATE_ADDR=127.0.0.1:0"}
	command(t, settings, "migrate").ok(t)
	first := launch(t, settings, "worker")
	s := serve(t, settings)
	s.wellWithin(t)
	first.interrupt()
	s.capture(t, `{"name":"Ada","email":"ada@people.example"}`)
	last := s.capture(t, `{"name":"Bob"}`)

	got := s.metrics()
	for name, want := range map[string]float64{
		"canvass_append_facts_total": 2, "canvass_append_commands_total": 2, "canvass_log_position": 2, "canvass_database_up": 1,
		`canvass_projection_lag_events{projection="leads"}`: 2, `canvass_projection_lag_events{projection="relay"}`: 2, `canvass_projection_lag_events{projection="eraser"}`: 2,
		`canvass_http_requests_total{method="POST",route="/v1/leads",status="2xx"}`: 2,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	for _, name := range []string{`canvass_projection_lag_seconds{projection="leads"}`, "go_goroutines", `canvass_pool_connections{pool="app",state="max"}`, "canvass_append_seconds_count", "process_open_fds"} {
		if got[name] <= 0 {
			t.Errorf("%s is %v", name, got[name])
		}
	}

	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(t.Context(), `insert into es.parked (projection, version, log_id, position, stream_id, error_class, attempts) values ('notes', 1, 0, 1, gen_random_uuid(), 'test', 3)`); err != nil {
		t.Fatal(err)
	}
	if got := s.metrics()[`canvass_projection_lag_events{projection="companies"}`]; got != 2 {
		t.Errorf("of facts that do not concern a projection nobody follows, %v are told", got)
	}
	if _, err := conn.Exec(t.Context(), `delete from es.checkpoints where projection in ('segments', 'reminder')`); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a projection that has never begun is told to be behind", func() bool {
		return s.metrics()[`canvass_projection_lag_events{projection="segments"}`] == 2
	})
	worker := launch(t, settings, "worker")
	s.ask(t, "POST", "/v1/leads/"+last.ID+"/erase", "", 200)
	eventually(t, "nothing is behind, and the erasure's job is counted", func() bool {
		got = worker.metrics()
		return got[`canvass_projection_lag_events{projection="leads"}`] == 0 && got["canvass_log_position"] == 4 && got[`canvass_job_seconds_count{kind="shred",outcome="ok"}`] == 1
	})
	if got[`canvass_projection_lag_seconds{projection="leads"}`] != 0 || got[`canvass_parked_events{projection="notes"}`] != 1 || got[`canvass_follower_handler_execution_time_seconds_count{handler_name="leads",success="true"}`] < 1 {
		t.Errorf("the worker tells %v", got)
	}
	documented := read(t, "../../docs/operations.md")
	for name := range got {
		family, _, _ := strings.Cut(name, "{")
		if base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(family, "_bucket"), "_sum"), "_count"); strings.HasPrefix(base, "canvass_") && !strings.Contains(documented, base) {
			t.Errorf("docs/operations.md does not name %s", base)
		}
		for _, mark := range []string{"ada", "people.example", last.ID, s.token} {
			if strings.Contains(strings.ToLower(name), mark) {
				t.Errorf("a metric holds %s: %s", mark, name)
			}
		}
	}
}

// The private address tells how a process is that serves nothing else, and is no part
// of the API.
func TestPrivateAddress(t *testing.T) {
	t.Parallel()
	s := dev(t, dataDir(t))
	private := s.operators()
	for path, want := range map[string]int{"/health/live": 200, "/health/ready": 200, "/debug/pprof/": 200, "/debug/pprof/heap": 200, "/debug/pprof/cmdline": 200, "/v1/leads": 404} {
		if status, body := get(t, private+path); status != want {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/heap"} {
		s.ask(t, "GET", path, "", 404)
	}
	taken := strings.TrimPrefix(private, "http://")
	got := command(t, []string{"PORT=0", "PRIVATE_ADDR=" + taken, "DATA_DIR=" + dataDir(t)}, "dev")
	if got.code != 1 || !strings.Contains(got.err, "PRIVATE_ADDR "+taken) {
		t.Errorf("an address in use: %d %q", got.code, got.err)
	}
}
