package projections_test

import (
	"flag"
	"os"
	"testing"

	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

func TestMain(m *testing.M) {
	// A history is written to a real log and built several times over, so that a few
	// dozen of them are what a run can afford; -rapid.checks asks for more.
	_ = flag.Set("rapid.checks", "15")
	flag.Parse()
	os.Exit(eventstoretest.Main(m))
}
