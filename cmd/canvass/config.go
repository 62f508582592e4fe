package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/caarlos0/env/v11"
	"github.com/joho/godotenv"

	"github.com/canvass-hq/canvass/eventstore"
)

// Config is everything that the environment and .env may say.
type Config struct {
	// Port the API listens on. Default 8000; 0 takes a free one.
	Port int `env:"PORT" envDefault:"8000"`
	// DatabaseURL is the Postgres server of the log. Unset, dev runs a private one.
	DatabaseURL string `env:"DATABASE_URL"`
	// MigrateDatabaseURL is the same database as a user who may create roles and
	// schemas. Unset, DatabaseURL is used.
	MigrateDatabaseURL string `env:"MIGRATE_DATABASE_URL"`
	// KeysDatabaseURL is where the keys of sealed data are, best a server with short
	// backups of its own. Unset, the log's.
	KeysDatabaseURL string `env:"KEYS_DATABASE_URL"`
	// RedisURL is the Redis server. Unset, one runs in the process.
	RedisURL string `env:"REDIS_URL"`
	// RateLimits are quotas over the defaults, such as read=600/min:100,org-read=6000/min.
	RateLimits string `env:"RATE_LIMITS"`
	// TrustedProxies are the networks (CIDR or addresses, with commas between them) whose
	// X-Forwarded-For names the client. Unset, the connection does.
	TrustedProxies string `env:"TRUSTED_PROXIES"`
	// DataDir holds what dev keeps: the private Postgres, keys, the demo organization.
	DataDir string `env:"DATA_DIR" envDefault:".canvass"`
	// Postgres says where the programs of the private server come from: auto, system
	// or npm.
	Postgres string `env:"CANVASS_POSTGRES" envDefault:"auto"`
	// URL and Token are of the server that commands talk to. Unset, the dev server of
	// DataDir.
	URL   string `env:"CANVASS_URL"`
	Token string `env:"CANVASS_TOKEN"`
	// MasterKey wraps the keys of sealed data: base64 of 32 bytes, or several as
	// "2:<base64>,1:<base64>" while keys are rotated. Unset, DataDir/master.key.
	MasterKey string `env:"MASTER_KEY"`
	// SupabaseURL is the Supabase project whose users sign in, or a server of Supabase
	// Auth by itself. Unset, a local issuer of DataDir signs tokens (canvass token).
	SupabaseURL string `env:"SUPABASE_URL"`
	// SupabaseIssuer is what tokens say of who made them. Unset, what follows from
	// SupabaseURL.
	SupabaseIssuer string `env:"SUPABASE_ISSUER"`
	// SupabaseSecret is the project's secret for HS256 tokens. Unset, only signing keys
	// are trusted.
	SupabaseSecret string `env:"SUPABASE_JWT_SECRET"`
	// PublicURL is where the world finds the API. Unset, http://localhost:PORT.
	PublicURL string `env:"PUBLIC_URL"`
	// AppURL is where people find the web frontend, to which links in mails lead. Unset,
	// PublicURL.
	AppURL string `env:"APP_URL"`
	// Origins are the web frontends that may ask from the browser: origins such as
	// https://app.example.com, with commas between them. Unset, that of AppURL, and in dev
	// http://localhost:3000.
	Origins []string `env:"CORS_ORIGINS"`
	// Mail is by what mail goes out.
	Mail MailConfig
	// PrivateAddr is where metrics, profiles and the health of any process are served to
	// operators (host:port). Nobody is asked who they are, so it must not be reachable
	// from outside. Unset, serve and worker have none, and dev takes a free port of this
	// machine.
	PrivateAddr string `env:"PRIVATE_ADDR"`
	// OpsOrg is the organization whose Admins operate this installation: they see the
	// job queue. Unset, nobody does; dev takes its demo organization.
	OpsOrg string `env:"OPS_ORG"`
	// LogLevel is debug, info, warn or error. Default info.
	LogLevel slog.Level `env:"LOG_LEVEL" envDefault:"INFO"`
	// LogFormat is text, for people, or json, for machines. Default text.
	LogFormat string `env:"LOG_FORMAT" envDefault:"text"`
	// SentryDSN is where errors and panics are reported, by class and code. Unset,
	// nowhere.
	SentryDSN string `env:"SENTRY_DSN"`
	// TracesURL is an OTLP/HTTP collector, such as http://localhost:4318; TracesHeaders
	// (name=value, with commas between) go with what is sent to it. Unset, nothing is
	// traced. TracesShare of the traces are sent, 0 to 1, default all.
	TracesURL     string            `env:"OTEL_EXPORTER_OTLP_ENDPOINT"`
	TracesHeaders map[string]string `env:"OTEL_EXPORTER_OTLP_HEADERS" envKeyValSeparator:"="`
	TracesShare   float64           `env:"OTEL_TRACES_SAMPLER_ARG" envDefault:"1"`

	keepMail bool // instead of sending none (local)
}

