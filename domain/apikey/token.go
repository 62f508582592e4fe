package apikey

import (
	"strings"

	"github.com/canvass-hq/canvass/domain/values"
)

// Prefix begins every key, so that people and scanners of source code know one when they
// see it.
const Prefix = "cvs_live_"

// SecretBytes is how long the secret of a key is: 160 bits, beyond all guessing.
const SecretBytes = 20

// Token writes a key as its holder keeps it: whose it is, which one, and the secret.
func Token(org, id string, secret []byte) string {
	return Prefix + values.Packed(values.IDBytes(org, id)) + "_" + values.Packed(secret)
}

// ParseToken reads a key; ok says that it has the form of one, not that there is such a key.
func ParseToken(token string) (org, id string, secret []byte, ok bool) {
	rest, ok := strings.CutPrefix(token, Prefix)
	names, last, parted := strings.Cut(rest, "_")
	ids, named := values.Unpacked(names)
	secret, closed := values.Unpacked(last)
	if !ok || !parted || !named || !closed || len(ids) != 32 || len(secret) != SecretBytes {
		return "", "", nil, false
	}
	return values.IDOf(ids[:16]), values.IDOf(ids[16:]), secret, true
}

// Hint is how the key ends, by which people tell keys apart: 20 of the secret's 160 bits.
func Hint(token string) string { return token[max(len(token)-4, 0):] }
