package organization

import "github.com/canvass-hq/canvass/domain/values"

// LinkPurpose tells signatures of invitations from other hashes of an organization.
const LinkPurpose = "invitation"

// linkMAC is how much of the signature a link holds, in bytes: 128 bits.
const linkMAC = 16

// Link writes the end of the link that an invitation is taken by: whose it is, which one,
// and the signature that the organization's key makes of its id.
func Link(org, id string, mac []byte) string {
	return values.Packed(append(values.IDBytes(org, id), mac[:linkMAC]...))
}

// ParseLink reads the end of a link; ok says that it has the form of one, not that the
// signature is right.
func ParseLink(link string) (org, id string, mac []byte, ok bool) {
	raw, ok := values.Unpacked(link)
	if !ok || len(raw) != 32+linkMAC {
		return "", "", nil, false
	}
	return values.IDOf(raw[:16]), values.IDOf(raw[16:32]), raw[32:], true
}
