package values_test

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain/values"
)

// TestPacked: what is written is read as it was, and nothing else is.
func TestPacked(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 32, 48).Draw(t, "bytes")
		back, ok := values.Unpacked(values.Packed(b))
		if !ok || !bytes.Equal(back, b) {
			t.Fatalf("%x comes back as %x, %v", b, back, ok)
		}
		one, two := values.IDOf(b[:16]), values.IDOf(b[16:32])
		if !values.IsUUID(one) || !bytes.Equal(values.IDBytes(one, two), b[:32]) {
			t.Fatalf("%x as ids: %s, %s", b, one, two)
		}
	})
	for _, v := range []string{"A", "a b", "a-", "0", "ä"} {
		if b, ok := values.Unpacked(v); ok {
			t.Errorf("%q is read as %x", v, b)
		}
	}
}
