package projections

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/imports"
)

// StagedRow is what is planned for a row of a file, and what became of it.
type StagedRow struct {
	Line    int
	Key     []byte // by which the row's lead is found, hashed
	Lead    string // that the row makes or is of
	First   int    // line of the first row with the key, where that is another; else 0
	Outcome imports.Outcome
	Reasons []imports.Reason

	Firm     []byte // the domain of a company that is not known yet, hashed
	FirmName []byte // its name in the row, hashed; nil for none
}

// Employer is the company that a row's lead works for.
type Employer struct {
	ID    string `json:"id,omitempty"`
	Fresh bool   `json:"fresh,omitempty"` // the row registers it
}

// StageProgress is how far a stage of an import, or of a bulk action, is; a job that is
// run again goes on there.
type StageProgress struct {
	Run       string // the fact that asked for the stage
	Stage     string
	Rows      int
	Bytes     int64
	Changed   int   // rows of which something else became than was planned
	Companies int   // that were registered
	Cursor    int64 // position up to which an undo is through, or line up to which a commit is
	Prepared  int64 // position behind which an undo has noted what it keeps, or how many leads are selected; -1 for none
}

// Begin starts a stage; planning forgets what was planned before.
func (s *Staging) Begin(ctx context.Context, org, id string, p StageProgress, forget bool) error {
	b := &pgx.Batch{}
	if forget {
		b.Queue(`delete from staging.rows where tenant_id = $1 and import_id = $2`, org, id)
	}
	queueProgress(b, org, id, p)
	return orUnavailable(s.Worker.SendBatch(ctx, b).Close())
}

func queueProgress(b *pgx.Batch, org, id string, p StageProgress) {
	b.Queue(`insert into staging.progress (tenant_id, import_id, run, stage, rows, bytes, changed, companies, cursor, prepared) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		on conflict (tenant_id, import_id) do update set run = excluded.run, stage = excluded.stage, rows = excluded.rows, bytes = excluded.bytes,
			changed = excluded.changed, companies = excluded.companies, cursor = excluded.cursor, prepared = excluded.prepared`,
		org, id, p.Run, p.Stage, p.Rows, p.Bytes, p.Changed, p.Companies, p.Cursor, p.Prepared)
}

// Progress tells how far an import is; nothing when nothing has begun.
func (s *Staging) Progress(ctx context.Context, org, id string) (p StageProgress, err error) {
	err = s.Worker.QueryRow(ctx, `select run::text, stage, rows, bytes, changed, companies, cursor, prepared from staging.progress where tenant_id = $1 and import_id = $2`, org, id).
		Scan(&p.Run, &p.Stage, &p.Rows, &p.Bytes, &p.Changed, &p.Companies, &p.Cursor, &p.Prepared)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, nil
	}
	return p, orUnavailable(err)
}

// Save keeps what is planned for rows, or what became of them, and how far that is.
func (s *Staging) Save(ctx context.Context, org, id string, rows []StagedRow, p StageProgress) error {
	b := &pgx.Batch{}
	if err := queueRows(b, org, id, rows); err != nil {
		return err
	}
	queueProgress(b, org, id, p)
	return orUnavailable(s.Worker.SendBatch(ctx, b).Close())
}

// Decide keeps what a commit is about to carry out: the employers of the rows from a
// line on, and the rows of which something else becomes than was planned.
func (s *Staging) Decide(ctx context.Context, org, id string, line int, employers []Employer, rows []StagedRow, p StageProgress) error {
	text, err := json.Marshal(employers)
	if err != nil {
		return err
	}
	b := &pgx.Batch{}
	if err := queueRows(b, org, id, rows); err != nil {
		return err
	}
	b.Queue(`insert into staging.decided (tenant_id, import_id, run, line, employers) values ($1, $2, $3, $4, $5)
		on conflict (tenant_id, import_id) do update set run = excluded.run, line = excluded.line, employers = excluded.employers`, org, id, p.Run, line, text)
	queueProgress(b, org, id, p)
	return orUnavailable(s.Worker.SendBatch(ctx, b).Close())
}

// Decided is what Decide kept last in a run; line is 0 when there is nothing.
func (s *Staging) Decided(ctx context.Context, org, id, run string) (line int, employers []Employer, err error) {
	var text []byte
	err = s.Worker.QueryRow(ctx, `select line, employers from staging.decided where tenant_id = $1 and import_id = $2 and run = $3`, org, id, run).Scan(&line, &text)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return 0, nil, nil
	case err != nil:
		return 0, nil, unavailable(err)
	}
	return line, employers, json.Unmarshal(text, &employers)
}

