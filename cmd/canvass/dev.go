package main

import (
	"cmp"
	"os"

	"github.com/canvass-hq/canvass/domain/access"
)

// devFrontend is where Next.js and others serve a frontend that is being written.
const devFrontend = "http://localhost:3000"

type devCmd struct{}

// Help implements kong's detailed help.
func (devCmd) Help() string {
	return "Data lives in DATA_DIR (.canvass) and survives a restart; Ctrl-C stops everything cleanly.\nSet DATABASE_URL or REDIS_URL to use servers of your own. Example: PORT=8001 DATA_DIR=/tmp/second canvass dev"
}

// Run implements the subcommand.
func (devCmd) Run(s *session) error {
	log := s.log
	listener, err := listen(s, s.cfg.Port)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	private, err := listenPrivate(s, cmp.Or(s.cfg.PrivateAddr, devPrivateAddress))
	if err != nil {
		return err
	}
	defer func() { _ = private.Close() }()
	if err := s.cfg.makeMasterKey(); err != nil {
		return err
	}
	cfg, stopDatabase, err := s.cfg.ownDatabase(s, log, func(what string) { s.notef("canvass: %s\n", what) })
	if err != nil {
		return err
	}
	defer stopDatabase()
	if err := cfg.migrated(s, log); err != nil {
		return err
	}
	if cfg.OpsOrg == "" {
		if cfg.OpsOrg, err = cfg.demo(); err != nil {
			return err
		}
	}
	url := address(listener)
	if len(cfg.origins()) == 0 {
		cfg.Origins = []string{devFrontend}
	}
	app, err := NewApp(s, cfg.local(url), log)
	if err != nil {
		return err
	}
	defer app.Close()
	app.explore = true
	if err := cfg.noteRunning(url); err != nil {
		return err
	}
	defer func() { _ = os.Remove(cfg.file(serverFile)) }()
	return app.Run(s, Parts{
		Listener: listener, Private: private, Worker: true, Progress: progressTo(s),
		Ready: func() {
			if err := app.makeDemo(s); err != nil {
				log.Warn("there is no demo organization", "fault", err)
			}
			s.welcome(cfg, url, private.Addr().String())
		},
	})
}

// welcome says where everything is, and how to begin.
func (s *session) welcome(cfg Config, url, private string) {
	org, err := cfg.demo()
	if err != nil {
		s.notef("canvass: no demo organization: %v\n", err)
		return
	}
	token, err := cfg.token(demoPrincipal(org, access.Admin), devTokenTTL)
	if err != nil {
		s.notef("canvass: no token: %v\n", err)
		return
	}
	s.printf(`
Canvass is running.

  API      %[1]s/v1
  GraphQL  %[1]s/graphql   (to try it: %[1]s/docs/graphql)
  Docs     %[1]s/docs
  Health   %[1]s/health
  Metrics  http://%[5]s/metrics
  Data     %[2]s   (organization %[3]s)
  Mail     %[6]s

A token of the demo organization's admin, for a day:

  export CANVASS_TOKEN=%[4]s

Try it:

  curl -H "Authorization: Bearer $CANVASS_TOKEN" -H 'Content-Type: application/json' \
       -d '{"name":"Alan Turing","email":"alan@example.com"}' %[1]s/v1/leads

Ctrl-C stops everything.
`, url, cfg.DataDir, org, token, private, cfg.Mail.leaves())
}
