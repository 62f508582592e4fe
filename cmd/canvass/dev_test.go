package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/clients/postgres"
	"github.com/canvass-hq/canvass/projections"
)

func TestDev(t *testing.T) {
	t.Parallel()
	one, two := dev(t, dataDir(t)), dev(t, dataDir(t)) // several copies, side by side
	a := one.capture(t, `{"name":"Ada"}`)
	b := two.capture(t, `{"name":"Bob"}`)
	if a.Position != 3 || b.Position != 3 {
		t.Errorf("the logs are not apart: %v, %v", a, b)
	}
	if status, _, err := two.try(t.Context(), "GET", "/v1/leads", "", "Authorization", "Bearer "+one.token); err != nil || status != 401 {
		t.Errorf("one's token at the other: %d %v", status, err)
	}
	for _, path := range []string{"/health", "/docs", "/openapi.json"} {
		one.ask(t, "GET", path, "", 200)
	}
	if body := one.ask(t, "POST", "/graphql", schemaQuery, 200); !strings.Contains(body, "companyName") {
		t.Errorf("GraphQL does not tell its schema: %s", body)
	}
	dir := strings.TrimPrefix(one.settings[0], "DATA_DIR=")
	for file, mode := range map[string]os.FileMode{"master.key": 0o600, "token.key": 0o600, "server.json": 0o600} {
		info, err := os.Stat(filepath.Join(dir, file))
		if err != nil || info.Mode().Perm()&^mode != 0 {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
	}
	// A second copy on the same data is told so, and the first goes on.
	again := command(t, append(one.settings, "PORT=0"), "dev")
	if again.code != 1 || !strings.Contains(again.err, postgres.ErrBusy.Error()) {
		t.Errorf("a second dev on one DATA_DIR: code %d\n%s", again.code, again.err)
	}
	one.capture(t, `{"name":"Cid"}`)
	eventually(t, "both facts are in the log's index, behind those of the organization", func() bool {
		return len(lines(command(t, one.settings, "events").ok(t).out)) == 5
	})
}

// schemaQuery asks GraphQL for its schema.
const schemaQuery = `{"query":"{ __type(name: \"Lead\") { fields { name } } }"}`

// Ctrl-C finishes the request in hand, and leaves nothing behind.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	s := dev(t, dataDir(t))
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	const body = `{"name":"Ada in flight"}`
	_, _ = fmt.Fprintf(conn, "POST /v1/leads HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", s.token, len(body))
	buffer := make([]byte, 4096)
	n, err := conn.Read(buffer) // "100 Continue": the handler waits for the body
	if err != nil || !bytes.Contains(buffer[:n], []byte("100 Continue")) {
		t.Fatalf("%q %v", buffer[:n], err)
	}
	stream := s.follow(t)
	ended := make(chan int, 1)
	go func() { ended <- s.interrupt() }()
	eventually(t, "the server takes no more connections", func() bool {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
		if err == nil {
			_ = c.Close()
		}
		return err != nil
	})
	_, _ = conn.Write([]byte(body))
	n, err = conn.Read(buffer)
	if err != nil || !bytes.Contains(buffer[:n], []byte("201 Created")) {
		t.Errorf("the request in flight: %q %v", buffer[:n], err)
	}
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d\n%s", code, s.err.String())
	}
	if err := <-stream; err != nil {
		t.Errorf("the stream does not end as if all had been said: %v", err)
	}
	dir := strings.TrimPrefix(s.settings[0], "DATA_DIR=")
	if _, ok := postgres.Running(filepath.Join(dir, postgresDir)); ok {
		t.Error("Postgres is still running")
	}
	if _, err := os.Stat(filepath.Join(dir, serverFile)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("server.json stays: %v", err)
	}
	if text := s.err.String(); strings.Contains(text, "level=ERROR") || strings.Contains(text, "level=WARN") {
		t.Errorf("a clean stop says\n%s", text)
	}
}

// follow opens a stream of facts, and tells how it ends.
func (s *server) follow(t *testing.T) <-chan error {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/v1/events/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	res, err := http.DefaultClient.Do(r) //nolint:bodyclose // closed where its end is read
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, res.Body)
		ended <- errors.Join(err, res.Body.Close())
	}()
	return ended
}

// Whatever was acknowledged is there after the whole process was killed under load,
// once; and what was not can be asked for again under the same key.
func TestKilledUnderLoad(t *testing.T) { //nolint:paralleltest // kills a process at work
	dir := dataDir(t)
	acknowledged := map[string]bool{}
	for round := range 3 {
		s := dev(t, dir)
		known, unsure := s.load(t, round)
		for _, name := range known {
			acknowledged[name] = true
		}
		s = dev(t, dir)
		for _, name := range unsure {
			s.ask(t, "POST", "/v1/leads", `{"name":"`+name+`"}`, 201, "Idempotency-Key", name)
			acknowledged[name] = true
		}
		last := s.capture(t, `{"name":"last"}`).Position
		seen := map[string]int{}
		for _, l := range s.leads(t, last) {
			seen[l.Name]++
		}
		delete(seen, "last")
		for name := range acknowledged {
			if seen[name] != 1 {
				t.Fatalf("round %d: %s was acknowledged and is there %d times", round, name, seen[name])
			}
		}
		if len(seen) != len(acknowledged) {
			t.Errorf("round %d: %d leads, %d acknowledged", round, len(seen), len(acknowledged))
		}
		facts := all[projections.Event](t, s, "/v1/events?limit=1000", "Canvass-Min-Position", strconv.FormatInt(last, 10))
		if int64(len(facts)) != last {
			t.Errorf("round %d: %d facts up to position %d", round, len(facts), last)
		}
		s.kill()
	}
	dev(t, dir).interrupt() // the server that the last kill has left ends before its data is removed
}

// load writes side by side, and kills the server amid it. It tells what was
// acknowledged, and what it heard nothing of.
func (s *server) load(t *testing.T, round int) (acknowledged, unsure []string) {
	t.Helper()
	var mu sync.Mutex
	var writers sync.WaitGroup
	enough := make(chan struct{})
	for w := range 8 {
		writers.Go(func() {
			for n := 0; ; n++ {
				name := fmt.Sprintf("Ada %d of %d in %d", n, w, round)
				status, _, err := s.try(context.Background(), "POST", "/v1/leads", `{"name":"`+name+`"}`, "Idempotency-Key", name)
				mu.Lock()
				if err == nil && status == 201 {
					if acknowledged = append(acknowledged, name); len(acknowledged) == 100 {
						close(enough)
					}
				} else {
					unsure = append(unsure, name)
				}
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	<-enough
	s.kill()
	writers.Wait()
	return acknowledged, unsure
}

// The private server keeps what is committed, through a power cut too, which no test
// can make.
func TestDevIsDurable(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	dev(t, dir)
	url, ok := postgres.Running(filepath.Join(dir, postgresDir))
	if !ok {
		t.Fatal("Postgres does not run")
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	for _, setting := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		var value string
		if err := conn.QueryRow(t.Context(), "show "+setting).Scan(&value); err != nil || value != "on" {
			t.Errorf("%s is %q: %v", setting, value, err)
		}
	}
}
