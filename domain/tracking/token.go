// Package tracking decides what a link of a mail proves, and who has followed it: a person or
// a program.
package tracking

import (
	"bytes"
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"time"
)

// Purpose is what a link is for: a token of one is good for no other.
type Purpose byte

// The purposes.
const (
	Open        Purpose = 'o'
	Click       Purpose = 'c'
	Unsubscribe Purpose = 'u'
)

// Token is what a link proves: which mail it stands in. It holds all that is needed to act on
// it, so that it is good for as long as the organization is, whatever became of the lead.
type Token struct {
	Purpose Purpose
	Org     string
	Mail    string    // id of the enrollment; for a pseudonymous one, of nobody
	In      string    // id of the campaign; of an Unsubscribe, of the suppression of the address
	Link    int       // which of the template's links
	Sent    time.Time // in seconds
}

// KeyPurpose tells the keys of links from other keys of an organization. A new key begins
// each year, so that one that is lost is good for a while only.
func KeyPurpose(key byte) string { return "link." + hex.EncodeToString([]byte{key}) }

// KeyAt is the key by which links are made at a time.
func KeyAt(now time.Time) byte { return byte(now.UTC().Year() - 2020) } //nolint:gosec // years until 2275

const (
	version = 1
	macSize = 12 // bytes of HMAC-SHA256: 96 bits, which nobody guesses over a network
	size    = 3 + 3*16 + 2 + 4
)

// Sign is the organization's keyed hash for a purpose.
type Sign func(org, purpose string, data []byte) ([]byte, error)

// ErrForged refuses a token that is none of ours.
var ErrForged = errors.New("no token of ours")

var text = base64.RawURLEncoding

// Text is the token as it stands in a link.
func (t Token) Text(key byte, sign Sign) (string, error) {
	b := make([]byte, 0, size+macSize)
	b = append(b, version, key, byte(t.Purpose))
	for _, id := range []string{t.Org, t.Mail, t.In} {
		raw, err := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
		if err != nil || len(raw) != 16 {
			return "", ErrForged
		}
		b = append(b, raw...)
	}
	b = binary.BigEndian.AppendUint16(b, uint16(t.Link))        //nolint:gosec // templates have few links
	b = binary.BigEndian.AppendUint32(b, uint32(t.Sent.Unix())) //nolint:gosec // until 2106
	mac, err := sign(t.Org, KeyPurpose(key), b)
	if err != nil {
		return "", err
	}
	return text.EncodeToString(append(b, mac[:macSize]...)), nil
}

// Read is the token of a text that is for a purpose, or ErrForged.
func Read(given string, purpose Purpose, sign Sign) (t Token, err error) {
	b, err := text.Strict().DecodeString(given)
	if err != nil || len(b) != size+macSize || b[0] != version || b[2] != byte(purpose) {
		return t, ErrForged
	}
	body, mac := b[:size], b[size:]
	t = Token{
		Purpose: purpose, Org: id(body[3:]), Mail: id(body[19:]), In: id(body[35:]),
		Link: int(binary.BigEndian.Uint16(body[51:])), Sent: time.Unix(int64(binary.BigEndian.Uint32(body[53:])), 0).UTC(),
	}
	want, err := sign(t.Org, KeyPurpose(b[1]), bytes.Clone(body))
	if err != nil {
		return Token{}, err
	}
	if !hmac.Equal(mac, want[:macSize]) {
		return Token{}, ErrForged
	}
	return t, nil
}

func id(b []byte) string {
	h := hex.EncodeToString(b[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
