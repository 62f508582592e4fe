package organization

import (
	"encoding/base32"
	"encoding/hex"
	"strings"
)

// LinkPurpose tells signatures of invitations from other hashes of an organization.
const LinkPurpose = "invitation"

// linkMAC is how much of the signature a link holds, in bytes: 128 bits.
const linkMAC = 16

var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Link writes the end of the link that an invitation is taken by: whose it is, which one,
// and the signature that the organization's key makes of its id.
func Link(org, id string, mac []byte) string {
	ids, _ := hex.DecodeString(strings.ReplaceAll(org+id, "-", "")) // ids are UUIDs wherever they come from
	return letters.EncodeToString(append(ids, mac[:linkMAC]...))
}

// ParseLink reads the end of a link; ok says that it has the form of one, not that the
// signature is right.
func ParseLink(link string) (org, id string, mac []byte, ok bool) {
	raw, err := letters.DecodeString(link)
	if err != nil || len(raw) != 32+linkMAC {
		return "", "", nil, false
	}
	return dashed(raw[:16]), dashed(raw[16:32]), raw[32:], true
}

// dashed writes 16 bytes as a UUID.
func dashed(id []byte) string {
	h := hex.EncodeToString(id)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
