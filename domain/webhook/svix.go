// Package webhook proves that what somebody tells us comes from whom it says.
package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"
)

// tolerance is how far the clocks of the two sides may be apart. A delivery that is tried
// again has a time of its own.
const tolerance = 5 * time.Minute

// ErrForged refuses what is not signed by whom it says, or long ago.
var ErrForged = errors.New("no signature of theirs")

// Signed is what a delivery says of itself, as Svix and Standard Webhooks have it: in the
// headers webhook-id, webhook-timestamp and webhook-signature, or svix- in their place.
type Signed struct{ ID, Timestamp, Signature string }

// Verify proves that a body was sent by who has the secret, such as whsec_MfKQ9r8GKYqrTwjU....
func (s Signed) Verify(secret string, body []byte, now time.Time) error {
	want, err := s.by(secret, body)
	seconds, wrong := strconv.ParseInt(s.Timestamp, 10, 64)
	if err != nil || wrong != nil || s.ID == "" {
		return ErrForged
	}
	if apart := now.Sub(time.Unix(seconds, 0)); apart > tolerance || apart < -tolerance {
		return ErrForged
	}
	for given := range strings.FieldsSeq(s.Signature) {
		if kind, signature, _ := strings.Cut(given, ","); kind == "v1" && hmac.Equal([]byte(signature), []byte(want)) {
			return nil
		}
	}
	return ErrForged
}

// Sign signs a body as who has the secret does.
func Sign(secret, id string, body []byte, now time.Time) (Signed, error) {
	s := Signed{ID: id, Timestamp: strconv.FormatInt(now.Unix(), 10)}
	signature, err := s.by(secret, body)
	s.Signature = "v1," + signature
	return s, err
}

// by is the signature of a body.
func (s Signed) by(secret string, body []byte) (string, error) {
	key, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.TrimPrefix(secret, "whsec_"), "="))
	if err != nil || len(key) == 0 {
		return "", ErrForged
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(s.ID + "." + s.Timestamp + "."))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}
