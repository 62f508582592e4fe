package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

// TestExportAndImport takes leads out from a terminal and brings the file into another
// organization without a question: it then has exactly those leads.
func TestExportAndImport(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	s := dev(t, dir)
	for i := range 40 {
		s.capture(t, fmt.Sprintf(`{"name":"=Ann %d","email":"ann%d@people.example","phone":"+44 20 7946 0%03d","country":"Germany","tags":["a;b","-vip"],"custom":{"tier":"+gold %d","since":"01/02/2026"},
			"emails":[{"address":"more%d@people.example"}],"external_ids":{"import":"C%d"},"title":"'-x","source":"web"}`, i, i, i, i, i, i))
	}
	last := s.capture(t, `{"name":"Bo"}`)
	s.leads(t, last.Position)
	path := filepath.Join(t.TempDir(), "people.csv")
	if got := command(t, s.settings, "export", "--out", path, "--filter", "not email is_empty").ok(t); got.out != "" || !strings.Contains(got.err, "40 leads") {
		t.Errorf("it says %q, %q", got.out, got.err)
	}
	if lines := lines(command(t, s.settings, "export", "--format", "ndjson").ok(t).out); len(lines) != 41 || parse[projections.Lead](t, lines[0]).Name != "Bo" {
		t.Errorf("on the terminal it is %d lines", len(lines))
	}

	token := strings.TrimSpace(command(t, s.settings, "token", "--role", "admin", "--org", uuid.NewString()).ok(t).out)
	other := append([]string{"CANVASS_TOKEN=" + token}, s.settings...)
	type end struct{ Rows, Created int }
	if got := parse[end](t, command(t, other, "import", path, "--yes", "--json").ok(t).out); got != (end{40, 40}) {
		t.Errorf("the import ends with %+v", got)
	}
	again := filepath.Join(t.TempDir(), "again.csv")
	eventually(t, "the same file is taken out there", func() bool {
		command(t, other, "export", "--out", again, "--archived", "any").ok(t)
		return sorted(t, again) == sorted(t, path)
	})
	if body := s.ask(t, "GET", "/v1/exports", "", 200); parse[apphttp.List[projections.Export]](t, body).Total.Value != 2 {
		t.Errorf("recorded is %s", body)
	}

	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--filter", "nothing eq 1"}, {"--columns", "nothing"}, {"--format", "xlsx"}, {"--out", filepath.Join(path, "x")}} {
		if got := command(t, s.settings, append([]string{"export", "--out", path}, args...)...); got.code != 1 || got.err == "" {
			t.Errorf("export %v: %d %q", args, got.code, got.err)
		}
	}
	cutOff(t, path)
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("a file that was there is another after a refusal: %v", err)
	}
	s.interrupt()
}

// sorted is a file's lines in an order of their own.
func sorted(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(slices.Sorted(slices.Values(lines(string(raw)))), "\n")
}

// cutOff exports from servers that break off, in the ways in which one can.
func cutOff(t *testing.T, path string) {
	t.Helper()
	for name, answer := range map[string]string{
		"before the end of the chunks": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Canvass-Rows\r\n\r\n5\r\nname\n\r\n",
		"as a proxy might end it":      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Canvass-Rows\r\n\r\n5\r\nname\n\r\n0\r\n\r\n",
	} {
		listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = conn.Write([]byte(answer))
			_ = conn.Close()
		}()
		got := command(t, []string{"CANVASS_URL=http://" + listener.Addr().String(), "CANVASS_TOKEN=x", "DATA_DIR=" + t.TempDir()}, "export", "--out", path)
		if got.code != 1 || !strings.Contains(got.err, "broke off") {
			t.Errorf("%s: %d %q", name, got.code, got.err)
		}
		if _, err := os.Stat(path + ".part"); err == nil {
			t.Errorf("%s: a part of the file is left", name)
		}
		_ = listener.Close()
	}
}
