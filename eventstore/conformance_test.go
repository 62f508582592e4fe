package eventstore_test

import (
	"testing"
	"time"

	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

func TestMemoryConforms(t *testing.T) {
	t.Parallel()
	eventstoretest.Run(t, func(t *testing.T) eventstoretest.Harness {
		t.Helper()
		m := eventstore.NewMemory(eventstoretest.TestRegistry(t), time.Now)
		return eventstoretest.Harness{Store: m, Vault: m.Vault(), Stored: func(*testing.T) []string {
			var out []string
			for _, data := range m.Stored() {
				out = append(out, string(data))
			}
			return out
		}}
	})
}

func TestStoreConforms(t *testing.T) {
	t.Parallel()
	conforms(t, func(t *testing.T) *eventstoretest.DB { t.Helper(); return eventstoretest.OpenConformant(t, "") })
}

// Where the keys lie in a database of their own, the append does not keep them.
func TestStoreConformsApart(t *testing.T) {
	t.Parallel()
	conforms(t, func(t *testing.T) *eventstoretest.DB {
		t.Helper()
		return eventstoretest.OpenApart(t, eventstoretest.TestRegistry(t))
	})
}

func conforms(t *testing.T, open func(*testing.T) *eventstoretest.DB) {
	t.Helper()
	eventstoretest.Run(t, func(t *testing.T) eventstoretest.Harness {
		t.Helper()
		db := open(t)
		return eventstoretest.Harness{Store: db.Store, Vault: db.Keys, Stored: func(t *testing.T) []string {
			t.Helper()
			return db.Strings(t, `select data::text || meta::text from es.events order by position`)
		}}
	})
}
