package reactors

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"slices"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/company"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/projections"
)

// plan says of every row what would become of it, and changes nothing.
func (s *stage) plan(ctx context.Context) (bool, error) {
	if err := s.listed(ctx); err != nil {
		return false, err
	}
	last, err := s.Staging.LastLine(ctx, s.job.Org, s.id)
	if err != nil {
		return false, err
	}
	done, err := s.rows(ctx, func(rows []imports.Row, bytes int64) (bool, error) {
		if rows[len(rows)-1].Line <= last {
			return true, nil
		}
		planned, err := s.judge(ctx, rows, nil)
		if err != nil {
			return false, err
		}
		staged := make([]projections.StagedRow, len(planned))
		for i, p := range planned {
			staged[i] = p.StagedRow
		}
		s.at.Rows, s.at.Bytes = s.at.Rows+len(rows), bytes
		return !s.late(), s.Staging.Save(ctx, s.job.Org, s.id, staged, s.at)
	})
	if fault, ok := refusal(err); ok {
		return true, s.record(ctx, commands.RecordImport{Failed: &imports.Failed{Code: fault.Code, Message: fieldsOf(fault)}})
	}
	if err != nil || !done {
		return false, err
	}
	if err := s.Staging.Duplicates(ctx, s.job.Org, s.id, s.state.Options); err != nil {
		return false, err
	}
	if err := s.Staging.Namesakes(ctx, s.job.Org, s.id); err != nil {
		return false, err
	}
	counts, err := s.Staging.Counts(ctx, s.job.Org, s.id)
	if err != nil {
		return false, err
	}
	return true, s.record(ctx, commands.RecordImport{Planned: &imports.Planned{Counts: counts}})
}

// judged is a row with what becomes of it.
type judged struct {
	projections.StagedRow
	imports.Person

	employer projections.Employer // decided by the commit
}

// judge decides what becomes of rows, on what the world holds now. Preview and commit
// ask it alike; what the preview has staged of a row (its lead, the first row of its
// key) is given by line.
func (s *stage) judge(ctx context.Context, rows []imports.Row, before map[int]projections.StagedRow) ([]judged, error) {
	out, faults, claims := s.read(rows, before)
	holders, matches, err := s.holders(ctx, out, claims)
	if err != nil {
		return nil, err
	}
	leads, companies, err := s.known(ctx, out, holders)
	if err != nil {
		return nil, err
	}
	for i := range out {
		j := &out[i]
		found := imports.Found{Holders: holders, First: j.First}
		if key, ok := j.Person.Key(s.state.Options); ok && faults[i] == nil {
			j.StagedRow.Key = keyOf(s.job.Event, key)
			if l, id := leads[holders[key]], holders[key]; id != "" && !l.Deleted && !l.Erased {
				found.Lead, found.ID, found.Matches = &l, id, matches[key].Of
			}
		}
		if c, ok := companies[holders[j.Company.Claim()]]; ok {
			found.Company = &c
		} else {
			found.Renamed = slices.Contains(j.Reasons, imports.NameDiffers())
			j.firm(s.job.Event)
		}
		planned := j.Outcome
		j.Outcome, j.Reasons = s.state.Options.Plan(j.Person, faults[i], found)
		switch {
		case j.Outcome == imports.Create && (j.Lead == "" || planned != imports.Create):
			j.Lead = commands.NewID()
		case j.Outcome != imports.Create && found.ID != "":
			j.Lead = found.ID
		}
	}
	return out, nil
}

// firm notes by what a company that is not known yet is compared with those of the
// file's other rows.
func (j *judged) firm(run string) {
	if j.Company.Domain == "" {
		return
	}
	j.Firm = keyOf(run, j.Company.Claim())[:firmHash]
	if j.Company.Name != "" {
		j.FirmName = keyOf(run, company.Details{Name: j.Company.Name}.Claim())[:firmHash]
	}
}

// firmHash is enough to tell the companies of a file apart, in bytes.
const firmHash = 16

// listed waits until the list of leads holds what is in the log, where leads are looked
// up in it. What the import itself writes is known without: rows of one file with one
// key are the same person.
func (s *stage) listed(ctx context.Context) error {
	if s.state.Options.Claimed() {
		return nil
	}
	return s.Await(ctx, projections.Leads())
}

// holders finds who holds what rows would claim, and whom their keys name where these
// are no claims.
func (s *stage) holders(ctx context.Context, rows []judged, claims []domain.Claim) (map[domain.Claim]string, map[domain.Claim]projections.LeadMatch, error) {
	holders, err := s.Find(ctx, s.job.Org, claims)
	if err != nil || s.state.Options.Claimed() {
		return holders, nil, err
	}
	var keys []domain.Claim
	for i := range rows {
		if key, ok := rows[i].Person.Key(s.state.Options); ok {
			keys = append(keys, key)
		}
	}
	matches, err := s.Queries.MatchLeads(ctx, s.job.Org, keys)
	for key, m := range matches {
		holders[key] = m.ID
	}
	return holders, matches, err
}

// read makes people of rows, and lists what their leads and companies would claim.
func (s *stage) read(rows []imports.Row, before map[int]projections.StagedRow) (out []judged, faults [][]imports.Reason, claims []domain.Claim) {
	out, faults = make([]judged, len(rows)), make([][]imports.Reason, len(rows))
	for i, row := range rows {
		out[i].StagedRow = before[row.Line]
		out[i].Line = row.Line
		if row.Fault != nil {
			faults[i] = []imports.Reason{{Code: row.Fault.Code, Message: row.Fault.Message}}
			continue
		}
		if out[i].Person, faults[i] = imports.Read(s.state.Columns, s.state.Options, row.Values); faults[i] != nil {
			continue
		}
		claims = append(claims, lead.Lead{Details: out[i].Details}.Claims()...)
		if c := out[i].Company; c != (company.Details{}) {
			claims = append(claims, c.Claim())
		}
	}
	return out, faults, claims
}

// keyOf hashes what a row's lead is found by: rows of one plan are compared by it, and
// it tells nothing to anybody else.
func keyOf(run string, c domain.Claim) []byte {
	h := hmac.New(sha256.New, []byte(run))
	_, _ = h.Write([]byte(c.Scope + "\x00" + c.Value))
	return h.Sum(nil)
}

// known loads the leads and companies that rows are of.
func (s *stage) known(ctx context.Context, rows []judged, holders map[domain.Claim]string) (map[string]lead.Lead, map[string]company.Details, error) {
	var streams []domain.StreamID
	for i := range rows {
		if key, ok := rows[i].Person.Key(s.state.Options); ok && holders[key] != "" {
			streams = append(streams, lead.Stream(holders[key]))
		}
		if id := holders[rows[i].Company.Claim()]; id != "" {
			streams = append(streams, company.Stream(id))
		}
	}
	leads, companies := map[string]lead.Lead{}, map[string]company.Details{}
	if len(streams) == 0 {
		return leads, companies, nil
	}
	histories, _, err := s.Run.Store.LoadMany(ctx, s.job.Org, streams, nil)
	for id, h := range histories {
		var l lead.Lead
		var c company.Company
		for _, f := range h.Facts {
			switch f := f.(type) {
			case lead.Event:
				l = l.Evolve(f)
			case company.Event:
				c = c.Evolve(f)
			}
		}
		leads[id], companies[id] = l, c.Details
	}
	return leads, companies, err
}
