package commands_test

import (
	"testing"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/exports"
)

func TestExports(t *testing.T) {
	t.Parallel()
	type (
		facts = []exports.Event
		row   = spec[exports.Export, exports.Event]
	)
	started := exports.Started{Format: exports.CSV, Columns: []string{"name"}, Filter: `status eq new`, Words: "ann", Sort: "name", Archived: "any", Role: "admin"}
	done, cut := exports.Finished{Rows: 3, Complete: true}, exports.Finished{Rows: 1}
	start := func(s exports.Started) commands.StartExport { return commands.StartExport{ID: ann, Started: s} }
	finish := func(f exports.Finished) commands.FinishExport {
		return commands.FinishExport{ID: ann, Finished: f}
	}
	check(t, []row{
		{name: "nothing: started", when: start(started), then: facts{started}},
		{name: "started: refused", given: facts{started}, when: start(started), err: exports.ErrExists},
		{name: "a format that nobody knows: refused", when: start(exports.Started{Format: "xlsx"}), err: errInvalid, fields: []string{"format"}},
		{name: "nothing: not finished", when: finish(done), err: exports.ErrNotFound},
		{name: "started: finished", given: facts{started}, when: finish(done), then: facts{done}},
		{name: "started: broken off", given: facts{started}, when: finish(cut), then: facts{cut}},
		{name: "broken off: nothing new", given: facts{started, cut}, when: finish(done)},
	}...)
}
