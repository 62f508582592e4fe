package reactors

import (
	"context"
	"fmt"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/projections"
)

// note writes down what rows note of their leads, but for rows that were refused; what a
// note says already is not noted again. It gives the rows whose note was refused.
func (s *stage) note(ctx context.Context, rows []judged) (refused []projections.StagedRow, err error) {
	var cmds []commands.Command[lead.Lead, lead.Event]
	var of []int
	for i := range rows {
		if j := &rows[i]; j.taken() && j.Note != "" {
			id := commands.MadeID(s.job.Event, fmt.Sprintf("note of row %d", j.Line))
			cmds, of = append(cmds, commands.NoteLead{ID: j.Lead, Note: id, Text: j.Note, News: true}), append(of, i)
		}
	}
	results, err := commands.ExecuteMany(ctx, s.Run, s.call(fmt.Sprintf("notes|%d", rows[0].Line)), cmds)
	if err != nil {
		return nil, err
	}
	for n, r := range results {
		if r.Err != nil {
			s.refuse(&rows[of[n]], r.Err)
			refused = append(refused, rows[of[n]].StagedRow)
		}
	}
	return refused, nil
}
