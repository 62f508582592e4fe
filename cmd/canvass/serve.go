package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/canvass-hq/canvass/projections"
)

type serveCmd struct{}

// Help implements kong's detailed help.
func (serveCmd) Help() string {
	return "Example: DATABASE_URL=postgres://... MASTER_KEY=... canvass serve"
}

// Run implements the subcommand.
func (serveCmd) Run(s *session) error {
	return runParts(s, "serve", func(a *App) (Parts, error) {
		l, err := listen(s, a.cfg.Port)
		return Parts{Listener: l, Ready: func() { s.notef("canvass: serving on %s\n", address(l)) }}, err
	})
}

// runParts runs a process of a deployment: its database is there and migrated.
func runParts(s *session, name string, parts func(*App) (Parts, error)) error {
	if s.cfg.DatabaseURL == "" {
		return errors.New("DATABASE_URL is not set: canvass " + name + " runs on a database of yours, canvass dev on a private one")
	}
	app, err := NewApp(s, s.cfg, s.log)
	if err != nil {
		return migrateFirst(err)
	}
	defer app.Close()
	p, err := parts(app)
	if err != nil {
		return err
	}
	if p.Private, err = listenPrivate(s, s.cfg.PrivateAddr); err != nil {
		return err
	}
	if p.Private != nil {
		s.notef("canvass: metrics on http://%s/metrics\n", p.Private.Addr())
	}
	return app.Run(s, p)
}

// migrateFirst says what to do about a database that has no roles or tables of ours.
func migrateFirst(err error) error {
	for _, class := range []string{"sql:22023", "sql:42P01", "sql:3F000"} { // no such role, table, schema
		if strings.Contains(err.Error(), class) {
			return fmt.Errorf("the database is not migrated, run canvass migrate first (%w)", err)
		}
	}
	return err
}

func listen(s *session, port int) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(s, "tcp", ":"+strconv.Itoa(port))
	if err != nil {
		return nil, fmt.Errorf("PORT %d cannot be listened on (set PORT to another): %w", port, err)
	}
	return l, nil
}

func address(l net.Listener) string {
	port := 0
	if a, ok := l.Addr().(*net.TCPAddr); ok {
		port = a.Port
	}
	return "http://localhost:" + strconv.Itoa(port)
}

func withDatabase(server string) string {
	u, err := url.Parse(server)
	if err != nil {
		return server
	}
	u.Path = "/" + databaseName
	return u.String()
}

// progressTo tells a person how far a build of a projection is.
func progressTo(s *session) projections.Progress {
	bars := newBars(s.streams.Err)
	return bars.show
}

type migrateCmd struct{}

// Help implements kong's detailed help.
func (migrateCmd) Help() string {
	return "Uses MIGRATE_DATABASE_URL where it is set. Example: DATABASE_URL=postgres://... canvass migrate"
}

// Run implements the subcommand.
func (migrateCmd) Run(s *session) error {
	if s.cfg.DatabaseURL == "" && s.cfg.MigrateDatabaseURL == "" {
		return errors.New("DATABASE_URL is not set")
	}
	cfg := s.cfg
	if cfg.DatabaseURL == "" {
		cfg.DatabaseURL = cfg.MigrateDatabaseURL
	}
	if err := cfg.migrated(s, s.log); err != nil {
		return err
	}
	s.notef("canvass: the database has the shape of this release\n")
	return nil
}

const devTokenTTL = 24 * time.Hour
