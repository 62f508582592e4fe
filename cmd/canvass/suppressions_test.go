package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	apphttp "github.com/canvass-hq/canvass/http"
)

// TestSuppressionFiles takes a list from one organization to another by the command line.
func TestSuppressionFiles(t *testing.T) {
	t.Parallel()
	s := dev(t, dataDir(t))
	dir := t.TempDir()
	list, out := filepath.Join(dir, "list.txt"), filepath.Join(dir, "out.csv")
	if err := os.WriteFile(list, []byte("ada@people.example\nnobody\nGrace@people.example\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := command(t, s.settings, "suppressions", "import", list); got.code != 1 || !strings.Contains(got.err, "line 2: email is not an address") {
		t.Errorf("a faulty line: %d %q", got.code, got.err)
	}
	if got := command(t, s.settings, "suppressions", "import", list, "--skip-faulty", "--reason", "requested").ok(t); !strings.Contains(got.out, "2 addresses are suppressed; of 3 lines 1 were faulty") || !strings.Contains(got.err, "line 2: email") {
		t.Errorf("it says %q, %q", got.out, got.err)
	}
	eventually(t, "the list is taken out", func() bool {
		command(t, s.settings, "suppressions", "export", out).ok(t)
		text, err := os.ReadFile(out)
		return err == nil && strings.Count(string(text), ",all,requested,member,") == 2
	})
	token := strings.TrimSpace(command(t, s.settings, "token", "--role", "admin", "--org", uuid.NewString()).ok(t).out)
	other := append([]string{"CANVASS_TOKEN=" + token}, s.settings...)
	if got := parse[apphttp.SuppressionsImported](t, command(t, other, "suppressions", "import", out, "--json").ok(t).out); got.Addresses != 2 || got.Lines != 2 {
		t.Errorf("elsewhere %+v", got)
	}
	if got := command(t, other, "suppressions", "export").ok(t); !strings.Contains(got.out, "id,email,scope,reason,by,at,note\n") {
		t.Errorf("on the terminal it is %q", got.out)
	}
}
