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
		return startFault(err)
	}
	defer app.Close()
	if user, err := app.store.Mighty(s); err != nil {
		return err
	} else if user != "" {
		s.log.WarnContext(s, "the user of DATABASE_URL could change the log: see docs/operations.md", "user", user)
	}
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

// startFault says what to do about a database that nothing can be begun on.
func startFault(err error) error {
	text := err.Error()
	for _, known := range []struct {
		codes []string // of Postgres
		say   string
	}{
		{[]string{"22023", "42P01", "3F000"}, "the database is not migrated, run canvass migrate first"}, // no such role, table, schema
		{[]string{"3D000"}, "there is no such database: create it, then run canvass migrate"},
		{[]string{"28P01", "28000"}, "the database lets nobody in by this user and password"},
		{[]string{"42501"}, "the user of DATABASE_URL was not given the roles of Canvass, see docs/operations.md"},
	} {
		for _, code := range known.codes {
			if strings.Contains(text, "sql:"+code) || strings.Contains(text, "SQLSTATE "+code) {
				return fmt.Errorf("%s (%w)", known.say, err)
			}
		}
	}
	if strings.Contains(text, "failed to connect") {
		return fmt.Errorf("the database cannot be reached (%w)", err)
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
