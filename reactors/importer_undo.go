package reactors

import (
	"context"
	"fmt"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/company"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/projections"
)

// undo takes back what the last commit has done: leads first, and then the companies
// for which nobody works any more.
func (s *stage) undo(ctx context.Context) (bool, error) {
	if err := s.Await(ctx, projections.EventIndex()); err != nil {
		return false, err
	}
	for _, part := range []struct {
		kind string
		take func(context.Context, string, []string, []int64) error
	}{{"lead.", s.takeBackLeads}, {"company.registered", s.takeBackCompanies}} {
		for {
			if s.late() {
				return false, nil
			}
			streams, positions, err := s.Queries.Caused(ctx, s.job.Org, s.chain, part.kind, s.cursor(part.kind), importBatch)
			if err != nil {
				return false, err
			}
			if len(streams) == 0 {
				break
			}
			if err := part.take(ctx, s.chain, streams, positions); err != nil {
				return false, err
			}
			s.advance(part.kind, positions[len(positions)-1])
			s.at.Rows += len(streams)
			if err := s.Staging.Save(ctx, s.job.Org, s.id, nil, s.at); err != nil {
				return false, err
			}
		}
	}
	return true, s.undone(ctx)
}

// The companies are gone through when the leads are: the cursor then counts below zero.
func (s *stage) cursor(kind string) int64 {
	switch {
	case kind == "lead." && s.at.Cursor < 0:
		return 1 << 62
	case kind != "lead." && s.at.Cursor > 0:
		return 0
	case kind != "lead.":
		return -s.at.Cursor
	}
	return s.at.Cursor
}

func (s *stage) advance(kind string, position int64) {
	if s.at.Cursor = position; kind != "lead." {
		s.at.Cursor = -position
	}
}

func (s *stage) takeBackLeads(ctx context.Context, chain string, streams []string, positions []int64) error {
	return undoing{Run: s.Run, Staging: s.Staging, org: s.job.Org, id: s.id, chain: chain, at: &s.at}.leads(ctx, s.call(fmt.Sprintf("undo|%d", positions[0])), streams, positions)
}

func (s *stage) takeBackCompanies(ctx context.Context, chain string, streams []string, positions []int64) error {
	if err := s.Await(ctx, projections.Leads()); err != nil {
		return err
	}
	employed, err := s.Queries.Employed(ctx, s.job.Org, streams)
	if err != nil {
		return err
	}
	ids := make([]domain.StreamID, len(streams))
	for i, id := range streams {
		ids[i] = company.Stream(id)
	}
	histories, _, err := s.Run.Store.LoadMany(ctx, s.job.Org, ids, nil)
	if err != nil {
		return err
	}
	var cmds []commands.Command[company.Company, company.Event]
	for _, id := range streams {
		h := histories[id]
		for n, m := range h.Marks { // what this very job has done does not count: it may be run again
			if m.Correlation == s.job.Correlation {
				h.Version, h.Facts = n, h.Facts[:n]
				break
			}
		}
		if h.Version == 1 && (!employed[id] || len(h.Marks) > 1) {
			cmds = append(cmds, commands.DeleteCompany{ID: id})
		}
	}
	_, err = commands.ExecuteMany(ctx, s.Run, s.call(fmt.Sprintf("undo companies|%d", positions[0])), cmds)
	return err
}

// undone counts what was taken back, by what stands in the log, and notes it.
func (s *stage) undone(ctx context.Context) error {
	if err := s.Await(ctx, projections.EventIndex()); err != nil {
		return err
	}
	var u imports.Undone
	for _, c := range []struct {
		kind string
		n    *int
	}{{"lead.deleted", &u.Deleted}, {"lead.edited", &u.Reverted}, {"company.deleted", &u.Companies}} {
		n, err := s.Queries.CausedStreams(ctx, s.job.Org, s.job.Correlation, c.kind)
		if err != nil {
			return err
		}
		*c.n = n
	}
	var err error
	if u.KeptLeads, u.Kept, err = s.Staging.Kept(ctx, s.job.Org, s.id, s.job.Event, keptNamed); err != nil {
		return err
	}
	return s.record(ctx, commands.RecordImport{Undone: &u})
}
