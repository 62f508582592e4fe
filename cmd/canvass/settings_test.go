package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/eventstore"
)

// Every fault of the settings is named at once, and none with its value.
func TestBadSettings(t *testing.T) {
	t.Parallel()
	const secret = "hunter2secret"
	bad := map[string]string{
		"PORT": "http", "DATABASE_URL": "mysql://u:" + secret + "@h/db", "MIGRATE_DATABASE_URL": "postgres://u:" + secret + "@h:port/db", "KEYS_DATABASE_URL": secret,
		"REDIS_URL": "http://:" + secret + "@h", "CANVASS_POSTGRES": "docker-" + secret, "MASTER_KEY": secret, "CANVASS_URL": "ftp://" + secret, "PRIVATE_ADDR": secret, "LOG_FORMAT": secret, "OPS_ORG": secret, "OTEL_EXPORTER_OTLP_ENDPOINT": "ftp://" + secret, "OTEL_TRACES_SAMPLER_ARG": secret, "OTEL_EXPORTER_OTLP_HEADERS": secret, "SENTRY_DSN": "https://" + secret, "LOG_LEVEL": "loud-" + secret,
		"RATE_LIMITS": secret + "=1/s,read=" + secret, "TRUSTED_PROXIES": "10.0.0.0/8," + secret,
	}
	var environ []string
	for name, value := range bad {
		environ = append(environ, name+"="+value)
	}
	_, err := LoadConfig(environ)
	if err == nil {
		t.Fatal("bad settings were taken")
	}
	for name := range bad {
		if strings.Count(err.Error(), "\n  "+name+": ") != 1 {
			t.Errorf("%s is not named once in\n%v", name, err)
		}
	}
	if strings.Contains(err.Error(), secret) {
		t.Errorf("a value is told: %v", err)
	}
	for _, port := range []string{"-1", "65536", "99999999999"} {
		if _, err := LoadConfig([]string{"PORT=" + port}); err == nil || !strings.Contains(err.Error(), "PORT: ") {
			t.Errorf("PORT %s: %v", port, err)
		}
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	c, err := LoadConfig(nil)
	if err != nil || c.Port != 8000 || !filepath.IsAbs(c.DataDir) || filepath.Base(c.DataDir) != ".canvass" || c.Postgres != "auto" || c.LogLevel != 0 {
		t.Errorf("the defaults are %+v, %v", c, err)
	}
	key := eventstore.NewMasterKey()
	c, err = LoadConfig([]string{"PORT=0", "DATABASE_URL=postgres://a@b/c", "MASTER_KEY=2:" + key + ",1:" + key, "LOG_LEVEL=warn", "REDIS_URL=rediss://h", "CANVASS_POSTGRES=npm", "DATA_DIR=/x/../y"})
	if err != nil || c.Port != 0 || c.keysURL() != "postgres://a@b/c" || c.DataDir != "/y" || c.LogLevel != 4 {
		t.Errorf("the settings are read as %+v, %v", c, err)
	}
	c, err = LoadConfig([]string{"DATABASE_URL=postgres://a@b/c", "KEYS_DATABASE_URL=postgresql://k@b/c"})
	if err != nil || c.keysURL() != "postgresql://k@b/c" {
		t.Errorf("the keys are at %q, %v", c.keysURL(), err)
	}
}

// Networks are read whole, with addresses among them.
func TestTrustedProxies(t *testing.T) {
	t.Parallel()
	c, err := LoadConfig([]string{"TRUSTED_PROXIES=10.1.2.3/8, 192.0.2.7,2001:db8::1,", "RATE_LIMITS=read=5/s"})
	if got, ok := c.trustedProxies(); err != nil || !ok || strings.Join(got, " ") != "10.0.0.0/8 192.0.2.7/32 2001:db8::1/128" {
		t.Errorf("%v, %v", got, err)
	}
}

// .env is read from where the program stands, and the environment is above it.
func TestDotEnv(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, port, want string }{
		"the file":         {"PORT=http\n", "", "PORT: "},
		"the environment":  {"PORT=1\n", "http", "PORT: "},
		"a file of no use": {"PORT=\"hunter2secret\n", "", ".env cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := launchIn(t, c.file, c.port)
			if p.code != 1 || !strings.Contains(p.err, c.want) || strings.Contains(p.err, "hunter2secret") {
				t.Errorf("%d %q", p.code, p.err)
			}
		})
	}
}

