package reactors_test

import (
	"os"
	"testing"

	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

func TestMain(m *testing.M) { os.Exit(eventstoretest.Main(m)) }
