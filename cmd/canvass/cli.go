package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/alecthomas/kong"

	"github.com/canvass-hq/canvass/eventstore"
)

// Streams are where a command writes: what was asked for to Out, all else to Err.
type Streams struct{ Out, Err io.Writer }

// cli lists the subcommands; each stands in a file of its own.
type cli struct {
	Dev     devCmd     `cmd:"" help:"Run everything on this machine: a private Postgres, the API and the workers."`
	Serve   serveCmd   `cmd:"" help:"Run the API against DATABASE_URL."`
	Worker  workerCmd  `cmd:"" help:"Run projections, reactors and jobs against DATABASE_URL."`
	Migrate migrateCmd `cmd:"" help:"Bring the database to the shape of this release."`
	Health  healthCmd  `cmd:"" help:"Ask the process of this machine how it is."`
	Token   tokenCmd   `cmd:"" help:"Sign an access token of the local issuer."`
	Import  importCmd  `cmd:"" help:"Bring a file of leads in through the API: show the plan, and carry it out."`
	Export  exportCmd  `cmd:"" help:"Take leads out through the API, as CSV or NDJSON."`
	Held    heldCmd    `cmd:"" name:"suppressions" help:"Bring in or take out the addresses to which nothing is to be written."`
	Events  eventsCmd  `cmd:"" help:"Read or follow the log of an organization through the API."`
	Mail    mailCmd    `cmd:"" help:"Read the mail that the dev server has kept instead of sending it."`
	Rebuild rebuildCmd `cmd:"" help:"Build a projection anew from the log and swap it in."`
	Replay  replayCmd  `cmd:"" help:"Hand a projection the facts that it has parked."`
	Claims  claimsCmd  `cmd:"" help:"Compare the claims with the log, or make them anew."`
	Keys    keysCmd    `cmd:"" help:"Look after the keys of sealed data."`
	Erase   eraseCmd   `cmd:"" help:"Erase a person through the API: the key of their data is destroyed."`
	Bench   benchCmd   `cmd:"" help:"Measure this machine's Canvass beside the machine's own limit."`
	OpenAPI openAPICmd `cmd:"" name:"openapi" help:"Print the description of the API."`
	Catalog catalogCmd `cmd:"" name:"catalogue" help:"Print the catalogue of facts (docs/events.md)."`
	Version versionCmd `cmd:"" help:"Print the version of this release."`
}

// session is what every subcommand gets.
type session struct {
	context.Context //nolint:containedctx // kong hands subcommands one value

	cfg     Config
	streams Streams
	log     *slog.Logger
	end     func()
}

// errUsage ends a run whose usage has been shown.
var errUsage = errors.New("see --help")

// Run carries out one command line.
func Run(ctx context.Context, args []string, streams Streams) (err error) {
	var c cli
	exit := -1
	parser, err := kong.New(&c, kong.Name("canvass"), kong.UsageOnError(), kong.Writers(streams.Out, streams.Err),
		kong.Description("Sales intelligence and engagement on one immutable log."), kong.Exit(func(code int) { exit = code }))
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	if exit == 0 { // --help was asked for, and shown
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w (%w)", err, errUsage)
	}
	collect(collectAt)
	cfg, err := LoadConfig(os.Environ())
	if err != nil {
		return err
	}
	s, err := newSession(ctx, cfg, streams)
	if err != nil {
		return err
	}
	defer s.end()
	err = parsed.Run(s)
	if err != nil && cfg.LogFormat == formatJSON { // it reads like every other line
		s.log.ErrorContext(ctx, "canvass ends", "class", eventstore.Class(err), "fault", err.Error())
		return errTold
	}
	return err
}

// errTold ends the program with what the log has been told.
var errTold = errors.New("told")

func (s *session) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(s.streams.Out, format, args...)
}

func (s *session) notef(format string, args ...any) {
	_, _ = fmt.Fprintf(s.streams.Err, format, args...)
}