func launchIn(t *testing.T, dotenv, port string) result {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte(dotenv), 0o600); err != nil {
		t.Fatal(err)
	}
	var settings []string
	if port != "" {
		settings = []string{"PORT=" + port}
	}
	p := launchAt(t, dir, settings, "version")
	<-p.done
	return result{p.out.String(), p.err.String(), p.cmd.ProcessState.ExitCode()}
}

// A refusal of the command line is one sentence on the error stream, and exit code 1.
func TestRefusedStarts(t *testing.T) {
	t.Parallel()
	key := "MASTER_KEY=" + eventstore.NewMasterKey()
	nowhere := "DATABASE_URL=postgres://u:hunter2secret@127.0.0.1:1/db"
	for name, c := range map[string]struct {
		settings []string
		args     string
		want     string
	}{
		"serve without a database":         {[]string{key}, "serve", "DATABASE_URL is not set"},
		"worker without a database":        {[]string{key}, "worker", "DATABASE_URL is not set"},
		"migrate without a database":       {nil, "migrate", "DATABASE_URL is not set"},
		"serve without a master key":       {[]string{nowhere}, "serve", "MASTER_KEY"},
		"worker without a master key":      {[]string{nowhere}, "worker", "MASTER_KEY"},
		"serve on a database that is away": {[]string{nowhere, key}, "serve", "cannot be reached"},
		"migrate one that is away":         {[]string{nowhere}, "migrate", "connect"},
		"an unknown command":               {nil, "fly", "fly"},
		"an unknown flag":                  {nil, "dev --fast", "--fast"},
		"an unknown flag of a command":     {nil, "events --frm 1", "--frm"},
		"a flag without its value":         {nil, "events --from", "--from"},
		"nothing":                          {nil, "", "expected one of"},
		"an argument too many":             {nil, "dev now", "now"},
		"a missing argument":               {nil, "rebuild", "<name>"},
		"a bad setting":                    {[]string{"PORT=x", "REDIS_URL=x"}, "dev", "REDIS_URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := command(t, append(c.settings, "DATA_DIR="+dataDir(t)), strings.Fields(c.args)...)
			if got.code != 1 || !strings.Contains(got.err, c.want) || !strings.HasPrefix(got.err, "canvass: ") {
				t.Errorf("exit code %d, it says %q, want %q", got.code, got.err, c.want)
			}
			if strings.Contains(got.err, "hunter2secret") || strings.Contains(got.err, "goroutine") {
				t.Errorf("it tells %q", got.err)
			}
		})
	}
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	got := command(t, []string{"PORT=" + port, "DATA_DIR=" + dataDir(t)}, "dev")
	if got.code != 1 || !strings.Contains(got.err, "PORT "+port) {
		t.Errorf("%d %q", got.code, got.err)
	}
}

// Every command explains itself, with an example.
func TestHelp(t *testing.T) {
	t.Parallel()
	help := command(t, nil, "--help").ok(t).out
	for name := range strings.FieldsSeq("dev serve worker migrate token mail events rebuild replay claims keys erase bench openapi catalogue version") {
		if !strings.Contains(help, "\n  "+name) {
			t.Errorf("--help does not list %s:\n%s", name, help)
		}
	}
	for _, args := range []string{
		"dev", "serve", "worker", "migrate", "token", "mail", "events", "rebuild", "replay", "claims verify", "claims rebuild", "keys new", "keys rotate", "erase", "openapi", "catalogue", "version",
	} {
		got := command(t, nil, append(strings.Fields(args), "--help")...).ok(t)
		if !strings.Contains(got.out, "canvass "+args) || !strings.Contains(got.out, "Example:") || got.err != "" {
			t.Errorf("%s --help shows no example:\n%s\n%s", args, got.out, got.err)
		}
	}
	if got := command(t, nil, "version").ok(t).out; !strings.HasPrefix(got, "canvass ") {
		t.Errorf("version says %q", got)
	}
	for args, want := range map[string]string{"openapi": `"openapi": "3.1.0"`, "catalogue": "`lead.captured`"} {
		if got := command(t, nil, args).ok(t); !strings.Contains(got.out, want) || got.out != command(t, nil, args).ok(t).out {
			t.Errorf("%s does not always print the same, with %s", args, want)
		}
	}
}
