package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/projections"
)

// The commands that work on a running server, on one server.
func TestCommands(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	s := dev(t, dir)
	first := s.capture(t, `{"name":"Ada","email":"ada@people.example"}`)
	second := s.capture(t, `{"name":"Bob","email":"bob@people.example"}`)
	s.ask(t, "POST", "/v1/leads/"+first.ID+"/archive", "", 200)
	last := s.capture(t, `{"name":"Cid"}`)
	s.leads(t, last.Position)

	t.Run("events", func(t *testing.T) { eventsShown(t, s, first.ID, last.Position) })
	t.Run("follow", func(t *testing.T) { followed(t, s) })
	t.Run("token", func(t *testing.T) { tokens(t, s) }) // what it is refused is a fact by and by
	t.Run("rebuild", func(t *testing.T) {
		before := s.leads(t, last.Position)
		for _, name := range []string{"leads", "event_index"} {
			if got := command(t, s.settings, "rebuild", name).ok(t); !strings.Contains(got.out, "rebuilt: "+name) {
				t.Errorf("it says %q", got.out)
			}
		}
		if after := s.leads(t, last.Position); !reflect.DeepEqual(before, after) {
			t.Errorf("rows differ:\n%v\n%v", before, after)
		}
		if got := command(t, s.settings, "rebuild", "nothing"); got.code != 1 || !strings.Contains(got.err, "leads") {
			t.Errorf("an unknown projection: %d %q", got.code, got.err)
		}
	})
	t.Run("replay", func(t *testing.T) {
		if got := command(t, s.settings, "replay", "leads").ok(t); !strings.Contains(got.out, "replayed: 0 facts") {
			t.Errorf("it says %q", got.out)
		}
		command(t, s.settings, "replay", "--list", "leads").ok(t)
		for _, name := range []string{"eraser", "relay"} {
			command(t, s.settings, "replay", name).ok(t)
		}
		if got := command(t, s.settings, "replay", "nothing"); got.code != 1 || !strings.Contains(got.err, "eraser") {
			t.Errorf("an unknown follower: %d %q", got.code, got.err)
		}
	})
	t.Run("claims", func(t *testing.T) {
		if got := command(t, s.settings, "claims", "verify").ok(t); !strings.Contains(got.out, "2 held, 0 missing, 0 too many") {
			t.Errorf("it says %q", got.out)
		}
		command(t, s.settings, "claims", "rebuild").ok(t)
		s.ask(t, "POST", "/v1/leads", `{"email":"bob@people.example"}`, 409)
	})
	t.Run("keys", func(t *testing.T) { keysRotated(t, s, dir, second.ID) })
	t.Run("erase", func(t *testing.T) { erasedByCommand(t, s, second.ID) })
	t.Run("unreachable", func(t *testing.T) {
		got := command(t, []string{"DATA_DIR=" + dir, "CANVASS_URL=http://127.0.0.1:1"}, "events")
		if got.code != 1 || !strings.Contains(got.err, "cannot be reached") {
			t.Errorf("%d %q", got.code, got.err)
		}
	})
	s.interrupt()
	t.Run("maintenance of a stopped server", func(t *testing.T) {
		command(t, s.settings, "claims", "verify").ok(t)
		command(t, s.settings, "rebuild", "leads").ok(t)
		if got := command(t, s.settings, "events"); got.code != 1 || !strings.Contains(got.err, "canvass dev") {
			t.Errorf("events of no server: %d %q", got.code, got.err)
		}
	})
}

func tokens(t *testing.T, s *server) {
	t.Helper()
	for role, want := range map[string]int{"admin": 200, "manager": 200, "user": 403, "api": 200} {
		token := strings.TrimSpace(command(t, s.settings, "token", "--role", role, "--ttl", "5m").ok(t).out)
		if status, body, err := s.try(t.Context(), "GET", "/v1/events", "", "Authorization", "Bearer "+token); err != nil || status != want {
			t.Errorf("%s: %d %s %v", role, status, body, err)
		}
	}
	org, user := uuid.NewString(), uuid.NewString()
	token := strings.TrimSpace(command(t, s.settings, "token", "--role", "user", "--org", org, "--user", user).ok(t).out)
	if _, body, err := s.try(t.Context(), "GET", "/v1/leads", "", "Authorization", "Bearer "+token); err != nil || !strings.Contains(body, `"items":[]`) {
		t.Errorf("another organization sees %s %v", body, err)
	}
	for _, args := range [][]string{{"--role", "root"}, {"--role", "admin", "--org", "acme"}, {"--role", "admin", "--user", "me"}, {"--role", "admin", "--ttl", "-1h"}, {"--role", "admin", "--ttl", "soon"}, {}} {
		if got := command(t, s.settings, append([]string{"token"}, args...)...); got.code != 1 || got.out != "" || got.err == "" {
			t.Errorf("token %v: %d %q %q", args, got.code, got.out, got.err)
		}
	}
}

