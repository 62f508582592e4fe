package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/canvass-hq/canvass/eventstore"
)

// settingNames are all that the program reads of the environment.
func settingNames() (out []string) {
	for _, t := range []reflect.Type{reflect.TypeFor[Config](), reflect.TypeFor[MailConfig]()} {
		for f := range t.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("env"), ",")
			if name != "" || f.IsExported() && f.Type != reflect.TypeFor[MailConfig]() {
				out = append(out, name)
			}
		}
	}
	return out
}

// Every setting stands in the table of docs/operations.md and in .env.example, and
// nothing else does.
func TestSettingsAreDocumented(t *testing.T) {
	t.Parallel()
	_, table, _ := strings.Cut(read(t, "../../docs/operations.md"), "\n## Configuration\n")
	table, _, _ = strings.Cut(table, "\n## ")
	var documented, exemplified []string
	for _, line := range lines(table) {
		if rest, ok := strings.CutPrefix(line, "| `"); ok {
			name, _, _ := strings.Cut(rest, "`")
			documented = append(documented, name)
		}
	}
	for _, line := range lines(read(t, "../../.env.example")) {
		if name, _, ok := strings.Cut(strings.TrimPrefix(line, "#"), "="); ok && !strings.HasPrefix(line, "# ") {
			exemplified = append(exemplified, name)
		}
	}
	want := append(settingNames(), "TEST_DATABASE_URL") // which the tests read
	for place, got := range map[string][]string{"docs/operations.md": documented, ".env.example": exemplified} {
		for _, name := range want {
			if !slices.Contains(got, name) {
				t.Errorf("%s is not in %s", name, place)
			}
		}
		for _, name := range got {
			if !slices.Contains(want, name) {
				t.Errorf("%s names %s, which nobody reads", place, name)
			}
		}
	}
}

type composeService struct {
	Build       string
	ReadOnly    bool     `yaml:"read_only"`
	CapDrop     []string `yaml:"cap_drop"`
	Restart     string
	Command     []string
	Ports       []string
	Environment map[string]string
	Healthcheck struct {
		Test    []string
		Disable bool
	}
	DependsOn map[string]struct{ Condition string } `yaml:"depends_on"`
}

// The services of docker-compose.yml start in a sane order, are looked after, and can be
// reached from this machine only.
func TestCompose(t *testing.T) {
	t.Parallel()
	var file struct{ Services map[string]composeService }
	if err := yaml.Unmarshal([]byte(read(t, "../../docker-compose.yml")), &file); err != nil {
		t.Fatal(err)
	}
	for name, s := range file.Services {
		ours, once := s.Build != "", s.Restart == "no"
		if once != s.Healthcheck.Disable || !ours && len(s.Healthcheck.Test) == 0 {
			t.Errorf("%s: is nobody's to look after", name)
		}
		if ours && (!s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || len(s.Command) == 0) {
			t.Errorf("%s: its container may do more than it needs: %+v", name, s)
		}
		for _, p := range s.Ports {
			if !strings.HasPrefix(p, "127.0.0.1:") {
				t.Errorf("%s: is open to the world at %s", name, p)
			}
		}
		for setting := range s.Environment {
			if ours && !slices.Contains(settingNames(), setting) {
				t.Errorf("%s: nobody reads %s", name, setting)
			}
		}
		for on, how := range s.DependsOn {
			want := "service_healthy"
			if file.Services[on].Restart == "no" {
				want = "service_completed_successfully"
			}
			if _, ok := file.Services[on]; !ok || how.Condition != want {
				t.Errorf("%s: waits for %s to be %s, want %s", name, on, how.Condition, want)
			}
		}
	}
	for name, needs := range map[string][]string{"migrate": {"postgres", "keys"}, "worker": {"migrate", "redis", "mailhog"}, "api": {"migrate", "redis", "worker"}} {
		for _, need := range needs {
			if _, ok := file.Services[name].DependsOn[need]; !ok {
				t.Errorf("%s does not wait for %s", name, need)
			}
		}
	}
	if exec.CommandContext(t.Context(), "docker", "compose", "version").Run() != nil {
		t.Log("docker compose is not on this machine: the file was read here only")
		return
	}
	if out, err := exec.CommandContext(t.Context(), "docker", "compose", "--file", "../../docker-compose.yml", "config", "--quiet").CombinedOutput(); err != nil {
		t.Errorf("docker compose config: %v\n%s", err, out)
	}
}

