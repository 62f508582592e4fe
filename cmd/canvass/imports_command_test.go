package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain/imports"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

// byCommand brings the same file in from a terminal.
func byCommand(t *testing.T, s *server, file string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := command(t, s.settings, "import", path).ok(t); !strings.Contains(got.out, "904 rows: 898 create, 0 update, 0 unchanged, 3 skip, 3 error, 0 refused") ||
		!strings.Contains(got.out, "Nothing was changed") || !strings.Contains(got.out, "line 903: ") {
		t.Errorf("without --yes it says\n%s", got.out)
	}
	if n := total(t, s, "/v1/leads"); n != 2 {
		t.Errorf("without --yes there are %d leads", n)
	}
	type end struct{ Rows, Created, Updated, Unchanged, Skipped, Errors int }
	for _, want := range []end{{Rows: 904, Created: 898, Skipped: 3, Errors: 3}, {Rows: 904, Skipped: 901, Errors: 3}} {
		if got := parse[end](t, command(t, s.settings, "import", path, "--yes", "--json").ok(t).out); got != want {
			t.Errorf("it ends with %+v, want %+v", got, want)
		}
	}
	byMapping(t, s)
	if got := command(t, s.settings, "import", filepath.Join(t.TempDir(), "nothing.csv")); got.code != 1 {
		t.Errorf("a file that is not there: %d %s", got.code, got.err)
	}
}

// byMapping brings a file in whose columns mean what was saved.
func byMapping(t *testing.T, s *server) {
	t.Helper()
	saved := parse[apphttp.Receipt](t, s.ask(t, "POST", "/v1/mappings",
		`{"name":"Odd lists","columns":[{"header":"A","field":"name"},{"header":"B","field":"city"}],"options":{"key":"company_name","on_duplicate":"create","source":"odd"}}`, 201))
	path := filepath.Join(t.TempDir(), "odd.csv")
	if err := os.WriteFile(path, []byte("A,B,Company\nZed,Oslo,Acme\nZed,Bergen,Acme\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the mapping is listed", func() bool { return total(t, s, "/v1/mappings") == 1 })
	type end struct {
		Import                 string
		Rows, Created, Skipped int
	}
	got := parse[end](t, command(t, s.settings, "import", path, "--mapping", "odd LISTS", "--yes", "--json").ok(t).out)
	shown := parse[projections.Import](t, s.ask(t, "GET", "/v1/imports/"+got.Import, "", 200))
	if got.Rows != 2 || got.Created != 2 || shown.Mapping != saved.ID || shown.Options.Source != "odd" || shown.Columns[2].Field != imports.FieldCompany {
		t.Errorf("by a mapping it ends with %+v: %+v", got, shown)
	}
	got = parse[end](t, command(t, s.settings, "import", path, "--mapping", "odd lists", "--on-duplicate", "skip", "--yes", "--json").ok(t).out)
	if got.Skipped != 2 {
		t.Errorf("with an option of its own it ends with %+v", got)
	}
	if got := command(t, s.settings, "import", path, "--mapping", "none"); got.code != 1 || !strings.Contains(got.err, "no mapping") {
		t.Errorf("a mapping that is not there: %d %s", got.code, got.err)
	}
}
