package tracking_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain/tracking"
)

func sign(org, purpose string, data []byte) ([]byte, error) {
	h := hmac.New(sha256.New, []byte(org+purpose))
	h.Write(data)
	return h.Sum(nil), nil
}

func token() tracking.Token {
	return tracking.Token{
		Purpose: tracking.Click, Org: "018f0000-0000-7000-8000-000000000001", Mail: "018f0000-0000-8000-8000-000000000002", In: "018f0000-0000-7000-8000-000000000003",
		Link: 7, Sent: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC),
	}
}

// TestToken: a token says what it was made to say, and is good for one purpose.
func TestToken(t *testing.T) {
	t.Parallel()
	text, err := token().Text(tracking.KeyAt(token().Sent), sign)
	if err != nil || len(text) > 100 || strings.ContainsAny(text, "+/=") {
		t.Fatalf("%q, %v", text, err)
	}
	if got, err := tracking.Read(text, tracking.Click, sign); err != nil || got != token() {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := tracking.Read(text, tracking.Unsubscribe, sign); !errors.Is(err, tracking.ErrForged) {
		t.Errorf("it is good for another purpose: %v", err)
	}
	older, err := token().Text(tracking.KeyAt(token().Sent)-1, sign)
	if got, wrong := tracking.Read(older, tracking.Click, sign); err != nil || wrong != nil || got != token() || older == text {
		t.Errorf("an older key: %v, %v", err, wrong)
	}
}

// TestForged: no token that is changed anywhere is read, whatever it is changed to.
func TestForged(t *testing.T) {
	t.Parallel()
	text, err := token().Text(6, sign)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		forged := []byte(text)
		switch rapid.IntRange(0, 2).Draw(t, "how") {
		case 0:
			forged[rapid.IntRange(0, len(forged)-1).Draw(t, "at")] = rapid.SampledFrom([]byte("ABCxyz019-_=/ \n")).Draw(t, "byte")
		case 1:
			forged = forged[:rapid.IntRange(0, len(forged)-1).Draw(t, "length")]
		case 2:
			forged = rapid.SliceOf(rapid.Byte()).Draw(t, "anything")
		}
		if string(forged) == text {
			t.Skip()
		}
		if got, err := tracking.Read(string(forged), tracking.Click, sign); !errors.Is(err, tracking.ErrForged) {
			t.Fatalf("%q is read as %+v", forged, got)
		}
	})
}
