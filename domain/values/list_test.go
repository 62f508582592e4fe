package values_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain/values"
)

func TestParted(t *testing.T) {
	t.Parallel()
	for v, want := range map[string][]string{
		"": nil, "a": {"a"}, "a;b": {"a", "b"}, "a,b|c": {"a", "b", "c"}, `["a,b","c"]`: {"a,b", "c"}, "[a": {"[a"}, "[1]": {"[1]"},
	} {
		if got := values.Parted(v); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", v, got, want)
		}
	}
}

// Whatever the parts hold, a list comes back whole.
func TestListComesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.StringOfN(rapid.SampledFrom([]rune(`ab,;|["]\ü<`)), 1, 6, -1)
		list := rapid.SliceOfN(part, 0, 5).Draw(t, "list")
		if got := values.Parted(values.Joined(list)); !slices.Equal(got, list) {
			t.Fatalf("%q is written %q and read %q", list, values.Joined(list), got)
		}
	})
}
