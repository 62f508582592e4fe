package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/projections"
)

// withApp runs a piece of maintenance on the database of the configuration: the one it
// names, or the private one of DATA_DIR, which is started where it is not running.
func (s *session) withApp(do func(context.Context, *App) error) (err error) {
	log := s.log
	cfg, stop, err := s.cfg.database(s, log, func(what string) { s.notef("canvass: %s\n", what) })
	if err != nil {
		return err
	}
	defer stop()
	app, err := NewApp(s, cfg, log)
	if err != nil {
		return startFault(err)
	}
	defer app.Close()
	base, stopBase := context.WithCancel(context.WithoutCancel(s.Context))
	var under sync.WaitGroup
	under.Go(func() { _ = app.keys.Run(base) })
	under.Go(func() { _ = app.store.Run(base) })
	defer under.Wait()
	defer stopBase()
	return do(s.Context, app)
}

func projectionNamed(name string) (projections.Projection, error) {
	if p, ok := projections.ByName(name); ok {
		return p, nil
	}
	names := make([]string, 0, len(projections.All()))
	for _, p := range projections.All() {
		names = append(names, p.Name)
	}
	return projections.Projection{}, fmt.Errorf("there is no projection %q, only %s", name, strings.Join(names, ", "))
}

type rebuildCmd struct {
	Name string `arg:"" help:"The projection."`
}

// Help implements kong's detailed help.
func (rebuildCmd) Help() string {
	return "Readers see the old tables until the new ones are complete; nothing is sent, charged or called.\nExample: canvass rebuild leads"
}

// Run implements the subcommand.
func (c rebuildCmd) Run(s *session) error {
	p, err := projectionNamed(c.Name)
	if err != nil {
		return err
	}
	return s.withApp(func(ctx context.Context, a *App) error {
		bars := newBars(s.streams.Err)
		if err := a.builder.Rebuild(ctx, p, bars.show); err != nil {
			return err
		}
		bars.done()
		s.printf("rebuilt: %s\n", p.Name)
		return nil
	})
}

type replayCmd struct {
	Name string `arg:"" help:"The projection, the reactor, or the relay."`
	List bool   `help:"Only list what is parked."`
}

// Help implements kong's detailed help.
func (replayCmd) Help() string {
	return "A fact that a projection, a reactor or the relay cannot handle is parked, and so are the later ones of its record; when the fault is mended, this hands them over in order.\nExample: canvass replay leads"
}

// Run implements the subcommand.
func (c replayCmd) Run(s *session) error {
	return s.withApp(func(ctx context.Context, a *App) error {
		f, err := a.followerNamed(c.Name)
		if err != nil {
			return err
		}
		if c.List {
			parked, err := a.store.ParkedFacts(ctx, f.sub)
			for _, f := range parked {
				s.printf("%10d  %s  %s\n", f.Position, f.Stream, f.Class)
			}
			return err
		}
		n, err := a.store.Unpark(ctx, f.sub, f.handle)
		s.printf("replayed: %d facts\n", n)
		return err
	})
}

func (a *App) followerNamed(name string) (follower, error) {
	jobs, err := a.queue()
	if err != nil {
		return follower{}, err
	}
	all := a.followers(jobs)
	names := make([]string, len(all))
	for i, f := range all {
		if f.sub.Name == name {
			return f, nil
		}
		names[i] = f.sub.Name
	}
	return follower{}, fmt.Errorf("nothing follows the log as %q, only %s", name, strings.Join(names, ", "))
}

type claimsCmd struct {
	Verify  claimsVerifyCmd  `cmd:"" help:"Compare the claims with what the log says; fails when they differ."`
	Rebuild claimsRebuildCmd `cmd:"" help:"Make the claims what the log says; appends wait meanwhile."`
}

type (
	claimsVerifyCmd  struct{}
	claimsRebuildCmd struct{}
)

// Help implements kong's detailed help.
func (claimsVerifyCmd) Help() string { return "Example: canvass claims verify" }

// Run implements the subcommand.
func (claimsVerifyCmd) Run(s *session) error {
	return s.withApp(func(ctx context.Context, a *App) error {
		d, err := a.store.VerifyClaims(ctx, eventstore.DefaultLog)
		if err != nil {
			return err
		}
		s.printf("claims: %d held, %d missing, %d too many\n", d.Held, d.Missing, d.Extra)
		if d.Missing+d.Extra > 0 {
			return errors.New("the claims differ from the log: canvass claims rebuild mends them")
		}
		return nil
	})
}

// Help implements kong's detailed help.
func (claimsRebuildCmd) Help() string { return "Example: canvass claims rebuild" }

// Run implements the subcommand.
func (claimsRebuildCmd) Run(s *session) error {
	return s.withApp(func(ctx context.Context, a *App) error {
		d, err := a.store.RebuildClaims(ctx, eventstore.DefaultLog)
		if err != nil {
			return err
		}
		s.printf("claims: %d held, %d added, %d removed\n", d.Held, d.Missing, d.Extra)
		return nil
	})
}
