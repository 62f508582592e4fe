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
	if err := s.listed(ctx); err != nil {
		return false, err
	}
	line, employers, err := s.Staging.Decided(ctx, s.job.Org, s.id, s.job.Event)
	if err != nil {
		return false, err
	}
	before := begun{through: int(s.at.Cursor), line: line, employers: employers}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	next := make(chan *batch)
	var done bool
	var fault error
	go func() {
		defer close(next)
		done, fault = s.rows(ctx, func(rows []imports.Row, bytes int64) (bool, error) {
			b, err := s.batch(ctx, before, rows, bytes)
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

// taken tells whether a row's lead is written.
func (j *judged) taken() bool {
	return j.Outcome == imports.Create || j.Outcome == imports.Update || j.Outcome == imports.Unchanged
}

// employ finds the companies of rows, and decides which row registers one that is not
// known yet.
func (s *stage) employ(ctx context.Context, rows []judged) error {
	var claims []domain.Claim
	for i := range rows {
		if c := rows[i].Company; rows[i].taken() && c != (company.Details{}) {
			claims = append(claims, c.Claim())
		}
	}
	holders, err := s.Find(ctx, s.job.Org, claims)
	if err != nil {
		return err
	}
	for i := range rows {
		c := rows[i].Company
		if !rows[i].taken() || c == (company.Details{}) {
			continue
		}
		claim := c.Claim()
		if holders[claim] == "" {
			holders[claim] = uuid.NewSHA1(uuid.MustParse(rows[i].Lead), []byte(company.Category)).String() // a lead's id is a UUID
			rows[i].employer.Fresh = true
		}
		rows[i].employer.ID = holders[claim]
	}
	return nil
}

// carryOut registers the companies of rows and writes their leads. It gives the rows
// that were refused.
func (s *stage) carryOut(ctx context.Context, rows []judged) (refused []projections.StagedRow, err error) {
	if err := s.register(ctx, rows); err != nil {
		return nil, err
	}
	var cmds []commands.Command[lead.Lead, lead.Event]
	var of []int
	for i := range rows {
		j := &rows[i]
		if !j.taken() {
			continue
		}
		d := j.Details
		d.CompanyID = j.employer.ID
		var cmd commands.Command[lead.Lead, lead.Event] = commands.MergeLead{ID: j.Lead, Overwrite: s.state.Options.OnDuplicate == imports.Overwrite, Details: d}
		if j.Outcome == imports.Create {
			cmd = commands.CaptureLead{ID: j.Lead, Owner: j.Owner, Status: j.Status, Details: d, Normalised: true}
		}
		cmds, of = append(cmds, cmd), append(of, i)
	}
	results, err := commands.ExecuteMany(ctx, s.Run, s.call(fmt.Sprintf("leads|%d", rows[0].Line)), cmds)
	if err != nil {
		return nil, err
	}
	for n, r := range results {
		if r.Err != nil {
			s.refuse(&rows[of[n]], r.Err)
			refused = append(refused, rows[of[n]].StagedRow)
		}
	}
	unnoted, err := s.note(ctx, rows)
	return append(refused, unnoted...), err
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
		if rows[i].employer.Fresh {
			cmds, of = append(cmds, commands.RegisterCompany{ID: rows[i].employer.ID, Details: rows[i].Company}), append(of, i)
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
			lost = append(lost, rows[of[n]].Company.Claim())
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
		if holder, ok := holders[rows[i].Company.Claim()]; ok && rows[i].employer.ID != "" {
			rows[i].employer = projections.Employer{ID: holder}
		}
	}
	return nil
}