func queueRows(b *pgx.Batch, org, id string, rows []StagedRow) error {
	if len(rows) == 0 {
		return nil
	}
	columns, err := stagedColumns(rows)
	if err != nil {
		return err
	}
	b.Queue(`insert into staging.rows (tenant_id, import_id, line, key, lead, first, outcome, reasons, firm, firm_name)
		select $1, $2, * from unnest($3::int[], $4::bytea[], $5::uuid[], $6::int[], $7::text[], $8::json[], $9::bytea[], $10::bytea[])
		on conflict (tenant_id, import_id, line) do update set outcome = excluded.outcome, reasons = excluded.reasons, lead = excluded.lead`,
		append([]any{org, id}, columns...)...)
	return nil
}

func stagedColumns(rows []StagedRow) ([]any, error) {
	n := len(rows)
	lines, firsts, keys := make([]int32, n), make([]*int32, n), make([][]byte, n)
	firms, names := make([][]byte, n), make([][]byte, n)
	leads, outcomes, reasons := make([]*string, n), make([]string, n), make([]*string, n)
	for i := range rows {
		r := &rows[i]
		lines[i], keys[i], outcomes[i] = int32(r.Line), r.Key, string(r.Outcome) //nolint:gosec // a line
		leads[i], firms[i], names[i] = unlessEmpty(r.Lead), r.Firm, r.FirmName
		if r.First > 0 {
			first := int32(r.First) //nolint:gosec // a line
			firsts[i] = &first
		}
		if len(r.Reasons) > 0 {
			text, err := json.Marshal(r.Reasons)
			if err != nil {
				return nil, err
			}
			reasons[i] = unlessEmpty(string(text))
		}
	}
	return []any{lines, keys, leads, firsts, outcomes, reasons, firms, names}, nil
}

func unlessEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Counts counts the rows by what is planned for them, or what became of them.
func (s *Staging) Counts(ctx context.Context, org, id string) (c imports.Counts, err error) {
	rows, err := s.Worker.Query(ctx, `select outcome, reasons is not null, count(*) from staging.rows where tenant_id = $1 and import_id = $2 group by 1, 2`, org, id)
	if err != nil {
		return c, unavailable(err)
	}
	var outcome imports.Outcome
	var reasoned bool
	var n int
	_, err = pgx.ForEachRow(rows, []any{&outcome, &reasoned, &n}, func() error {
		c.Add(outcome, reasoned, n)
		return nil
	})
	return c, orUnavailable(err)
}

const stagedRead = `line, coalesce(lead::text, ''), coalesce(first, 0), outcome, reasons`

// Lines gives the rows of a file from one line to another.
func (s *Staging) Lines(ctx context.Context, org, id string, from, to int) (map[int]StagedRow, error) {
	rows, err := s.Worker.Query(ctx, `select `+stagedRead+` from staging.rows where tenant_id = $1 and import_id = $2 and line between $3 and $4`, org, id, from, to)
	if err != nil {
		return nil, unavailable(err)
	}
	out := map[int]StagedRow{}
	return out, orUnavailable(collectStaged(rows, func(r StagedRow) { out[r.Line] = r }))
}

func collectStaged(rows pgx.Rows, each func(StagedRow)) error {
	var r StagedRow
	var reasons []byte
	_, err := pgx.ForEachRow(rows, []any{&r.Line, &r.Lead, &r.First, &r.Outcome, &reasons}, func() error {
		r.Reasons = nil
		if reasons != nil {
			if err := json.Unmarshal(reasons, &r.Reasons); err != nil {
				return err
			}
		}
		each(r)
		return nil
	})
	return err
}

// LastLine is the last line for which something is planned; 0 for none.
func (s *Staging) LastLine(ctx context.Context, org, id string) (line int, err error) {
	err = s.Worker.QueryRow(ctx, `select coalesce(max(line), 0) from staging.rows where tenant_id = $1 and import_id = $2`, org, id).Scan(&line)
	return line, orUnavailable(err)
}

// Keep notes the leads that an undo leaves as they are, before it takes anything back.
func (s *Staging) Keep(ctx context.Context, org, id string, leads []string, p StageProgress) error {
	b := &pgx.Batch{}
	b.Queue(`insert into staging.kept (tenant_id, import_id, run, lead) select $1, $2, $3, * from unnest($4::uuid[]) on conflict do nothing`, org, id, p.Run, leads)
	queueProgress(b, org, id, p)
	return orUnavailable(s.Worker.SendBatch(ctx, b).Close())
}

// Kept counts the leads that an undo has left as they are, and names the first of them.
func (s *Staging) Kept(ctx context.Context, org, id, run string, most int) (leads []string, n int, err error) {
	err = s.Worker.QueryRow(ctx, `select count(*), coalesce((array_agg(lead::text order by lead))[:$4], '{}') from staging.kept where tenant_id = $1 and import_id = $2 and run = $3`,
		org, id, run, most).Scan(&n, &leads)
	return leads, n, orUnavailable(err)
}
