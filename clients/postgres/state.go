package postgres

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	admin      = "canvass_admin"
	socketPort = "5432" // only names the socket's file: nothing listens on a port
	stateFile  = "postgres.json"
	logFile    = "postgres.log"
	dataDir    = "data"
)

// state is what a process must know to reach the cluster of a directory. Only
// its owner may read it, since it holds the administrator's password.
type state struct {
	Password string `json:"password"`
	Socket   string `json:"socket_dir,omitempty"` // empty: nothing runs
	PID      int    `json:"pid,omitempty"`
}

// readState returns the zero state where there is none yet.
func readState(dir string) (state, error) {
	var s state
	raw, err := os.ReadFile(filepath.Join(dir, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("postgres: %w", err)
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, fmt.Errorf("postgres: %s: %w", filepath.Join(dir, stateFile), err)
	}
	return s, nil
}

// write replaces the file as a whole, so that a crash leaves the old one.
func (s state) write(dir string) error {
	raw, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	path := filepath.Join(dir, stateFile)
	file, err := os.OpenFile(path+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	_, err = file.Write(append(raw, '\n'))
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	return nil
}

func (s state) url(database string) string {
	address := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(admin, s.Password),
		Path:     "/" + database,
		RawQuery: url.Values{"host": {s.Socket}, "port": {socketPort}}.Encode(),
	}
	return address.String()
}

func newPassword() string { return rand.Text() }

// Running reports whether a process of ours, this one or another, runs the
// cluster of dir, and the administrator's URL of it. It tries a connection
// rather than trust what a crashed process may have left behind.
func Running(dir string) (string, bool) {
	s, err := readState(dir)
	if err != nil || s.Socket == "" {
		return "", false
	}
	// Once a crash or a reboot has freed the name, anybody could put a server
	// of their own there; only the cluster's user gets to see the password.
	keeper, kept := ownerOf(s.Socket)
	owner, owned := ownerOf(filepath.Join(dir, dataDir))
	if !kept || !owned || keeper != owner {
		return "", false
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := ping(ctx, s.url("postgres")); err != nil {
		return "", false
	}
	return s.url("postgres"), true
}

func ping(ctx context.Context, address string) error {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}
