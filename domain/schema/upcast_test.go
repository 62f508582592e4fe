package schema_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/canvass-hq/canvass/domain/schema"
)

// Opened facts of any content, from any version, are lifted and decoded or refused.
func FuzzUpcast(f *testing.F) {
	all := schema.All()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		f.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for i := range all {
			f.Add(i, 1, raw)
		}
	}
	f.Fuzz(func(t *testing.T, which, version int, raw []byte) {
		if which < 0 || which >= len(all) {
			return
		}
		lifted, err := all[which].Lift(version, raw)
		if err != nil {
			return
		}
		fact, err := all[which].Decode(lifted)
		if err != nil {
			return
		}
		if reflect.TypeOf(fact) != all[which].Go {
			t.Fatalf("%T is no %s", fact, all[which].Type)
		}
		all[which].SealedValues(fact)
	})
}
