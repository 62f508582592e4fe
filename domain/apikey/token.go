package apikey

import (
	"encoding/base32"
	"encoding/hex"
	"strings"
)

// Prefix begins every key, so that people and scanners of source code know one when they
// see it.
const Prefix = "cvs_live_"

// SecretBytes is how long the secret of a key is: 160 bits, beyond all guessing.
const SecretBytes = 20

var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Token writes a key as its holder keeps it: whose it is, which one, and the secret.
func Token(org, id string, secret []byte) string {
	return Prefix + pack(org, id) + "_" + letters.EncodeToString(secret)
}

// ParseToken reads a key; ok says that it has the form of one, not that there is such a key.
func ParseToken(token string) (org, id string, secret []byte, ok bool) {
	rest, ok := strings.CutPrefix(token, Prefix)
	names, last, parted := strings.Cut(rest, "_")
	ids, err := letters.DecodeString(names)
	if !ok || !parted || err != nil || len(ids) != 32 {
		return "", "", nil, false
	}
	secret, err = letters.DecodeString(last)
	if err != nil || len(secret) != SecretBytes {
		return "", "", nil, false
	}
	return dashed(ids[:16]), dashed(ids[16:]), secret, true
}

// Hint is how the key ends, by which people tell keys apart: 20 of the secret's 160 bits.
func Hint(token string) string { return token[max(len(token)-4, 0):] }

// pack writes two ids (UUIDs in lower case) in few letters.
func pack(a, b string) string {
	bytes, _ := hex.DecodeString(strings.ReplaceAll(a+b, "-", "")) // ids are UUIDs wherever they come from
	return letters.EncodeToString(bytes)
}

// dashed writes 16 bytes as a UUID.
func dashed(id []byte) string {
	h := hex.EncodeToString(id)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
