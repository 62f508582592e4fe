package values

import (
	"encoding/base32"
	"encoding/hex"
	"strings"
)

// letters are small ones and digits, of which a double click takes all at once.
var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Packed writes bytes in letters that stand in a URL or a header as they are.
func Packed(b []byte) string { return letters.EncodeToString(b) }

// Unpacked reads what Packed has written.
func Unpacked(v string) ([]byte, bool) {
	b, err := letters.DecodeString(v)
	return b, err == nil
}

// IDBytes are the bytes of UUIDs, one behind the other.
func IDBytes(ids ...string) []byte {
	b, _ := hex.DecodeString(strings.ReplaceAll(strings.Join(ids, ""), "-", "")) // ids are UUIDs wherever they come from
	return b
}

// IDOf writes 16 bytes as a UUID.
func IDOf(b []byte) string {
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
