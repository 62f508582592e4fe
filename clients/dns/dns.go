// Package dns asks the names of a domain who may send mail for it.
package dns

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/canvass-hq/canvass/domain/sender"
)

// Resolver is what of net.Resolver is asked.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// Checker asks whether a domain lets us send.
type Checker struct {
	Resolver  Resolver
	Selectors []string // under which a key may lie that mail is signed by
}

const patience = 5 * time.Second

// Check asks for SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 7489). That there is an SPF
// record that lets anybody send is all that is asked of it: which servers it names, the
// provider knows.
func (c Checker) Check(ctx context.Context, domain string) sender.Check {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var out sender.Check
	out.SPF = c.best(ctx, []string{domain, "send." + domain}, "v=spf1", func(record string) bool { return strings.TrimSpace(record) != "v=spf1 -all" })
	keys := make([]string, len(c.Selectors))
	for i, s := range c.Selectors {
		keys[i] = s + "._domainkey." + domain
	}
	out.DKIM = c.best(ctx, keys, "", func(record string) bool {
		key, there := tag(record, "p")
		return there && key != ""
	})
	names := []string{"_dmarc." + domain}
	if above, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil && above != domain {
		names = append(names, "_dmarc."+above)
	}
	out.DMARC = c.best(ctx, names, "v=DMARC1", func(record string) bool {
		policy, there := tag(record, "p")
		return there && slices.Contains([]string{"none", "quarantine", "reject"}, strings.ToLower(policy))
	})
	return out
}

// best is the best that any of the names tells.
func (c Checker) best(ctx context.Context, names []string, begins string, well func(record string) bool) sender.State {
	state := sender.Missing
	for _, name := range names {
		records, err := c.Resolver.LookupTXT(ctx, name)
		if gone, ok := errors.AsType[*net.DNSError](err); err != nil && (!ok || !gone.IsNotFound) && state == sender.Missing {
			state = sender.Unknown
		}
		for _, record := range records {
			switch {
			case !strings.HasPrefix(record, begins):
			case well(record):
				return sender.Pass
			default:
				state = sender.Wrong
			}
		}
	}
	return state
}

// tag is a value of a record of the form a=b; c=d.
func tag(record, name string) (string, bool) {
	for part := range strings.SplitSeq(record, ";") {
		if key, value, _ := strings.Cut(strings.TrimSpace(part), "="); strings.TrimSpace(key) == name {
			return strings.TrimSpace(value), true
		}
	}
	return "", false
}
