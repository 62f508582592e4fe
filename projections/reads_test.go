package projections_test

import (
	"slices"
	"testing"

	"github.com/canvass-hq/canvass/domain/schema"
	"github.com/canvass-hq/canvass/projections"
)

// TestReads: what a projection says that it folds is there: a name that nothing has would
// keep its facts from it.
func TestReads(t *testing.T) {
	t.Parallel()
	var known []string
	for _, s := range schema.All() {
		known = append(known, s.Type)
	}
	kinds := []string{"lead", "company", "field", "segment", "bulk_action", "task", "import", "mapping", "export", "suppression", "organization", "apikey", "sender", "template", "campaign", "audience", "enrollment", "visit"}
	for _, p := range projections.All() {
		for _, name := range p.Reads {
			if !slices.Contains(known, name) && !slices.Contains(kinds, name) {
				t.Errorf("%s reads %s, which is neither a kind of stream nor a type of fact", p.Name, name)
			}
		}
	}
}
