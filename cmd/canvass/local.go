package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/clients/postgres"
	"github.com/canvass-hq/canvass/eventstore"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/migrations"
)

// The files of DATA_DIR.
const (
	masterKeyFile    = "master.key"   // wraps the keys of sealed data
	tokenKeyFile     = "token.key"    // signs access tokens
	organizationFile = "organization" // id of the demo organization
	serverFile       = "server.json"  // where the running dev server listens
	postgresDir      = "postgres"     // the private server
	mailDir          = "mail"         // what would have been sent
	databaseName     = "canvass"
)

func (c Config) file(name string) string { return filepath.Join(c.DataDir, name) }

// made gives the content of a file of DATA_DIR, and makes it where it is missing. Two
// processes that do so at once agree on one.
func (c Config) made(name string, fresh func() ([]byte, error)) ([]byte, error) {
	data, err := os.ReadFile(c.file(name))
	if err == nil || !errors.Is(err, os.ErrNotExist) {
		return data, err
	}
	if err := os.MkdirAll(c.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("make DATA_DIR: %w", err)
	}
	if data, err = fresh(); err != nil {
		return nil, err
	}
	draft, err := os.CreateTemp(c.DataDir, name+".*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(draft.Name()) }()
	_, err = draft.Write(data)
	if err := errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(draft.Name(), c.file(name)); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, err
	}
	return os.ReadFile(c.file(name))
}

var errNoMasterKey = errors.New("there is no master key: set MASTER_KEY (canvass keys new makes one); without it nothing that is sealed can be read, so keep it safe")

// masterKey reads the master keys: of the environment, else of DATA_DIR.
func (c Config) masterKey() (string, error) {
	if c.MasterKey != "" {
		return c.MasterKey, nil
	}
	data, err := os.ReadFile(c.file(masterKeyFile))
	if errors.Is(err, os.ErrNotExist) {
		return "", errNoMasterKey
	}
	return string(data), err
}

// makeMasterKey makes DATA_DIR/master.key where there is none.
func (c Config) makeMasterKey() error {
	if c.MasterKey != "" {
		return nil
	}
	_, err := c.made(masterKeyFile, func() ([]byte, error) { return []byte("1:" + eventstore.NewMasterKey() + "\n"), nil })
	return err
}

func (c Config) issuer() (*apphttp.Issuer, error) {
	key, err := c.made(tokenKeyFile, apphttp.NewIssuerKey)
	if err != nil {
		return nil, err
	}
	return apphttp.OpenIssuer(key)
}

// demo is the id of the organization that dev makes.
func (c Config) demo() (string, error) {
	id, err := c.made(organizationFile, func() ([]byte, error) { return []byte(uuid.Must(uuid.NewV7()).String() + "\n"), nil })
	return strings.TrimSpace(string(id)), err
}

// running is where the dev server of DATA_DIR listens.
type running struct {
	URL string `json:"url"`
	PID int    `json:"pid"`
}

func (c Config) noteRunning(url string) error {
	data, err := json.Marshal(running{url, os.Getpid()})
	if err != nil {
		return err
	}
	return os.WriteFile(c.file(serverFile), data, 0o600)
}

// database gives the configuration a database: the one it names, the private one that
// runs in DATA_DIR, or that one started for as long as it is needed.
func (c Config) database(ctx context.Context, log *slog.Logger, notice func(string)) (Config, func(), error) {
	if c.DatabaseURL != "" {
		return c, func() {}, nil
	}
	if url, ok := postgres.Running(c.file(postgresDir)); ok {
		c.DatabaseURL = withDatabase(url)
		return c, func() {}, nil
	}
	return c.ownDatabase(ctx, log, notice)
}

// ownDatabase is database for a process that other commands lean on: what runs in
// DATA_DIR already belongs to another process, or to one that was killed and is on
// its way down, and must not be leant on.
func (c Config) ownDatabase(ctx context.Context, log *slog.Logger, notice func(string)) (Config, func(), error) {
	if c.DatabaseURL != "" {
		return c, func() {}, nil
	}
	server, err := postgres.Start(ctx, postgres.Config{Dir: c.file(postgresDir), Binaries: c.Postgres, Durable: true, Log: log, Notice: notice})
	if err != nil {
		return c, nil, err
	}
	stop := func() {
		if err := server.Stop(context.WithoutCancel(ctx)); err != nil {
			log.Warn("the private Postgres did not stop cleanly", "fault", err)
		}
	}
	if err := createDatabase(ctx, server.URL()); err != nil {
		stop()
		return c, nil, err
	}
	c.DatabaseURL = server.DatabaseURL(databaseName)
	return c, stop, nil
}

func createDatabase(ctx context.Context, url string) (err error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	var there bool
	if err := conn.QueryRow(ctx, `select exists (select from pg_database where datname = $1)`, databaseName).Scan(&there); err != nil || there {
		return err
	}
	_, err = conn.Exec(ctx, "create database "+databaseName)
	return err
}

// migrated brings the database of the configuration to the shape of this release.
func (c Config) migrated(ctx context.Context, log *slog.Logger) error {
	url := cmp.Or(c.MigrateDatabaseURL, c.DatabaseURL)
	return migrations.Up(ctx, url, cmp.Or(c.KeysDatabaseURL, url), log)
}
