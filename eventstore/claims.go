package eventstore

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/schema"
)

// ClaimsDiff is how the claims compare with what the log says.
type ClaimsDiff struct{ Held, Missing, Extra int }

// VerifyClaims folds every stream of a log anew and compares its claims with those
// that are kept.
func (s *Store) VerifyClaims(ctx context.Context, log int16) (ClaimsDiff, error) {
	return s.compareClaims(ctx, log, false)
}

// RebuildClaims makes the claims what the log says. Appends wait until it is done.
func (s *Store) RebuildClaims(ctx context.Context, log int16) (ClaimsDiff, error) {
	return s.compareClaims(ctx, log, true)
}

func (s *Store) compareClaims(ctx context.Context, log int16, mend bool) (diff ClaimsDiff, err error) {
	err = pgx.BeginFunc(ctx, s.worker, func(tx pgx.Tx) error {
		// The log's own lock: a claim that is taken while we look would read as extra.
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(726501, $1)`, int32(log)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `create temp table said (tenant_id uuid, scope text, hash bytea, stream_id uuid) on commit drop`); err != nil {
			return err
		}
		if err := s.eachStream(ctx, tx, log, func(streams []history) error { return s.sayClaims(ctx, tx, streams) }); err != nil {
			return err
		}
		const theirs = `(select c.* from es.claims c join es.tenants t on t.tenant_id = c.tenant_id where t.log_id = $1)`
		const same = `c.tenant_id = d.tenant_id and c.scope = d.scope and c.hash = d.hash and c.stream_id = d.stream_id`
		if _, err := tx.Exec(ctx, `analyze said`); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `select (select count(*) from said),
			(select count(*) from said d where not exists (select from es.claims c where `+same+`)),
			(select count(*) from `+theirs+` c where not exists (select from said d where `+same+`))`, log).Scan(&diff.Held, &diff.Missing, &diff.Extra)
		if err != nil || !mend {
			return err
		}
		_, err = tx.Exec(ctx, `delete from es.claims c using es.tenants t where t.tenant_id = c.tenant_id and t.log_id = $1
			and not exists (select from said d where `+same+`)`, log)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `insert into es.claims (tenant_id, scope, hash, stream_id, normaliser)
			select tenant_id, scope, hash, stream_id, $1 from said on conflict do nothing`, domain.ClaimNormaliser)
		return err
	})
	return diff, unavailable("compare the claims", err)
}

type history struct {
	org    string
	stream domain.StreamID
	facts  []any
}

const factsPerScan = 5_000

// eachStream hands over every stream whole, some at a time.
func (s *Store) eachStream(ctx context.Context, tx pgx.Tx, log int16, do func([]history) error) error {
	g := grouper{org: firstID, stream: firstID}
	for {
		facts, err := s.factsBehind(ctx, tx, log, g)
		if err != nil {
			return err
		}
		whole, err := g.add(facts)
		if err != nil {
			return err
		}
		last := len(facts) < factsPerScan
		if last && g.open != nil {
			whole = append(whole, *g.open)
		}
		if err := do(whole); err != nil || last {
			return err
		}
	}
}

func (s *Store) factsBehind(ctx context.Context, tx pgx.Tx, log int16, g grouper) ([]Recorded, error) {
	rows, err := tx.Query(ctx, `select `+recordedColumns+` from es.events e where e.log_id = $1 and (e.tenant_id, e.stream_id, e.version) > ($2, $3, $4)
		order by e.tenant_id, e.stream_id, e.version limit $5`, log, g.org, g.stream, g.version, factsPerScan)
	if err != nil {
		return nil, err
	}
	stored, err := pgx.CollectRows(rows, scanStored)
	if err != nil {
		return nil, err
	}
	return s.opener.open(ctx, stored, s.opener.vault.ForReading)
}

// grouper puts facts in the order of streams together, stream by stream.
type grouper struct {
	org, stream string // of the last fact
	version     int
	open        *history // the stream that may go on
}

// add gives the streams that have come to their end.
func (g *grouper) add(facts []Recorded) (whole []history, err error) {
	for _, f := range facts {
		if f.Err != nil {
			return nil, fmt.Errorf("position %d: %w", f.Position, f.Err)
		}
		if g.open == nil || g.org != f.Org || g.stream != f.Stream.ID {
			if g.open != nil {
				whole = append(whole, *g.open)
			}
			g.open = &history{org: f.Org, stream: f.Stream}
		}
		g.open.facts = append(g.open.facts, f.Fact)
		g.org, g.stream, g.version = f.Org, f.Stream.ID, f.Version
	}
	return whole, nil
}

// sayClaims notes what the log says of some streams.
func (s *Store) sayClaims(ctx context.Context, tx pgx.Tx, streams []history) error {
	var orgs, ids, scopes []string
	var hashes [][]byte
	for _, h := range streams {
		index, err := s.prepare.vault.Index(ctx, h.org)
		if err != nil {
			return err
		}
		for _, c := range schema.Claims(h.stream.Category, h.facts) {
			orgs, ids, scopes, hashes = append(orgs, h.org), append(ids, h.stream.ID), append(scopes, c.Scope), append(hashes, claimHash(index, c))
		}
	}
	_, err := tx.Exec(ctx, `insert into said select * from unnest($1::uuid[], $2::text[], $3::bytea[], $4::uuid[])`, orgs, scopes, hashes, ids)
	return err
}
