package reactors

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/company"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/projections"
)

// commit carries the plan out. What is decided for some rows is staged before it is
// written, so that a job which is run again gives the same commands. While some rows are
// written, the next ones are read and judged.
func (s *stage) commit(ctx context.Context) (bool, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	next := make(chan *batch)
	var done bool
	var fault error
	go func() {
		defer close(next)
		done, fault = s.rows(ctx, func(rows []imports.Row, bytes int64) (bool, error) {
			b, err := s.batch(ctx, rows, bytes)
			if err != nil || b == nil {
				return true, err
			}
			select {
			case next <- b:
				return true, nil
			case <-ctx.Done():
				return false, ctx.Err()
			}
		})
	}()
	for b := range next {
		err := s.write(ctx, b)
		if err == nil && !s.late() {
			continue
		}
		stop()
		for range next { // until the reader has heard
		}
		return false, err
	}
	if fault != nil || !done {
		return false, fault
	}
	counts, err := s.Staging.Counts(ctx, s.job.Org, s.id)
	if err != nil {
		return false, err
	}
	return true, s.record(ctx, commands.RecordImport{Committed: &imports.Committed{Counts: counts, Companies: s.at.Companies, Changed: s.at.Changed}})
}

// batch is some rows on their way.
type batch struct {
	rows    []judged
	bytes   int64 // of the file, up to its end
	ready   bool  // a run before has decided on it
	changed int   // rows of which something else becomes than was planned
}

// batch plans rows again, on what the world holds now; nothing for rows that are through.
// Of rows on which a run before has decided it takes that.
func (s *stage) batch(ctx context.Context, rows []imports.Row, bytes int64) (*batch, error) {
	staged, err := s.Staging.Lines(ctx, s.job.Org, s.id, rows[0].Line, rows[len(rows)-1].Line)
	if err != nil {
		return nil, err
	}
	first := staged[rows[0].Line]
	if first.Done {
		return nil, nil //nolint:nilnil // nothing is left to do
	}
	b := &batch{bytes: bytes, ready: first.Ready}
	if b.ready {
		for _, row := range rows {
			j := judged{StagedRow: staged[row.Line]}
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
		b.rows[i].Ready = true
		if staged[rows[i].Line].Outcome != b.rows[i].Outcome {
			b.changed++
		}
	}
	return b, nil
}

// write stages what is decided, and then carries it out.
func (s *stage) write(ctx context.Context, b *batch) error {
	if !b.ready {
		if err := s.employ(ctx, b.rows); err != nil {
			return err
		}
		s.at.Changed += b.changed
		if err := s.save(ctx, b.rows); err != nil {
			return err
		}
	}
	if err := s.carryOut(ctx, b.rows); err != nil {
		return err
	}
	s.at.Rows, s.at.Bytes = s.at.Rows+len(b.rows), b.bytes
	return s.save(ctx, b.rows)
}

func (s *stage) save(ctx context.Context, rows []judged) error {
	staged := make([]projections.StagedRow, len(rows))
	for i, r := range rows {
		staged[i] = r.StagedRow
	}
	return s.Staging.Save(ctx, s.job.Org, s.id, staged, s.at)
}

// taken tells whether a row's lead is written.
func (j *judged) taken() bool {
	return j.Outcome == imports.Create || j.Outcome == imports.Update || j.Outcome == imports.Unchanged
}

// employ finds the companies of rows, and decides which row registers one that is not
// known yet.
func (s *stage) employ(ctx context.Context, rows []judged) error {
	var claims []domain.Claim
	for i := range rows {
		if c := rows[i].Person.Company; rows[i].taken() && c != (company.Details{}) {
			claims = append(claims, c.Claim())
		}
	}
	holders, err := s.Find(ctx, s.job.Org, claims)
	if err != nil {
		return err
	}
	for i := range rows {
		c := rows[i].Person.Company
		if !rows[i].taken() || c == (company.Details{}) {
			continue
		}
		claim := c.Claim()
		if holders[claim] == "" {
			holders[claim] = uuid.NewSHA1(uuid.MustParse(rows[i].Lead), []byte(company.Category)).String() // a lead's id is a UUID
			rows[i].Fresh = true
		}
		rows[i].StagedRow.Company = holders[claim]
	}
	return nil
}

// carryOut registers the companies of rows and writes their leads.
func (s *stage) carryOut(ctx context.Context, rows []judged) error {
	if err := s.register(ctx, rows); err != nil {
		return err
	}
	var cmds []commands.Command[lead.Lead, lead.Event]
	var of []int
	for i := range rows {
		j := &rows[i]
		if !j.taken() {
			continue
		}
		d := j.Details
		d.CompanyID = j.StagedRow.Company
		var cmd commands.Command[lead.Lead, lead.Event] = commands.MergeLead{ID: j.Lead, Overwrite: s.state.Options.OnDuplicate == imports.Overwrite, Details: d}
		if j.Outcome == imports.Create {
			cmd = commands.CaptureLead{ID: j.Lead, Owner: j.Owner, Status: j.Status, Details: d, Normalised: true}
		}
		cmds, of = append(cmds, cmd), append(of, i)
	}
	results, err := commands.ExecuteMany(ctx, s.Run, s.call(fmt.Sprintf("leads|%d", rows[0].Line)), cmds)
	if err != nil {
		return err
	}
	for n, r := range results {
		if r.Err != nil {
			s.refuse(&rows[of[n]], r.Err)
		}
	}
	for i := range rows {
		rows[i].Done = true
	}
	return nil
}

// refuse notes why a row's lead was not written after all.
func (s *stage) refuse(j *judged, err error) {
	s.at.Changed++
	reason := imports.Reason{Code: "lead.refused", Message: "the lead was refused"}
	if refusal, ok := errors.AsType[*domain.Error](err); ok {
		reason.Code, reason.Message = refusal.Code, refusal.Message
		if len(refusal.Fields) > 0 {
			reason.Field = refusal.Fields[0].Name
		}
		if len(refusal.Streams) > 0 {
			reason.Lead = refusal.Streams[0]
		}
	}
	j.Outcome, j.Reasons = imports.Refused, []imports.Reason{reason}
}

// register opens the companies that rows bring. One that somebody else has opened
// meanwhile is taken as it is.
func (s *stage) register(ctx context.Context, rows []judged) error {
	var cmds []commands.Command[company.Company, company.Event]
	var of []int
	for i := range rows {
		if rows[i].Fresh {
			cmds, of = append(cmds, commands.RegisterCompany{ID: rows[i].StagedRow.Company, Details: rows[i].Person.Company}), append(of, i)
		}
	}
	results, err := commands.ExecuteMany(ctx, s.Run, s.call(fmt.Sprintf("companies|%d", rows[0].Line)), cmds)
	if err != nil {
		return err
	}
	var lost []domain.Claim
	for n, r := range results {
		if r.Err == nil {
			s.at.Companies++
		} else {
			lost = append(lost, rows[of[n]].Person.Company.Claim())
		}
	}
	if lost == nil {
		return nil
	}
	holders, err := s.Find(ctx, s.job.Org, lost)
	if err != nil {
		return err
	}
	for i := range rows {
		if holder, ok := holders[rows[i].Person.Company.Claim()]; ok && rows[i].StagedRow.Company != "" {
			rows[i].StagedRow.Company, rows[i].Fresh = holder, false
		}
	}
	return nil
}
