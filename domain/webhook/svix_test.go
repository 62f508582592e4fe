package webhook_test

import (
	"testing"
	"time"

	"github.com/canvass-hq/canvass/domain/webhook"
)

// The example of Svix's documentation (docs.svix.com/receiving/verifying-payloads/how-manual)
// and of its libraries' own tests.
const (
	secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	body   = `{"test": 2432232314}`
)

var signed = webhook.Signed{ID: "msg_p5jXN8AQM9LWM0D4loKWxJek", Timestamp: "1614265330", Signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}

func TestVerify(t *testing.T) {
	t.Parallel()
	at := time.Unix(1614265330, 0)
	other := func(change func(*webhook.Signed)) webhook.Signed {
		s := signed
		change(&s)
		return s
	}
	for name, c := range map[string]struct {
		signed webhook.Signed
		secret string
		body   string
		now    time.Time
		well   bool
	}{
		"as it is":      {signed, secret, body, at, true},
		"a little late": {signed, secret, body, at.Add(4 * time.Minute), true},
		"one of several": {other(func(s *webhook.Signed) {
			s.Signature = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,x " + s.Signature
		}), secret, body, at, true},
		"without its prefix": {signed, secret[6:], body, at, true},
		"too late":           {signed, secret, body, at.Add(6 * time.Minute), false},
		"too early":          {signed, secret, body, at.Add(-6 * time.Minute), false},
		"another body":       {signed, secret, body + " ", at, false},
		"another id":         {other(func(s *webhook.Signed) { s.ID = "msg_x" }), secret, body, at, false},
		"another time":       {other(func(s *webhook.Signed) { s.Timestamp = "1614265331" }), secret, body, at, false},
		"no time":            {other(func(s *webhook.Signed) { s.Timestamp = "now" }), secret, body, at, false},
		"no signature":       {other(func(s *webhook.Signed) { s.Signature = "" }), secret, body, at, false},
		"another version":    {other(func(s *webhook.Signed) { s.Signature = "v2" + s.Signature[2:] }), secret, body, at, false},
		"another secret":     {signed, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx", body, at, false},
		"no secret":          {signed, "", body, at, false},
		"no base64":          {signed, "whsec_?", body, at, false},
	} {
		if err := c.signed.Verify(c.secret, []byte(c.body), c.now); (err == nil) != c.well {
			t.Errorf("%s: %v", name, err)
		}
	}
}
