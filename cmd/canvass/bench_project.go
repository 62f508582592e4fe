package main

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/projections"
)

type benchProjectCmd struct {
	benchFlags

	Facts   int `help:"How many facts are rebuilt from." default:"200000"`
	Backlog int `help:"The large backlog to catch up with; the small one is a tenth of it. 0 skips it." default:"0"`
}

// Help implements kong's detailed help.
func (benchProjectCmd) Help() string {
	return `project.catch_up_small, project.catch_up_large: a live projection (event_index) that has been away; the ratio of the large one is its rate over that of the small one.
project.rebuild: canvass rebuild leads, from the first fact to the swap, beside reading, opening and decoding the same facts and a COPY of one row for each lead.
Example: canvass bench project --facts 500000 --backlog 1000000`
}

// Run implements the subcommand.
func (c benchProjectCmd) Run(s *session) error {
	return s.bench(c.benchFlags, func(ctx context.Context, r *benchRig) (figures []figure, err error) {
		err = r.running(ctx, func() error {
			figures, err = c.measure(ctx, r)
			return err
		})
		return figures, err
	})
}

func (c benchProjectCmd) measure(ctx context.Context, r *benchRig) ([]figure, error) {
	if err := r.app.builder.Prepare(ctx, projections.Leads(), nil); err != nil {
		return nil, err
	}
	org := newOrg()
	var figures []figure
	if c.Backlog > 0 {
		small, err := c.catchUp(ctx, r, org, c.Backlog/10)
		if err != nil {
			return nil, err
		}
		large, err := c.catchUp(ctx, r, org, c.Backlog)
		if err != nil {
			return nil, err
		}
		figures = append(figures, measured{rate: small}.figure("project.catch_up_small", "facts/s"),
			measured{rate: large}.figure("project.catch_up_large", "facts/s").beside(measured{rate: small}))
	} else if err := r.fill(ctx, org, c.Facts); err != nil {
		return nil, err
	}
	head, err := r.app.store.Head(ctx, eventstore.DefaultLog)
	if err != nil {
		return nil, err
	}
	limit, err := c.bare(ctx, r)
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	if err := r.app.builder.Rebuild(ctx, projections.Leads(), nil); err != nil {
		return nil, err
	}
	ours := measured{rate: float64(head) / time.Since(begun).Seconds()}
	return append(figures, ours.figure("project.rebuild", "facts/s").beside(limit)), nil
}

// catchUp lets a projection stand still while so many facts come, and then follow them
// as it does when it is live.
func (c benchProjectCmd) catchUp(ctx context.Context, r *benchRig, org string, facts int) (rate float64, err error) {
	p := projections.EventIndex()
	if err := r.app.builder.Prepare(ctx, p, nil); err != nil {
		return 0, err
	}
	sub := p.Subscription()
	from, err := r.app.store.Checkpoint(ctx, sub.Name, sub.Version, sub.Log)
	if err != nil {
		return 0, err
	}
	if err := r.fill(ctx, org, facts); err != nil {
		return 0, err
	}
	head, err := r.app.store.Head(ctx, sub.Log)
	if err != nil {
		return 0, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	reached := make(chan struct{})
	subscriber := r.app.store.NewSubscriber(sub, eventstore.NewFeed(r.app.store, sub.Log), func(position int64) {
		if position == head {
			close(reached)
		}
	})
	messages, err := subscriber.Subscribe(ctx, sub.Name)
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	handle := eventstore.Handler(p.Handler(p.Live()))
	for {
		select {
		case m := <-messages:
			if handle(m) != nil {
				m.Nack()
				continue
			}
			m.Ack()
		case <-reached:
			rate = float64(head-from) / time.Since(begun).Seconds()
			stop()
			return rate, subscriber.Close()
		}
	}
}

// bare reads, opens and decodes every fact, and copies a row for each lead into a
// table without indexes: what no rebuild can do without.
func (c benchProjectCmd) bare(ctx context.Context, r *benchRig) (measured, error) {
	const columns = "tenant_id uuid, id uuid, status text, source text, country text, name text, email text, phone text, phone_status text, title text, company text, version int, position bigint, at timestamptz"
	if _, err := r.plain.Exec(ctx, `create table bare_leads (`+columns+`)`); err != nil {
		return measured{}, err
	}
	begun := time.Now()
	after := int64(0)
	for {
		events, err := r.app.store.Read(ctx, eventstore.DefaultLog, after, 5_000)
		if err != nil {
			return measured{}, err
		}
		if len(events) == 0 {
			return measured{rate: float64(after) / time.Since(begun).Seconds()}, nil
		}
		var rows [][]any
		for _, e := range events {
			if f, ok := e.Fact.(lead.Captured); ok {
				rows = append(rows, []any{e.Org, e.Stream.ID, string(f.Status), f.Source, f.Country, f.Name, f.Email, f.Phone, f.PhoneStatus, f.Title, f.Company, e.Version, e.Position, e.RecordedAt})
			}
		}
		names := []string{"tenant_id", "id", "status", "source", "country", "name", "email", "phone", "phone_status", "title", "company", "version", "position", "at"}
		if _, err := r.plain.CopyFrom(ctx, pgx.Identifier{"bare_leads"}, names, pgx.CopyFromRows(rows)); err != nil {
			return measured{}, err
		}
		after = events[len(events)-1].Position
	}
}
