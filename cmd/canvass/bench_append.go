package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/lead"
)

type benchAppendCmd struct{ benchFlags }

// Help implements kong's detailed help.
func (benchAppendCmd) Help() string {
	return `append.bulk: commits of 1,000 facts (500 streams) beside one INSERT from unnest of the same rows.
append.beside_bulk: single appends while a bulk writer runs; ratio is their p99 over the p99 without it.
append.single: appends of one sealed fact at an expected version beside a bare INSERT and commit of the same row.
Example: canvass bench append --json`
}

// Run implements the subcommand.
func (c benchAppendCmd) Run(s *session) error {
	return s.bench(c.benchFlags, func(ctx context.Context, r *benchRig) (figures []figure, err error) {
		b := &appendBench{rig: r, flags: c.benchFlags, org: uuid.NewString()}
		err = r.running(ctx, func() error {
			if err := b.prepare(ctx); err != nil {
				return err
			}
			figures, err = b.measure(ctx)
			return err
		})
		return figures, err
	})
}

type appendBench struct {
	rig     *benchRig
	flags   benchFlags
	org     string
	streams []benchStream // one per writer
	row     bareRow       // one fact as it lies in the log
}

type benchStream struct {
	id      string
	version int
}

// bareRow is what a bare INSERT writes: the same bytes as our own fact.
type bareRow struct{ typ, data, meta string }

// bareTable has the columns and the indexes of the log, and takes its positions from a
// sequence: what anybody would need who keeps the same rows for the same questions.
const bareTable = `create table bare (
	log_id smallint not null default 0, position bigint generated always as identity, tenant_id uuid not null, stream_id uuid not null, version int not null,
	category text not null default 'lead', event_id uuid not null, type text not null, schema_version smallint not null default 1, command_id uuid not null,
	data json not null, meta json not null, recorded_at timestamptz not null default clock_timestamp(),
	primary key (log_id, tenant_id, stream_id, version), unique (log_id, position));
	create index on bare (log_id, tenant_id, position)`

// prepare opens a stream for each writer, and looks at a fact of ours for the rows of
// the bare INSERT.
func (b *appendBench) prepare(ctx context.Context) error {
	if _, err := b.rig.plain.Exec(ctx, bareTable); err != nil {
		return err
	}
	b.streams = make([]benchStream, b.flags.Writers)
	for i := range b.streams {
		b.streams[i].id = commands.NewID()
		if err := b.single(ctx, i); err != nil {
			return err
		}
	}
	return b.rig.plain.QueryRow(ctx, `select type, data::text, meta::text from es.events limit 1`).Scan(&b.row.typ, &b.row.data, &b.row.meta)
}

func (b *appendBench) meta() domain.Meta {
	return domain.Meta{Actor: "user:" + b.org, Correlation: b.org, OccurredAt: time.Now().UTC()}
}

// single appends one sealed fact at the version that the writer has seen.
func (b *appendBench) single(ctx context.Context, writer int) error {
	st := &b.streams[writer]
	r, err := b.rig.app.store.Append(ctx, domain.Commit{
		Org: b.org, Command: commands.NewID(), Request: []byte(st.id), Meta: b.meta(),
		Streams: []domain.StreamCommit{{Stream: lead.Stream(st.id), Expected: st.version, Facts: []any{
			lead.Edited{Changes: []lead.Change{{Field: "title", From: "Head of Sales", To: "Chief Revenue Officer"}}},
		}}},
	})
	if err == nil && r.Version != st.version+1 {
		err = fmt.Errorf("version %d after %d", r.Version, st.version)
	}
	st.version = r.Version
	return err
}

const (
	bulkStreams = 500
	bulkFacts   = 2 * bulkStreams
)

// bulk appends a thousand facts of clear values to new streams.
func (b *appendBench) bulk(ctx context.Context, facts int) error {
	c := domain.Commit{Org: b.org, Command: commands.NewID(), Request: []byte("bulk"), Meta: b.meta(), Bulk: true}
	for range facts / 2 {
		c.Streams = append(c.Streams, domain.StreamCommit{Stream: lead.Stream(commands.NewID()), Facts: []any{
			lead.Assigned{To: b.org}, lead.Assigned{From: b.org},
		}})
	}
	_, err := b.rig.app.store.Append(ctx, c)
	return err
}

