package projections

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/suppression"
	"github.com/canvass-hq/canvass/eventstore"
)

// Suppressions is the list of addresses to which something may not be written.
func Suppressions() Projection {
	return Projection{
		Name: "suppressions", Version: 1, Tables: []string{"suppressions"}, Reads: []string{suppression.Category}, Apply: suppressionRows().apply,
		DDL: `create table {suppressions} (
			tenant_id uuid not null,
			id uuid not null,
			email text,                 -- null once it is forgotten
			entries json not null,
			active boolean not null,    -- something may not be written
			forgotten boolean not null,
			version int not null,
			created_position bigint not null,
			position bigint not null,
			created_at timestamptz not null,
			updated_at timestamptz not null,
			primary key (tenant_id, id)
		)`,
		Indexes: `create index on {suppressions} (tenant_id, created_position) where active`,
	}
}

// Suppression is one row.
type Suppression struct {
	ID        string             `json:"id" format:"uuid" doc:"A keyed hash of the address: the same for as long as the organization is"`
	Email     string             `json:"email,omitempty" doc:"Absent once somebody who had it was erased"`
	Entries   []SuppressionEntry `json:"entries" nullable:"false" doc:"What may not be written, by scope; none once all of them are lifted"`
	Version   int                `json:"version" doc:"Version of the suppression, also its ETag"`
	Position  int64              `json:"position" doc:"Position in the log of the suppression's last fact"`
	CreatedAt time.Time          `json:"created_at"`
	UpdatedAt time.Time          `json:"updated_at"`

	forgotten bool
	created   int64
}

// SuppressionEntry is what holds for one scope.
type SuppressionEntry struct {
	Scope suppression.Scope `json:"scope" doc:"all, purpose:NAME or campaign:ID"`

	suppression.Entry
}

// Created is the suppression's place in the list.
func (s Suppression) Created() int64 { return s.created }

const suppressionColumns = `id, email, entries, forgotten, version, created_position, position, created_at, updated_at`

func scanSuppression(row pgx.CollectableRow) (Suppression, error) {
	var s Suppression
	var entries []byte
	if err := row.Scan(&s.ID, orEmpty(&s.Email), &entries, &s.forgotten, &s.Version, &s.created, &s.Position, &s.CreatedAt, &s.UpdatedAt); err != nil {
		return s, err
	}
	s.CreatedAt, s.UpdatedAt = s.CreatedAt.UTC(), s.UpdatedAt.UTC()
	return s, json.Unmarshal(entries, &s.Entries)
}

func suppressionRows() rowFold[Suppression] {
	return rowFold[Suppression]{
		table: "suppressions", columns: columnsOf(`id, email, entries, active, forgotten, version, created_position, position, created_at, updated_at`),
		read: "tenant_id, " + suppressionColumns,
		scan: func(row pgx.CollectableRow) (k rowKey, s Suppression, err error) {
			s, err = scanSuppression(after{row, &k.org})
			k.id = s.ID
			return k, s, err
		},
		fold: (*Suppression).fold,
		values: func(s *Suppression, k rowKey) []any {
			entries, _ := json.Marshal(append([]SuppressionEntry{}, s.Entries...)) // texts and times always encode
			return []any{
				asUUID(k.org), asUUID(k.id), orNull(s.Email), json.RawMessage(entries), len(s.Entries) > 0, s.forgotten,
				int32(s.Version), s.created, s.Position, s.CreatedAt, s.UpdatedAt, //nolint:gosec // a version
			}
		},
	}
}

// fold is the suppression's own Evolve, so that the row and the rules never disagree.
func (s *Suppression) fold(e eventstore.Recorded) {
	fact, ok := e.Fact.(suppression.Event)
	if !ok {
		return
	}
	if s.created == 0 {
		s.ID, s.created, s.CreatedAt = e.Stream.ID, e.Position, e.RecordedAt
	}
	before := suppression.Suppression{Email: s.Email, Known: s.Version > 0, Forgotten: s.forgotten, Entries: map[suppression.Scope]suppression.Entry{}}
	for _, entry := range s.Entries {
		before.Entries[entry.Scope] = entry.Entry
	}
	next := before.Evolve(fact)
	s.Email, s.forgotten, s.Entries = next.Email, next.Forgotten, nil
	for scope, entry := range next.Entries {
		s.Entries = append(s.Entries, SuppressionEntry{scope, entry})
	}
	slices.SortFunc(s.Entries, func(a, b SuppressionEntry) int { return cmp.Compare(a.Scope, b.Scope) })
	s.Version, s.Position, s.UpdatedAt = e.Version, e.Position, e.RecordedAt
}

// shownTo masks the address for who may not see it, and what was written beside it.
func (s Suppression) shownTo(p access.Principal) Suppression {
	if !p.Masked() {
		return s
	}
	s.Email, s.Entries = lead.MaskedAddress(s.Email), slices.Clone(s.Entries)
	for i := range s.Entries {
		s.Entries[i].Note = ""
	}
	return s
}

// Suppression gives one suppression, or suppression.ErrNotFound.
func (q *Queries) Suppression(ctx context.Context, p access.Principal, id string) (s Suppression, err error) {
	b := eventstore.ForOrg(p.Org)
	b.Queue(`select `+suppressionColumns+` from `+Suppressions().Live().Table("suppressions")+` where tenant_id = $1 and id = $2`, p.Org, asUUID(id)).
		Query(func(rows pgx.Rows) (err error) {
			s, err = pgx.CollectExactlyOneRow(rows, scanSuppression)
			return err
		})
	if err = q.app.SendBatch(ctx, b).Close(); errors.Is(err, pgx.ErrNoRows) {
		return Suppression{}, suppression.ErrNotFound
	}
	return s.shownTo(p), orUnavailable(err)
}

// SuppressionPage lists the addresses to which something may not be written, or the one of
// an id, the newest first.
func (q *Queries) SuppressionPage(ctx context.Context, p access.Principal, id string, before int64, limit int) (Page[Suppression], error) {
	w := ofOrg(p.Org)
	w.parts = append(w.parts, "active")
	if id != "" {
		w.and("id = ?", asUUID(id))
	}
	page, err := newest[Suppression]{of: Suppressions(), columns: suppressionColumns, scan: scanSuppression, where: w}.page(ctx, q, p.Org, before, limit)
	for i, s := range page.Items {
		page.Items[i] = s.shownTo(p)
	}
	return page, err
}

// Suppressed gives what may not be written to addresses, by the ids of their suppressions.
func (q *Queries) Suppressed(ctx context.Context, org string, ids []string) (map[string]suppression.Suppression, error) {
	rows, err := rowsOf(ctx, q, org, `select `+suppressionColumns+` from `+Suppressions().Live().Table("suppressions")+` where tenant_id = $1 and id = any($2::uuid[]) and active`, []any{org, known(ids)}, scanSuppression)
	out := make(map[string]suppression.Suppression, len(rows))
	for _, s := range rows {
		held := suppression.Suppression{Known: true, Forgotten: s.forgotten, Entries: map[suppression.Scope]suppression.Entry{}}
		for _, e := range s.Entries {
			held.Entries[e.Scope] = e.Entry
		}
		out[s.ID] = held
	}
	return out, err
}
