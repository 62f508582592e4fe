package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/projections"
)

// pgRestore finds the programs of Postgres, which need not be on the path.
func pgRestore(t *testing.T) string {
	t.Helper()
	if program, err := exec.LookPath("pg_restore"); err == nil {
		return program
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_restore")
	if len(found) == 0 {
		t.Skip("no pg_dump and pg_restore on this machine")
	}
	return found[len(found)-1]
}

// backupScript runs docs/backup.sh with the programs of Postgres that are on the machine.
func backupScript(t *testing.T, settings []string, args ...string) string {
	t.Helper()
	out, err := runBackup(t, settings, args...)
	if err != nil {
		t.Fatalf("backup.sh %v: %v\n%s", args, err, out)
	}
	return out
}

func runBackup(t *testing.T, settings []string, args ...string) (string, error) {
	t.Helper()
	script, err := filepath.Abs("../../docs/backup.sh")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "bash", append([]string{script}, args...)...)
	cmd.Env, cmd.Dir = append(environment(settings), "PATH="+os.Getenv("PATH")+":"+filepath.Dir(pgRestore(t))), t.TempDir()
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// What is restored from a backup is what was backed up; and who has been erased since is
// not brought back.
func TestBackup(t *testing.T) {
	t.Parallel()
	for name, keysApart := range map[string]bool{"one database": false, "keys apart": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			backedUp(t, keysApart)
		})
	}
}

func backedUp(t *testing.T, keysApart bool) {
	t.Helper()
	common := []string{"DATA_DIR=" + dataDir(t), "MASTER_KEY=" + eventstore.NewMasterKey()}
	place := func() []string {
		out := append([]string{"DATABASE_URL=" + database(t)}, common...)
		if keysApart {
			out = append(out, "KEYS_DATABASE_URL="+database(t))
		}
		return out
	}
	settings := place()
	command(t, settings, "migrate").ok(t)
	worker := launch(t, settings, "worker")
	s := serve(t, settings)
	s.wellWithin(t)
	ada := s.capture(t, `{"name":"Ada Lovelace","email":"ada@people.example","custom":{"size":"7"}}`)
	bob := s.capture(t, `{"name":"Bob Babbage","email":"bob@people.example"}`)
	cid := s.capture(t, `{"name":"Cid Secretname","email":"cid@people.example"}`)
	s.ask(t, "POST", "/v1/leads/"+bob.ID+"/erase", "", 200)
	eventually(t, "Bob's key is destroyed", func() bool {
		return strings.Contains(s.ask(t, "GET", "/v1/events?stream="+bob.ID, "", 200), "lead.shredded")
	})
	head := s.capture(t, `{"name":"Last"}`).Position
	leads, facts := s.leads(t, head), s.facts(t, head)

	dir := filepath.Join(t.TempDir(), "backup")
	backupScript(t, settings, "backup", dir)
	s.ask(t, "POST", "/v1/leads/"+cid.ID+"/erase", "", 200) // after the backup
	eventually(t, "Cid's key is destroyed", func() bool {
		return strings.Contains(s.ask(t, "GET", "/v1/events?stream="+cid.ID, "", 200), "lead.shredded")
	})
	list := filepath.Join(t.TempDir(), "Ada's lists", "erasures.tsv")
	backupScript(t, settings, "erasures", list)
	for _, p := range []*process{s.process, worker} {
		p.interrupt()
	}
	keyless(t, dir)

	restored := place() // a server that knows nothing of Canvass
	broken := filepath.Join(t.TempDir(), "broken.tsv")
	if err := os.WriteFile(broken, []byte("no list\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{list + ".typo", broken} { // the restore that follows needs an empty database
		if said, err := runBackup(t, restored, "restore", dir, wrong); err == nil || !strings.Contains(said, "nothing has been restored") {
			t.Errorf("a list of erasures that is none: %v %s", err, said)
		}
	}
	said := backupScript(t, restored, "restore", dir, list)
	if !strings.Contains(said, cid.ID) || strings.Contains(said, bob.ID) || strings.Contains(said, ada.ID) {
		t.Errorf("the erasures to be repeated are %s", said)
	}
	command(t, restored, "migrate").ok(t)
	immutable(t, strings.TrimPrefix(restored[0], "DATABASE_URL="))
	launch(t, restored, "worker")
	s = serve(t, restored)
	s.wellWithin(t)
	sameButFor(t, s, cid.ID, leads, facts, head)

	command(t, append(restored, "CANVASS_URL="+s.url, "CANVASS_TOKEN="+s.token), "erase", "--lead", cid.ID, "--yes").ok(t)
	command(t, restored, "claims", "rebuild").ok(t) // what Cid's address was, nobody can read any more
	if next := s.capture(t, `{"name":"New","email":"cid@people.example"}`); next.Position < head+2 {
		t.Errorf("the log goes on at position %d, it ended at %d", next.Position, head)
	}
	if got := command(t, restored, "claims", "verify").ok(t); !strings.Contains(got.out, " 0 missing, 0 too many") {
		t.Errorf("the claims: %q", got.out)
	}
}

// keyless fails the test where the log's part of a backup holds keys, views or files.
func keyless(t *testing.T, dir string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), pgRestore(t), "--list", filepath.Join(dir, "log.dump")).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines(string(out)) {
		for _, schema := range []string{" keys ", "TABLE DATA read ", "TABLE DATA staging "} {
			if strings.Contains(line, schema) {
				t.Errorf("the log's part holds %s", line)
			}
		}
	}
	if !strings.Contains(string(out), "TABLE DATA es events_l0") || !strings.Contains(string(out), "TABLE DATA river river_job") {
		t.Errorf("the log's part holds no facts, or no jobs: %s", out)
	}
}

// immutable fails the test unless the restored log refuses every change, as ever.
func immutable(t *testing.T, url string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	for _, statement := range []string{"update es.events set data = '{}'", "delete from es.events_l0", "truncate es.events", "truncate es.events_l0"} {
		if _, err := conn.Exec(t.Context(), "set session_replication_role = replica; "+statement); err == nil || !strings.Contains(err.Error(), "immutable") {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

// sameButFor compares what a restored server shows with what was shown before; of the
// lead who has been erased since, nothing is to be read.
func sameButFor(t *testing.T, s *server, erased string, leads []projections.Lead, facts string, head int64) {
	t.Helper()
	got := s.leads(t, head)
	if len(got) != len(leads) {
		t.Fatalf("%d leads, there were %d", len(got), len(leads))
	}
	for i, l := range got {
		if l.ID != erased && !reflect.DeepEqual(l, leads[i]) {
			t.Errorf("a lead reads\n%+v, it read\n%+v", l, leads[i])
		}
	}
	var before, after struct{ Items []json.RawMessage }
	for text, into := range map[string]any{facts: &before, s.facts(t, head): &after} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Fatal(err)
		}
	}
	if len(before.Items) != len(after.Items) {
		t.Fatalf("%d facts, there were %d", len(after.Items), len(before.Items))
	}
	for i := range before.Items {
		if string(before.Items[i]) != string(after.Items[i]) && !strings.Contains(string(after.Items[i]), erased) {
			t.Errorf("a fact reads\n%s, it read\n%s", after.Items[i], before.Items[i])
		}
	}
	for _, path := range []string{"/v1/leads?archived=any", "/v1/events?limit=1000", "/v1/leads/" + erased, "/v1/leads?q=Secretname"} {
		if body := s.ask(t, "GET", path, "", 200); strings.Contains(body, "Secretname") || strings.Contains(body, "cid@people") {
			t.Errorf("%s shows somebody who is erased: %s", path, body)
		}
	}
}