func eventsShown(t *testing.T, s *server, lead string, last int64) {
	t.Helper()
	for _, c := range []struct {
		args string
		want int
	}{
		{"", 6}, {"--from 4", 3}, {"--from 7", 0}, {"--type lead.captured", 3}, {"--type nothing", 0}, {"--stream " + lead, 2}, {"--stream " + lead + " --type lead.archived --from 4", 1},
	} {
		args := append([]string{"events"}, strings.Fields(c.args)...)
		shown := lines(command(t, s.settings, args...).ok(t).out)
		if head := min(1, c.want); len(shown) != c.want+head {
			t.Errorf("%v: %d lines, want %d and a head:\n%s", args, len(shown), c.want, strings.Join(shown, "\n"))
		}
		shown = lines(command(t, s.settings, append(args, "--format", "ndjson")...).ok(t).out)
		if len(shown) != c.want {
			t.Errorf("%v as ndjson: %d lines, want %d", args, len(shown), c.want)
		}
		for _, l := range shown {
			if e := parse[projections.Event](t, l); e.Position < 1 || e.Position > last || e.Type == "" || !json.Valid(e.Data) {
				t.Errorf("a line reads %s", l)
			}
		}
	}
	for _, args := range []string{"--from 0", "--from x", "--format xml", "--stream me"} {
		if got := command(t, s.settings, append([]string{"events"}, strings.Fields(args)...)...); got.code != 1 || got.err == "" {
			t.Errorf("events %s: %d %q", args, got.code, got.err)
		}
	}
}

// What follows is shown as it comes, in order, and Ctrl-C ends it well.
func followed(t *testing.T, s *server) {
	t.Helper()
	p := launch(t, s.settings, "events", "--follow", "--format", "ndjson", "--from", "4", "--type", "lead.captured")
	p.says(`"position":6`)
	added := s.capture(t, `{"name":"Dan"}`)
	p.says(added.ID)
	if code := p.interrupt(); code != 0 {
		t.Errorf("exit code %d: %s", code, p.err.String())
	}
	var positions []int64
	for _, l := range lines(p.out.String()) {
		positions = append(positions, parse[projections.Event](t, l).Position)
	}
	if !slices.Equal(positions, []int64{4, 6, 7}) {
		t.Errorf("positions %v", positions)
	}
}

// Keys are wrapped anew while the server works; it goes on, and starts again.
func keysRotated(t *testing.T, s *server, dir, id string) {
	t.Helper()
	file := filepath.Join(dir, masterKeyFile)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := command(t, s.settings, "keys", "rotate").ok(t); !strings.Contains(got.out, "rotated: ") || strings.Contains(got.out, "rotated: 0 ") {
		t.Errorf("it says %q", got.out)
	}
	after, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(after), "2:") || strings.Contains(string(after), strings.TrimSpace(string(before))) || strings.Count(string(after), "\n") != 1 {
		t.Errorf("the file has %d lines: %v", strings.Count(string(after), "\n"), err)
	}
	s.ask(t, "PATCH", "/v1/leads/"+id, `{"title":"after the rotation"}`, 200)
	r := s.capture(t, `{"name":"Eve after the rotation"}`)
	if body := s.ask(t, "GET", "/v1/events?stream="+id, "", 200, "Canvass-Min-Position", "1"); !strings.Contains(body, "Bob") {
		t.Errorf("what was sealed before reads %s", body)
	}
	s.leads(t, r.Position)
	if key := strings.TrimSpace(command(t, nil, "keys", "new").ok(t).out); len(key) != 44 {
		t.Errorf("a new key is %d characters", len(key))
	}
}

func erasedByCommand(t *testing.T, s *server, id string) {
	t.Helper()
	if got := command(t, s.settings, "erase", "--lead", id); got.code != 1 || !strings.Contains(got.err, "--yes") {
		t.Errorf("without --yes: %d %q", got.code, got.err)
	}
	s.ask(t, "GET", "/v1/leads/"+id, "", 200)
	if got := command(t, s.settings, "erase", "--lead", id, "--yes").ok(t); !strings.Contains(got.out, id) {
		t.Errorf("it says %q", got.out)
	}
	eventually(t, "the key is destroyed", func() bool {
		return strings.Contains(s.ask(t, "GET", "/v1/events?stream="+id, "", 200), "lead.shredded")
	})
	for _, args := range [][]string{{"--lead", uuid.NewString(), "--yes"}, {"--lead", "../x", "--yes"}, {"--lead", "", "--yes"}, {"--yes"}} {
		if got := command(t, s.settings, append([]string{"erase"}, args...)...); got.code != 1 || got.err == "" {
			t.Errorf("erase %v: %d %q", args, got.code, got.err)
		}
	}
}
