package http_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/suppression"
)

// takes reads the export, without its header.
func (m *member) takes(t testing.TB) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(m.fresh(t, "/v1/suppressions/export").wants(t, 200).body)).ReadAll()
	if err != nil || len(rows) == 0 || !slices.Equal(rows[0], suppression.Header()) {
		t.Fatalf("exported %v, %v", rows, err)
	}
	return rows[1:]
}

// TestSuppressionExport: one line for each scope of an address, and none for what was lifted.
func TestSuppressionExport(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Manager)
	if rows := m.takes(t); len(rows) != 0 {
		t.Errorf("of nobody %v", rows)
	}
	for _, body := range []string{`{"email":"lifted@people.example","reason":"manual"}`, `{"email":"ada@people.example","note":"=1+1"}`, `{"email":"ada@people.example","scope":"purpose:news","reason":"manual"}`} {
		m.ask(t, "POST", "/v1/suppressions", body)
	}
	m.ask(t, "POST", "/v1/suppressions/"+m.suppressed(t, "lifted@people.example")[0].ID+"/lift", `{"scope":"all","note":"x"}`).wants(t, 200)
	id, rows := m.suppressed(t, "ada@people.example")[0].ID, m.takes(t)
	if len(rows) != 2 {
		t.Fatalf("exported %v", rows)
	}
	for i, want := range []string{"all requested member '=1+1", "purpose:news manual member "} {
		if got := strings.Join([]string{rows[i][2], rows[i][3], rows[i][4], rows[i][6]}, " "); got != want || rows[i][0] != id || rows[i][1] != "ada@people.example" || len(rows[i][5]) != len("2026-11-23T12:00:00Z") {
			t.Errorf("line %d is %q", i, rows[i])
		}
	}
}

// TestSuppressionExportNeeds: a file needs all that it shows.
func TestSuppressionExportNeeds(t *testing.T) {
	t.Parallel()
	boss := shared(t).founder(t)
	boss.ask(t, "POST", "/v1/suppressions", `{"email":"ada.secret@people.example"}`).wants(t, 201)
	for scopes, code := range map[string]string{
		`"lead:export","pii:read"`: "access.denied", `"suppression:read","pii:read"`: "access.denied", `"lead:export","suppression:read"`: "access.masked", `"lead:export","suppression:read","pii:read"`: "",
	} {
		key, _ := boss.key(t, `{"name":"Files","scopes":[`+scopes+`]}`)
		got := key.fresh(t, "/v1/suppressions/export")
		if code == "" {
			got.wants(t, 200)
		} else if got.refuses(t, 403, code); strings.Contains(got.body, "secret") {
			t.Errorf("%s shows %s", scopes, got.body)
		}
	}
}
