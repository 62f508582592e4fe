package lead

import (
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/net/idna"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/values"
)

// address is an addr-spec of RFC 5322 in lower case, its domain in ASCII (IDNA 2008).
// Dots and plus-tags stay: to strip them is a guess about somebody else's mail server.
func address(v string) (string, []domain.Field) { return addressIn("email", v) }

func addressIn(field, v string) (string, []domain.Field) {
	v, faults := values.Line(field, v, MaxEmail)
	if v == "" || faults != nil {
		return "", faults
	}
	at := strings.LastIndexByte(v, '@')
	if at <= 0 {
		return "", values.Fault(field, "is not an address")
	}
	host, err := mailDomain.ToASCII(strings.TrimSuffix(v[at+1:], "."))
	again, stable := mailDomain.ToASCII(host) // a few domains pass in their own letters only
	if err != nil || stable != nil || again != host || !strings.Contains(host, ".") {
		return "", values.Fault(field, "has no domain that can exist")
	}
	v = strings.ToLower(v[:at]) + "@" + host
	parsed, err := mail.ParseAddress(v)
	switch {
	case err != nil || parsed.Name != "" || parsed.Address != v || strings.ContainsFunc(v, unseen):
		return "", values.Fault(field, "is not an address")
	case at > 64 || len(v) > MaxEmail:
		return "", values.Fault(field, "is longer than mail servers take")
	}
	return v, nil
}

// unseen tells of characters that make two addresses look like one.
func unseen(r rune) bool { return unicode.Is(unicode.Cf, r) }

// mailDomain is idna.Lookup and the lengths that DNS allows.
var mailDomain = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.VerifyDNSLength(true))

// source lies in the log in clear, so it is a label and cannot hold an address or
// a phone number.
func source(v string) (string, []domain.Field) {
	v, faults := values.Line("source", v, MaxSource)
	digits := 0
	for _, r := range v {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" _-.:/&+()", r) {
			return "", values.Fault("source", "is a label of letters, digits and _-.:/&+(), no personal data")
		}
		if unicode.IsDigit(r) {
			digits++
		}
	}
	if digits > 6 && digits*2 > len(v) {
		return "", values.Fault("source", "looks like a phone number; a source is a label, no personal data")
	}
	return v, faults
}

func ownerFaults(owner string) []domain.Field {
	if owner == "" || values.IsUUID(owner) {
		return nil
	}
	return values.Fault("owner", "is not the id (a UUID) of a member")
}

// MailAddress reads a mail address as leads keep it.
func MailAddress(field, v string) (string, []domain.Field) {
	if strings.TrimSpace(v) == "" {
		return "", values.Fault(field, "is needed")
	}
	return addressIn(field, v)
}

// Address brings an address into the form that leads keep, so that it can be looked
// for; what is no address stays as it is and is found nowhere.
func Address(v string) string {
	if a, faults := address(v); faults == nil {
		return a
	}
	return v
}
