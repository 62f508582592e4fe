package eventstore_test

import (
	"testing"

	"github.com/canvass-hq/canvass/eventstore"
)

// TestPoolSize: a process takes as many connections as its URL says, and else 16 for each
// role, whatever the machine.
func TestPoolSize(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]int32{
		"postgres://u:p@127.0.0.1:1/db":                   16,
		"postgres://u:p@127.0.0.1:1/db?pool_max_conns=3":  3,
		"postgres://u:p@127.0.0.1:1/db?pool_max_conns=40": 40,
		"host=127.0.0.1 user=u pool_max_conns=5":          5,
	} {
		p, err := eventstore.Connect(t.Context(), url, url)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Worker.Config().MaxConns; got != want {
			t.Errorf("%s: %d connections, want %d", url, got, want)
		}
		p.Close()
	}
}