// LoadConfig reads the environment over .env, and names every fault in one error.
func LoadConfig(environ []string) (Config, error) {
	vars, err := godotenv.Read()
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return Config{}, errors.New(".env cannot be read: a line is not NAME=value")
	}
	if vars == nil {
		vars = map[string]string{}
	}
	for _, v := range environ {
		if name, value, ok := strings.Cut(v, "="); ok {
			vars[name] = value
		}
	}
	var c Config
	var faults []string
	if err := env.ParseWithOptions(&c, env.Options{Environment: vars}); err != nil {
		if all, ok := errors.AsType[env.AggregateError](err); ok {
			for _, e := range all.Errors {
				faults = append(faults, settingFault(e))
			}
		} else {
			faults = append(faults, err.Error())
		}
	}
	faults = append(faults, c.faults()...)
	if len(faults) > 0 {
		return c, fmt.Errorf("the settings do not fit:\n  %s", strings.Join(faults, "\n  "))
	}
	if c.DataDir, err = filepath.Abs(c.DataDir); err != nil {
		return c, err
	}
	return c, nil
}

// settingFault names a setting that cannot be read, without its value.
func settingFault(err error) string {
	if parse, ok := errors.AsType[env.ParseError](err); ok {
		for name, field := range map[string]string{
			"PORT": "Port", "LOG_LEVEL": "LogLevel", "OTEL_TRACES_SAMPLER_ARG": "TracesShare", "OTEL_EXPORTER_OTLP_HEADERS": "TracesHeaders",
			"SMTP_PORT": "SMTPPort",
		} {
			if parse.Name == field {
				return name + ": cannot be read as " + parse.Type.String()
			}
		}
		return parse.Name + ": cannot be read"
	}
	return err.Error()
}

func (c Config) faults() []string {
	var out []string
	if c.Port < 0 || c.Port > 65535 {
		out = append(out, "PORT: is not a port (0 to 65535)")
	}
	for name, v := range map[string]string{"DATABASE_URL": c.DatabaseURL, "MIGRATE_DATABASE_URL": c.MigrateDatabaseURL, "KEYS_DATABASE_URL": c.KeysDatabaseURL} {
		if u, err := url.Parse(v); v != "" && (err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql") {
			out = append(out, name+": is not a postgres:// URL")
		}
	}
	if u, err := url.Parse(c.RedisURL); c.RedisURL != "" && (err != nil || u.Scheme != "redis" && u.Scheme != "rediss" && u.Scheme != "unix") {
		out = append(out, "REDIS_URL: is not a redis:// URL")
	}
	out = append(out, c.limitFaults()...)
	switch c.Postgres {
	case "auto", "system", "npm":
	default:
		out = append(out, "CANVASS_POSTGRES: is none of auto, system, npm")
	}
	if c.MasterKey != "" {
		if _, err := eventstore.NewMaster(func() (string, error) { return c.MasterKey, nil }); err != nil {
			out = append(out, "MASTER_KEY: "+err.Error())
		}
	}
	out = append(out, c.identityFaults()...)
	out = append(out, c.Mail.faults()...)
	if u, err := url.Parse(c.URL); c.URL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https") {
		out = append(out, "CANVASS_URL: is not an http:// URL")
	}
	return append(out, c.operatorFaults()...)
}

// keysURL is where the keys are.
func (c Config) keysURL() string {
	return cmp.Or(c.KeysDatabaseURL, c.DatabaseURL)
}
