package eventstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/canvass-hq/canvass/domain"
)

// appender writes the commits of one log, as many as wait at a time in one call, and
// one call after the other: the log's lock is taken in the database, and a queue in
// front of it is what makes it cheap.
type appender struct {
	log       int16
	pool      *pgxpool.Pool
	queue     *queue
	slog      *slog.Logger
	committed func([]writtenCommit) // told of what each call wrote
	told      func(items []*prepared, do func() (facts int, err error)) error
}

// How long a call is tried again while the database is away; then those who wait are
// told domain.ErrUnavailable.
const appendPatience = 10 * time.Second

func (a *appender) append(ctx context.Context, p *prepared) (domain.Receipt, error) {
	if err := a.queue.push(p); err != nil {
		return domain.Receipt{}, err
	}
	select {
	case o := <-p.done:
		return o.receipt, o.err
	case <-ctx.Done():
		return domain.Receipt{}, fmt.Errorf("%w: %w", domain.ErrUnavailable, ctx.Err())
	}
}

// run writes until ctx ends, and then what is still waiting.
func (a *appender) run(ctx context.Context) {
	for {
		select {
		case <-a.queue.arrived:
		case <-ctx.Done():
			a.drain(context.WithoutCancel(ctx))
			return
		}
		if items := a.queue.next(); len(items) > 0 {
			a.write(context.WithoutCancel(ctx), items)
		}
	}
}

func (a *appender) drain(ctx context.Context) {
	for items := a.queue.next(); len(items) > 0; items = a.queue.next() {
		a.write(ctx, items)
	}
	for _, p := range a.queue.stop() {
		p.done <- outcome{err: domain.ErrUnavailable}
	}
}

// write carries out one call. The same commands are sent again when the answer is
// lost: what was written is then answered as a duplicate, so that it is safe even if
// the call had been carried out.
func (a *appender) write(ctx context.Context, items []*prepared) {
	ctx, cancel := context.WithTimeout(ctx, appendPatience)
	defer cancel()
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		err := a.told(items, func() (int, error) { return a.call(ctx, items) })
		switch {
		case err == nil:
			return
		case !transient(err):
			a.split(ctx, items, err)
			return
		}
		a.slog.WarnContext(ctx, "append is tried again", "log", a.log, "commands", len(items), "fault", errorClass(err))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			a.slog.ErrorContext(ctx, "append given up", "log", a.log, "commands", len(items))
			for _, p := range items {
				p.done <- outcome{err: domain.ErrUnavailable}
			}
			return
		}
	}
}

// split finds the commit that the database cannot take, so that its neighbours go on.
func (a *appender) split(ctx context.Context, items []*prepared, err error) {
	if len(items) == 1 {
		items[0].done <- outcome{err: fmt.Errorf("append: %w", scrubbed(err))}
		return
	}
	half := len(items) / 2
	a.write(ctx, items[:half])
	a.write(ctx, items[half:])
}

// New keys are kept by the call that seals under them where they lie in the same
// database; else they have been made before, and there are none in the call.
const appendBatch = `select * from es.append_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, `

const (
	appendKeyless  = appendBatch + `'{}')`
	appendWithKeys = appendBatch + `keys.keep($24, $25, $26, $27, $28))`
)

// call tells how many facts it wrote.
func (a *appender) call(ctx context.Context, items []*prepared) (facts int, err error) {
	args := newArguments(a.log, items)
	rows, err := a.pool.Query(ctx, args.statement(), args.list()...)
	if err != nil {
		return 0, err
	}
	outcomes := make([]outcome, len(items))
	var written []writtenCommit
	var r answer
	_, err = pgx.ForEachRow(rows, r.fields(), func() error {
		p := items[r.cmd-1]
		outcomes[r.cmd-1] = r.outcome(p, items)
		if r.status == "ok" && p.events > 0 {
			written = append(written, writtenCommit{prepared: p, first: r.first.Int64, version: int(r.version.Int32), at: r.recorded})
			facts += p.events
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	if len(written) > 0 {
		a.committed(written)
	}
	for i, p := range items {
		p.done <- outcomes[i]
	}
	return facts, nil
}

// answer is what the database says of one command.
type answer struct {
	cmd         int
	status      string
	first, last pgtype.Int8
	stream      pgtype.UUID
	version     pgtype.Int4
	recorded    time.Time
	stale       []int
	claims      []int
	holders     []pgtype.UUID
}

func (r *answer) fields() []any {
	return []any{&r.cmd, &r.status, &r.first, &r.last, &r.stream, &r.version, &r.recorded, &r.stale, &r.claims, &r.holders}
}

var (
	errOtherLog = errors.New("the organization is pinned to another log")
	// A key that the commit brought is not the one that is kept: it is sealed anew.
	errUnsealed = errors.New("a key that was made for the commit is not the subject's")
)

func (r *answer) outcome(p *prepared, items []*prepared) outcome {
	switch r.status {
	case "ok", "duplicate":
		return outcome{receipt: domain.Receipt{
			Stream: r.stream.String(), Version: int(r.version.Int32),
			First: r.first.Int64, Position: r.last.Int64, Replayed: r.status == "duplicate",
		}}
	case "reused":
		return outcome{err: domain.ErrCommandReused}
	case "conflict":
		return outcome{err: r.conflict(p, items)}
	case "unsealed":
		return outcome{err: errUnsealed}
	case "other_log":
		return outcome{err: errOtherLog}
	}
	return outcome{err: fmt.Errorf("append_batch answered %q", r.status)}
}

// conflict translates places in the call back to the commit's own streams and claims.
func (r *answer) conflict(p *prepared, items []*prepared) error {
	streams, claims := 0, 0
	for _, before := range items[:r.cmd-1] {
		streams += len(before.streams)
		for _, s := range before.streams {
			claims += len(s.claims)
		}
	}
	out := &domain.ConflictError{}
	for _, at := range r.stale {
		out.Stale = append(out.Stale, p.commit.Streams[at-streams-1].Stream.ID)
	}
	type place struct {
		claim  domain.Claim
		stream string
	}
	var places []place
	for i, s := range p.streams {
		for _, k := range s.claims {
			places = append(places, place{k.claim, p.commit.Streams[i].Stream.ID})
		}
	}
	for n, at := range r.claims {
		k := places[at-claims-1]
		out.Claims = append(out.Claims, domain.ClaimConflict{Claim: k.claim, Wanted: k.stream, Holder: r.holders[n].String()})
	}
	return out
}
