package dns_test

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/canvass-hq/canvass/clients/dns"
	"github.com/canvass-hq/canvass/domain/sender"
)

type names map[string][]string

func (n names) LookupTXT(_ context.Context, name string) ([]string, error) {
	records, ok := n[name]
	switch {
	case !ok:
		return nil, &net.DNSError{IsNotFound: true}
	case records == nil:
		return nil, errors.New("nobody answers")
	}
	return records, nil
}

// TestCheck: a domain lets us send when all three of its records say so.
func TestCheck(t *testing.T) {
	t.Parallel()
	const dmarc = "v=DMARC1; p=none"
	for name, c := range map[string]struct {
		names names
		want  sender.Check
	}{
		"nothing":        {names{}, sender.Check{SPF: sender.Missing, DKIM: sender.Missing, DMARC: sender.Missing}},
		"all":            {names{"mail.acme.example": {"x", "v=spf1 include:_spf.example ~all"}, "s1._domainkey.mail.acme.example": {"v=DKIM1; k=rsa; p=MIIB"}, "_dmarc.mail.acme.example": {dmarc}}, sender.Check{SPF: sender.Pass, DKIM: sender.Pass, DMARC: sender.Pass}},
		"from above":     {names{"send.mail.acme.example": {"v=spf1 include:amazonses.com ~all"}, "s2._domainkey.mail.acme.example": {"p=MIIB"}, "_dmarc.acme.example": {"v=DMARC1;p=REJECT; rua=mailto:a@b.example"}}, sender.Check{SPF: sender.Pass, DKIM: sender.Pass, DMARC: sender.Pass}},
		"nobody may":     {names{"mail.acme.example": {"v=spf1 -all"}, "s1._domainkey.mail.acme.example": {"v=DKIM1; p="}, "_dmarc.mail.acme.example": {"v=DMARC1; rua=x"}}, sender.Check{SPF: sender.Wrong, DKIM: sender.Wrong, DMARC: sender.Wrong}},
		"nobody answers": {names{"mail.acme.example": nil, "s1._domainkey.mail.acme.example": nil, "_dmarc.mail.acme.example": nil}, sender.Check{SPF: sender.Unknown, DKIM: sender.Unknown, DMARC: sender.Unknown}},
	} {
		if got := (dns.Checker{Resolver: c.names, Selectors: []string{"s1", "s2"}}).Check(t.Context(), "mail.acme.example"); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