// bareBulk is one INSERT of the same thousand rows.
func (b *appendBench) bareBulk(ctx context.Context) error {
	meta, err := json.Marshal(b.meta())
	if err != nil {
		return err
	}
	n := bulkFacts
	command := uuid.New()
	orgs, streams, versions, events, cmds := make([]uuid.UUID, n), make([]uuid.UUID, n), make([]int32, n), make([]uuid.UUID, n), make([]uuid.UUID, n)
	types, data, metas := make([]string, n), make([]json.RawMessage, n), make([]json.RawMessage, n)
	var stream uuid.UUID
	for i := range n {
		if i%2 == 0 {
			stream = uuid.Must(uuid.NewV7())
		}
		orgs[i], streams[i], versions[i], events[i], cmds[i] = uuid.MustParse(b.org), stream, int32(i%2+1), uuid.New(), command
		fact := lead.Assigned{To: b.org}
		if i%2 == 1 {
			fact = lead.Assigned{From: b.org}
		}
		if data[i], err = json.Marshal(fact); err != nil {
			return err
		}
		types[i], metas[i] = "lead.assigned", meta
	}
	_, err = b.rig.plain.Exec(ctx, `insert into bare (tenant_id, stream_id, version, event_id, type, command_id, data, meta)
		select * from unnest($1::uuid[], $2::uuid[], $3::int[], $4::uuid[], $5::text[], $6::uuid[], $7::json[], $8::json[])`,
		orgs, streams, versions, events, types, cmds, data, metas)
	return err
}

func (b *appendBench) measure(ctx context.Context) ([]figure, error) {
	f := b.flags
	ours, limit, err := sideBySide(f.Seconds,
		func(long time.Duration) (measured, error) {
			return measure(ctx, 2, long, bulkFacts, func(ctx context.Context, _, _ int) error { return b.bulk(ctx, bulkFacts) })
		},
		func(long time.Duration) (measured, error) {
			return measure(ctx, 2, long, bulkFacts, func(ctx context.Context, _, _ int) error { return b.bareBulk(ctx) })
		})
	if err != nil {
		return nil, err
	}
	figures := []figure{ours.figure("append.bulk", "facts/s").beside(limit)}

	single := func(long time.Duration) (measured, error) {
		return measure(ctx, f.Writers, long, 1, func(ctx context.Context, w, _ int) error { return b.single(ctx, w) })
	}
	beside, alone, err := sideBySide(f.Seconds, func(long time.Duration) (measured, error) { return b.besideBulk(ctx, long, single) }, single)
	if err != nil {
		return nil, err
	}
	with := beside.figure("append.beside_bulk", "appends/s")
	with.LimitRate, with.Ratio = alone.rate, float64(beside.p99)/float64(alone.p99)
	figures = append(figures, with)

	org := uuid.MustParse(b.org)
	ours, limit, err = sideBySide(f.Seconds, single, func(long time.Duration) (measured, error) {
		streams := make([]uuid.UUID, f.Writers)
		for i := range streams {
			streams[i] = uuid.New()
		}
		return measure(ctx, f.Writers, long, 1, func(ctx context.Context, w, n int) error {
			_, err := b.rig.plain.Exec(ctx, `insert into bare (tenant_id, stream_id, version, event_id, type, command_id, data, meta) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
				org, streams[w], n+1, uuid.New(), b.row.typ, uuid.New(), b.row.data, b.row.meta)
			return err
		})
	})
	return append(figures, ours.figure("append.single", "appends/s").beside(limit)), err
}

// besideBulk measures single appends while a bulk writer appends as fast as it may, in
// the chunks that commands.ExecuteMany makes.
func (b *appendBench) besideBulk(ctx context.Context, long time.Duration, single func(time.Duration) (measured, error)) (measured, error) {
	ctx, stop := context.WithCancel(ctx)
	var bulk sync.WaitGroup
	var fault error
	bulk.Go(func() {
		for ctx.Err() == nil && fault == nil {
			fault = b.bulk(context.WithoutCancel(ctx), 250)
		}
	})
	m, err := single(long)
	stop()
	bulk.Wait()
	if err == nil {
		err = fault
	}
	return m, err
}
