package reactors

import (
	"context"
	"slices"

	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/projections"
)

// begun is what a run before has done of a commit.
type begun struct {
	through   int // line up to which everything is written
	line      int // of the first of the rows that it decided on last
	employers []projections.Employer
}

// batch is some rows on their way.
type batch struct {
	rows    []judged
	bytes   int64                   // of the file, up to its end
	ready   bool                    // a run before has decided on it
	changed int                     // rows of which something else becomes than was planned
	staged  []projections.StagedRow // those to be staged anew
}

// batch plans rows again, on what the world holds now; nothing for rows that are through.
// Of rows on which a run before has decided it takes that.
func (s *stage) batch(ctx context.Context, before begun, rows []imports.Row, bytes int64) (*batch, error) {
	if rows[len(rows)-1].Line <= before.through {
		return nil, nil //nolint:nilnil // nothing is left to do
	}
	staged, err := s.Staging.Lines(ctx, s.job.Org, s.id, rows[0].Line, rows[len(rows)-1].Line)
	if err != nil {
		return nil, err
	}
	b := &batch{bytes: bytes, ready: rows[0].Line == before.line && len(rows) == len(before.employers)}
	if b.ready {
		for i, row := range rows {
			j := judged{StagedRow: staged[row.Line], employer: before.employers[i]}
			if row.Fault == nil {
				j.Person, _ = imports.Read(s.state.Columns, s.state.Options, row.Values)
			}
			b.rows = append(b.rows, j)
		}
		return b, nil
	}
	if b.rows, err = s.judge(ctx, rows, staged); err != nil {
		return nil, err
	}
	for i := range b.rows {
		was, is := staged[rows[i].Line], b.rows[i].StagedRow
		if was.Outcome != is.Outcome {
			b.changed++
		}
		if was.Outcome != is.Outcome || was.Lead != is.Lead || !slices.Equal(was.Reasons, is.Reasons) {
			b.staged = append(b.staged, is)
		}
	}
	return b, nil
}

// write notes what is decided, and then carries it out.
func (s *stage) write(ctx context.Context, b *batch) error {
	first, last := b.rows[0].Line, b.rows[len(b.rows)-1].Line
	if !b.ready {
		if err := s.employ(ctx, b.rows); err != nil {
			return err
		}
		employers := make([]projections.Employer, len(b.rows))
		for i := range b.rows {
			employers[i] = b.rows[i].employer
		}
		s.at.Changed += b.changed
		if err := s.Staging.Decide(ctx, s.job.Org, s.id, first, employers, b.staged, s.at); err != nil {
			return err
		}
	}
	refused, err := s.carryOut(ctx, b.rows)
	if err != nil {
		return err
	}
	s.at.Rows, s.at.Bytes, s.at.Cursor = s.at.Rows+len(b.rows), b.bytes, int64(last)
	return s.Staging.Save(ctx, s.job.Org, s.id, refused, s.at)
}
