package projections

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore"
)

// Notes are what is written down about every lead, and kept.
func Notes() Projection {
	return Projection{
		Name: "notes", Version: 1, Tables: []string{"notes"}, Reads: []string{"lead.noted", "lead.note_removed", "lead.erased"}, Apply: applyNotes,
		DDL: `create table {notes} (
			tenant_id uuid not null,
			lead uuid not null,
			id uuid not null,
			text text,
			author text not null,
			position bigint not null,
			created_at timestamptz not null,
			primary key (tenant_id, lead, id)
		)`,
		Indexes: `create index on {notes} (tenant_id, lead, position)`,
	}
}

// Note is one row.
type Note struct {
	ID        string    `json:"id" format:"uuid"`
	Text      string    `json:"text,omitempty" doc:"Absent when the lead is erased"`
	Author    string    `json:"author" doc:"Who wrote it: user:<id>, or api:<id> for a key" example:"user:01900000-0000-7000-8000-0000000000e1"`
	CreatedAt time.Time `json:"created_at"`

	position int64
}

// Position is the note's place in the list.
func (n Note) Position() int64 { return n.position }

// noteKey names a note; only organization and lead where it stands for all of a lead's.
type noteKey struct{ org, lead, id string }

// noteChanges is what a batch does to the notes, each once.
type noteChanges struct {
	added   []noteKey
	rows    map[noteKey]Note
	removed []noteKey
	erased  []noteKey
}

func applyNotes(ctx context.Context, tx pgx.Tx, at Place, batch []eventstore.Recorded) error {
	c := noteChanges{rows: map[noteKey]Note{}}
	for _, e := range batch {
		c.fold(e)
	}
	for _, part := range []struct {
		of  []noteKey
		sql string
	}{
		{c.removed, `delete from %s n using unnest($1::uuid[], $2::uuid[], $3::uuid[]) u(t, l, i) where n.tenant_id = u.t and n.lead = u.l and n.id = u.i`},
		{c.erased, `update %s n set text = null from (select distinct t, l from unnest($1::uuid[], $2::uuid[], $3::uuid[]) x(t, l, i)) u where n.tenant_id = u.t and n.lead = u.l`},
	} {
		if len(part.of) > 0 {
			orgs, leads, ids := noteArrays(part.of)
			if _, err := tx.Exec(ctx, fmt.Sprintf(part.sql, at.Table("notes")), orgs, leads, ids); err != nil {
				return err
			}
		}
	}
	return c.save(ctx, tx, at)
}

func (c *noteChanges) fold(e eventstore.Recorded) {
	k := noteKey{org: e.Org, lead: e.Stream.ID}
	switch f := e.Fact.(type) {
	case lead.Noted:
		k.id = f.Note
		c.added = append(c.added, k)
		c.rows[k] = Note{ID: f.Note, Text: f.Text, Author: e.Meta.Actor, CreatedAt: e.RecordedAt, position: e.Position}
	case lead.NoteRemoved:
		k.id = f.Note
		if _, fresh := c.rows[k]; fresh {
			delete(c.rows, k)
			c.added = slices.DeleteFunc(c.added, func(a noteKey) bool { return a == k })
			return
		}
		c.removed = append(c.removed, k)
	case lead.Erased:
		c.erased = append(c.erased, k)
		for a, n := range c.rows {
			if a.org == k.org && a.lead == k.lead {
				n.Text = ""
				c.rows[a] = n
			}
		}
	}
}

// save writes new rows by COPY when there are many.
func (c *noteChanges) save(ctx context.Context, tx pgx.Tx, at Place) error {
	switch {
	case len(c.added) == 0:
		return nil
	case len(c.added) >= copyFrom:
		_, err := tx.CopyFrom(ctx, at.identifier("notes"), []string{"tenant_id", "lead", "id", "text", "author", "position", "created_at"},
			pgx.CopyFromSlice(len(c.added), func(i int) ([]any, error) {
				k := c.added[i]
				n := c.rows[k]
				return []any{asUUID(k.org), asUUID(k.lead), asUUID(k.id), orNull(n.Text), n.Author, n.position, n.CreatedAt}, nil
			}))
		return err
	}
	orgs, leads, ids := noteArrays(c.added)
	texts, authors := make(pgtype.FlatArray[pgtype.Text], len(c.added)), make([]string, len(c.added))
	positions, times := make([]int64, len(c.added)), make([]time.Time, len(c.added))
	for i, k := range c.added {
		n := c.rows[k]
		texts[i], authors[i], positions[i], times[i] = orNull(n.Text), n.Author, n.position, n.CreatedAt
	}
	_, err := tx.Exec(ctx, fmt.Sprintf(`insert into %s (tenant_id, lead, id, text, author, position, created_at)
		select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::bigint[], $7::timestamptz[])`, at.Table("notes")),
		orgs, leads, ids, texts, authors, positions, times)
	return err
}

func noteArrays(keys []noteKey) (orgs, leads, ids pgtype.FlatArray[pgtype.UUID]) {
	for _, k := range keys {
		orgs, leads, ids = append(orgs, asUUID(k.org)), append(leads, asUUID(k.lead)), append(ids, asUUID(k.id))
	}
	return orgs, leads, ids
}

const noteColumns = `id, text, author, position, created_at`

// NotePage lists the notes of a lead that the principal may see, the newest first, or
// gives lead.ErrNotFound; before is the Position of the last one of the page before, 0
// for the first page.
func (q *Queries) NotePage(ctx context.Context, p access.Principal, of string, before int64, limit int) (Page[Note], error) {
	if _, err := q.Lead(ctx, p, of); err != nil {
		return Page[Note]{}, err
	}
	w := ofOrg(p.Org)
	w.and("lead = ?", asUUID(of))
	return newest[Note]{of: Notes(), columns: noteColumns, key: "position", scan: scanNote, where: w}.page(ctx, q, p.Org, before, limit)
}

func scanNote(row pgx.CollectableRow) (Note, error) {
	var n Note
	err := row.Scan(&n.ID, orEmpty(&n.Text), &n.Author, &n.position, &n.CreatedAt)
	n.CreatedAt = n.CreatedAt.UTC()
	return n, err
}