// Nothing in the program needs C, so that the program of the image is static.
func TestStatic(t *testing.T) {
	t.Parallel()
	list := exec.CommandContext(t.Context(), "go", "list", "-e", "-deps", "-f", "{{if .Incomplete}}{{.ImportPath}}: {{.Error}} {{.DepsErrors}}{{end}}", ".")
	list.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := list.CombinedOutput()
	if text := strings.TrimSpace(string(out)); err != nil || text != "" {
		t.Errorf("without C it does not build: %v %s", err, text)
	}
}

// Who asks of a process how it is, is told by the exit code too.
func TestHealthCommand(t *testing.T) {
	t.Parallel()
	settings := []string{"DATABASE_URL=" + database(t), "DATA_DIR=" + dataDir(t), "MASTER_KEY=" + eventstore.NewMasterKey()}
	command(t, settings, "migrate").ok(t)
	s := serve(t, append(settings, "PRIVATE_ADDR=127.0.0.1:0"))
	port := s.url[strings.LastIndex(s.url, ":")+1:]
	private := "PRIVATE_ADDR=" + strings.TrimPrefix(s.operators(), "http://")
	for _, where := range [][]string{{"PORT=" + port}, {private, "PORT=1"}} {
		if got := command(t, where, "health", "--live").ok(t); got.out != "ok\n" {
			t.Errorf("%v: it says %q", where, got.out)
		}
		if got := command(t, where, "health"); got.code != 1 || !strings.Contains(got.err, "projections: ") {
			t.Errorf("%v: without projections: %d %q", where, got.code, got.err)
		}
	}
	worker := launch(t, append(settings, "PRIVATE_ADDR=127.0.0.1:0"), "worker")
	s.wellWithin(t)
	command(t, []string{private}, "health").ok(t)
	command(t, []string{"PRIVATE_ADDR=" + strings.TrimPrefix(worker.operators(), "http://")}, "health").ok(t)
	if got := command(t, []string{"PORT=1"}, "health"); got.code != 1 || !strings.Contains(got.err, "cannot be reached") {
		t.Errorf("of nobody: %d %q", got.code, got.err)
	}
	for address, want := range map[string]string{":9090": "http://localhost:9090", "0.0.0.0:9": "http://localhost:9", "[::]:9": "http://localhost:9", "10.0.0.1:9": "http://10.0.0.1:9", "": "http://localhost:7"} {
		if got := (Config{PrivateAddr: address, Port: 7}).ownAddress(); got != want {
			t.Errorf("%q: %s", address, got)
		}
	}
}

// A master key is made once, and never beside one of the environment.
func TestKeysInit(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	command(t, []string{"DATA_DIR=" + dir, "MASTER_KEY=" + eventstore.NewMasterKey()}, "keys", "init").ok(t)
	if _, err := os.Stat(filepath.Join(dir, masterKeyFile)); !os.IsNotExist(err) {
		t.Errorf("a key was made beside MASTER_KEY: %v", err)
	}
	command(t, []string{"DATA_DIR=" + dir, "MASTER_KEY="}, "keys", "init").ok(t)
	first := read(t, filepath.Join(dir, masterKeyFile))
	command(t, []string{"DATA_DIR=" + dir}, "keys", "init").ok(t)
	if again := read(t, filepath.Join(dir, masterKeyFile)); again != first || !strings.HasPrefix(first, "1:") {
		t.Error("the key was made twice")
	}
}

// make audit never says that all is well when it could not look.
func TestAudit(t *testing.T) {
	t.Parallel()
	program(t) // skips under -short
	for name, c := range map[string]struct {
		says string
		code int
		want string
		well bool
	}{
		"nothing known": {"No vulnerabilities found.", 0, "nothing is known against", true},
		"a finding":     {"Vulnerability #1: GO-0000-0001", 3, "FAILED", false},
		"no database":   {"govulncheck: fetching vulnerabilities: dial tcp: no such host", 1, "could not be reached", false},
		"another fault": {"govulncheck: loading packages", 1, "govulncheck failed", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := filepath.Join(t.TempDir(), "govulncheck")
			if err := os.WriteFile(fake, fmt.Appendf(nil, "#!/bin/sh\necho '%s'\nexit %d\n", c.says, c.code), 0o700); err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), "make", "-C", "../..", "audit", "GOVULNCHECK="+fake).CombinedOutput()
			if (err == nil) != c.well || !strings.Contains(string(out), c.want) || !strings.Contains(string(out), c.says) {
				t.Errorf("%v: %s", err, out)
			}
			if !c.well && strings.Contains(string(out), "audit: nothing is known against") {
				t.Errorf("it pretends that all is well: %s", out)
			}
		})
	}
}
