package eventstore

import (
	"bytes"
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain"
)

// Load reads one stream, and the outcome of a command that was carried out before.
func (s *Store) Load(ctx context.Context, org string, stream domain.StreamID, command string, request []byte) (domain.History, error) {
	histories, receipts, err := s.LoadMany(ctx, org, []domain.StreamID{stream}, map[string][]byte{command: request})
	if err != nil {
		return domain.History{}, err
	}
	h := histories[stream.ID]
	if r, ok := receipts[command]; ok {
		h.Outcome = &r
	}
	return h, nil
}

const (
	loadCommands = `select c.command_id, c.request_hash, coalesce(c.first_position, 0), c.last_position, c.stream_id, c.version
		from es.commands c where c.log_id = $1 and c.tenant_id = $2 and c.command_id = any($3)`
	loadStreams = `select ` + recordedColumns + ` from unnest($3::uuid[]) with ordinality u(id, o)
		cross join lateral (select * from es.events x where x.log_id = $1 and x.tenant_id = $2 and x.stream_id = u.id order by x.version offset 0) e order by u.o, e.version`
	loadStream = `select ` + recordedColumns + ` from es.events e where e.log_id = $1 and e.tenant_id = $2 and e.stream_id = $3 order by e.version`
)

// byKey is ForOrg for what streams hold. On a database that was never analyzed the index of an
// organization's positions looks as good for one stream as the key does, and a plan that goes
// by it reads all of the organization's facts: but it has to sort them (migration 0012).
func byKey(org string) *pgx.Batch {
	b := &pgx.Batch{}
	b.Queue(`select set_config('app.tenant', $1, true), set_config('enable_sort', 'off', true)`, org)
	return b
}

// LoadMany reads many streams in one query, and the outcomes of commands (by id,
// with their requests) that were carried out before.
func (s *Store) LoadMany(ctx context.Context, org string, streams []domain.StreamID, commands map[string][]byte) (map[string]domain.History, map[string]domain.Receipt, error) {
	log, err := s.logOf(ctx, org)
	if err != nil {
		return nil, nil, err
	}
	tenant, err := parseID("the organization", org)
	if err != nil {
		return nil, nil, err
	}
	ids := make(uuids, 0, len(streams))
	seen := make(map[string]bool, len(streams))
	for _, st := range streams {
		if seen[st.ID] {
			continue
		}
		seen[st.ID] = true
		id, err := parseID("the stream", st.ID)
		if err != nil {
			return nil, nil, err
		}
		ids = append(ids, asUUID(id))
	}
	asked := make(uuids, 0, len(commands))
	for c := range commands {
		id, err := parseID("the command", c)
		if err != nil {
			return nil, nil, err
		}
		asked = append(asked, asUUID(id))
	}

	b := byKey(org)
	// Streams first: each statement has a snapshot of its own, and a command that is
	// carried out between the two must be seen as carried out, not only in its effect.
	var stored []storedEvent
	collect := func(rows pgx.Rows) (err error) {
		stored, err = pgx.CollectRows(rows, scanStored)
		return err
	}
	if len(ids) == 1 {
		b.Queue(loadStream, log, tenant, ids[0]).Query(collect)
	} else {
		b.Queue(loadStreams, log, tenant, ids).Query(collect)
	}
	var done []storedOutcome
	if len(asked) > 0 {
		b.Queue(loadCommands, log, tenant, asked).Query(func(rows pgx.Rows) (err error) {
			done, err = pgx.CollectRows(rows, scanOutcome)
			return err
		})
	}
	if err := s.app.SendBatch(ctx, b).Close(); err != nil {
		return nil, nil, unavailable("load", err)
	}
	receipts, err := s.outcomes(ctx, org, commands, done)
	if err != nil {
		return nil, nil, err
	}
	histories, err := s.histories(ctx, stored)
	return histories, receipts, err
}

type storedOutcome struct {
	command string
	hash    []byte
	receipt domain.Receipt
}

func scanOutcome(row pgx.CollectableRow) (storedOutcome, error) {
	o := storedOutcome{receipt: domain.Receipt{Replayed: true}}
	err := row.Scan(&o.command, &o.hash, &o.receipt.First, &o.receipt.Position, &o.receipt.Stream, &o.receipt.Version)
	return o, err
}

func (s *Store) outcomes(ctx context.Context, org string, commands map[string][]byte, done []storedOutcome) (map[string]domain.Receipt, error) {
	out := make(map[string]domain.Receipt, len(done))
	for _, d := range done {
		index, err := s.prepare.vault.Index(ctx, org)
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(requestHash(index, commands[d.command]), d.hash) {
			return nil, domain.ErrCommandReused
		}
		out[d.command] = d.receipt
	}
	return out, nil
}

func (s *Store) histories(ctx context.Context, stored []storedEvent) (map[string]domain.History, error) {
	facts, err := s.opener.open(ctx, stored, s.opener.vault.Cached)
	if err != nil {
		return nil, err
	}
	out := map[string]domain.History{}
	for _, f := range facts {
		if f.Err != nil {
			return nil, f.Err
		}
		h := out[f.Stream.ID]
		h.Facts, h.Marks = append(h.Facts, f.Fact), append(h.Marks, f.mark())
		h.Version, h.Position = f.Version, f.Position
		out[f.Stream.ID] = h
	}
	return out, nil
}

// Back gives up to limit facts of one stream from before a version, the newest first.
func (s *Store) Back(ctx context.Context, org string, stream domain.StreamID, before, limit int) ([]Recorded, error) {
	log, err := s.logOf(ctx, org)
	if err != nil {
		return nil, err
	}
	id, err := parseID("the stream", stream.ID)
	if err != nil {
		return nil, err
	}
	var stored []storedEvent
	b := byKey(org)
	b.Queue(`select `+recordedColumns+` from es.events e where e.log_id = $1 and e.tenant_id = $2 and e.stream_id = $3 and e.category = $4 and e.version < $5 order by e.version desc limit $6`,
		log, org, id, stream.Category, before, limit).Query(func(rows pgx.Rows) (err error) {
		stored, err = pgx.CollectRows(rows, scanStored)
		return err
	})
	if err := s.app.SendBatch(ctx, b).Close(); err != nil {
		return nil, unavailable("read a stream", err)
	}
	return s.opener.open(ctx, stored, s.opener.vault.ForReading)
}
