package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/clients/postgres"
	"github.com/canvass-hq/canvass/eventstore"
)

// redisServer is a Redis that a test can kill.
type redisServer struct {
	dir string
	cmd *exec.Cmd
}

func (r *redisServer) url() string { return "unix://" + filepath.Join(r.dir, "redis.sock") }

func (r *redisServer) start(t *testing.T) {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("no redis-server on this machine")
	}
	r.cmd = exec.CommandContext(context.Background(), program, "--port", "0", "--unixsocket", filepath.Join(r.dir, "redis.sock"), "--dir", r.dir, "--save", "")
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
}

func (r *redisServer) kill() {
	_ = r.cmd.Process.Kill()
	_ = r.cmd.Wait()
}

// crowdAtWork asks a server side by side and keeps what it answered.
type crowdAtWork struct {
	server *server
	done   chan struct{}
	all    sync.WaitGroup

	mu       sync.Mutex
	accepted map[string]bool // by name
	unsure   map[string]bool // refused for the moment: whether it is written is to be asked again
	statuses map[int]int
	faults   []string
}

func atWork(s *server) *crowdAtWork {
	c := &crowdAtWork{server: s, done: make(chan struct{}), accepted: map[string]bool{}, unsure: map[string]bool{}, statuses: map[int]int{}}
	for w := range 6 {
		c.all.Go(func() { c.write(w) })
	}
	for _, path := range []string{"/v1/leads?limit=5", "/v1/leads?q=writer&limit=5", "/v1/events?limit=5", "/v1/companies"} {
		c.all.Go(func() {
			for n := 0; c.goesOn(); n++ {
				c.ask("GET", path, "", "")
			}
		})
	}
	return c
}

func (c *crowdAtWork) write(writer int) {
	for n := 0; c.goesOn(); n++ {
		name := fmt.Sprintf("writer %d number %d", writer, n)
		switch status := c.ask("POST", "/v1/leads", `{"name":"`+name+`"}`, name); status {
		case http.StatusCreated:
			c.mu.Lock()
			c.accepted[name] = true
			c.mu.Unlock()
		case http.StatusServiceUnavailable:
			c.mu.Lock()
			c.unsure[name] = true
			c.mu.Unlock()
		}
	}
}

func (c *crowdAtWork) goesOn() bool {
	select {
	case <-c.done:
		return false
	case <-time.After(5 * time.Millisecond):
		return true
	}
}

// ask notes every answer that is neither what was asked for nor a proper "not now".
func (c *crowdAtWork) ask(method, path, body, key string) int {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, c.server.url+path, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.server.token)
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		c.fault(fmt.Sprintf("%s %s: %v", method, path, err))
		return 0
	}
	defer func() { _ = res.Body.Close() }()
	answer, _ := io.ReadAll(res.Body)
	c.mu.Lock()
	c.statuses[res.StatusCode]++
	c.mu.Unlock()
	switch {
	case res.StatusCode < 300:
	case res.StatusCode != http.StatusServiceUnavailable:
		c.fault(fmt.Sprintf("%s %s: %d %s", method, path, res.StatusCode, answer))
	case res.Header.Get("Retry-After") == "":
		c.fault(fmt.Sprintf("%s %s: 503 does not say when to come again: %s", method, path, answer))
	}
	return res.StatusCode
}

func (c *crowdAtWork) fault(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = append(c.faults, text)
}

func (c *crowdAtWork) count() (accepted, refused int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.accepted), c.statuses[http.StatusServiceUnavailable]
}

// goOn waits until more writes were accepted.
func (c *crowdAtWork) goOn(t *testing.T, while string) {
	t.Helper()
	before, _ := c.count()
	eventually(t, "writes go on "+while, func() bool { now, _ := c.count(); return now >= before+100 })
}

// Redis and then Postgres are killed under load. Without Redis everything goes on;
// without Postgres everybody is told to come again, and nothing that was accepted is
// lost.
func TestOutages(t *testing.T) { //nolint:paralleltest // kills servers at work
	dir := dataDir(t)
	program(t) // skips under -short
	pg, err := postgres.Start(t.Context(), postgres.Config{Dir: filepath.Join(dir, "pg"), Durable: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pg.Stop(context.Background()) })
	if err := createDatabase(t.Context(), pg.URL()); err != nil {
		t.Fatal(err)
	}
	cache := &redisServer{dir: t.TempDir()}
	cache.start(t)
	t.Cleanup(func() { cache.kill() })
	settings := []string{"DATABASE_URL=" + pg.DatabaseURL(databaseName), "DATA_DIR=" + dir, "MASTER_KEY=" + eventstore.NewMasterKey(), "REDIS_URL=" + cache.url()}
	command(t, settings, "migrate").ok(t)
	worker := launch(t, settings, "worker")
	s := serve(t, settings)
	s.wellWithin(t)
	c := atWork(s)
	c.goOn(t, "at the start")

	cache.kill()
	eventually(t, "the loss of Redis is seen, and no reason to send traffic elsewhere", func() bool {
		status, body, err := s.try(t.Context(), "GET", "/health/ready", "")
		return err == nil && status == 200 && strings.Contains(body, `"redis":{"status":"down"`)
	})
	c.goOn(t, "without Redis")
	cache.start(t)
	s.wellWithin(t)
	if _, refused := c.count(); refused > 0 {
		t.Errorf("%d requests were refused while Redis was away", refused)
	}

	if err := pg.Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the server asks for no traffic without Postgres", func() bool {
		status, _, err := s.try(t.Context(), "GET", "/health/ready", "")
		return err == nil && status == 503
	})
	eventually(t, "requests are refused", func() bool { _, refused := c.count(); return refused > 50 })
	if err := pg.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.wellWithin(t)
	c.goOn(t, "when Postgres is back")
	close(c.done)
	c.all.Wait()

	for i, f := range c.faults {
		if i == 10 {
			t.Fatalf("and %d more", len(c.faults)-i)
		}
		t.Error(f)
	}
	t.Logf("answers by status: %v", c.statuses)
	everythingIsThere(t, s, c)
	for _, p := range []*process{s.process, worker} {
		if code := p.interrupt(); code != 0 {
			t.Errorf("exit code %d\n%s", code, p.err.String())
		}
	}
}

// everythingIsThere compares what was accepted with what is shown; what was refused is
// asked for again, and is there once then, whatever had become of it.
func everythingIsThere(t *testing.T, s *server, c *crowdAtWork) {
	t.Helper()
	for name := range c.unsure {
		s.ask(t, "POST", "/v1/leads", `{"name":"`+name+`"}`, 201, "Idempotency-Key", name)
		c.accepted[name] = true
	}
	last := s.capture(t, `{"name":"last"}`).Position
	seen := map[string]int{}
	eventually(t, "the worker has caught up", func() bool {
		status, _, err := s.try(t.Context(), "GET", "/v1/leads", "", "Canvass-Min-Position", strconv.FormatInt(last, 10))
		return err == nil && status == 200
	})
	for _, l := range s.leads(t, last) {
		seen[l.Name]++
	}
	delete(seen, "last")
	if len(seen) != len(c.accepted) {
		t.Errorf("%d leads are there, %d were accepted", len(seen), len(c.accepted))
	}
	for name := range c.accepted {
		if seen[name] != 1 {
			t.Fatalf("%s was accepted and is there %d times", name, seen[name])
		}
	}
	if body := s.ask(t, "GET", "/health/ready", "", 200); !strings.Contains(body, `"status":"ok","parts"`) {
		t.Errorf("in the end it says %s", body)
	}
}
