package lead

import (
	"fmt"
	"maps"
	"net/mail"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/unicode/norm"

	"github.com/canvass-hq/canvass/domain"
)

// line is one line of text: NFC, no space around it, nothing that is not for reading.
func line(field, v string, limit int) (string, []domain.Field) {
	return text(field, v, limit, func(r rune) bool { return unicode.IsControl(r) })
}

// prose is text of several lines.
func prose(field, v string) (string, []domain.Field) {
	return text(field, v, MaxReason, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' })
}

func text(field, v string, limit int, banned func(rune) bool) (string, []domain.Field) {
	switch {
	case !utf8.ValidString(v):
		return "", fault(field, "is not valid UTF-8")
	case strings.ContainsFunc(v, banned):
		return "", fault(field, "holds a control character")
	}
	v = norm.NFC.String(strings.TrimSpace(v))
	if utf8.RuneCountInString(v) > limit {
		return "", fault(field, fmt.Sprintf("is longer than %d characters", limit))
	}
	return v, nil
}

func fault(field, message string) []domain.Field {
	return []domain.Field{{Name: field, Message: message}}
}

// address is an addr-spec of RFC 5322 in lower case, its domain in ASCII (IDNA 2008).
// Dots and plus-tags stay: to strip them is a guess about somebody else's mail server.
func address(v string) (string, []domain.Field) { return addressIn("email", v) }

func addressIn(field, v string) (string, []domain.Field) {
	v, faults := line(field, v, MaxEmail)
	if v == "" || faults != nil {
		return "", faults
	}
	at := strings.LastIndexByte(v, '@')
	if at <= 0 {
		return "", fault(field, "is not an address")
	}
	host, err := mailDomain.ToASCII(strings.TrimSuffix(v[at+1:], "."))
	again, stable := mailDomain.ToASCII(host) // a few domains pass in their own letters only
	if err != nil || stable != nil || again != host || !strings.Contains(host, ".") {
		return "", fault(field, "has no domain that can exist")
	}
	v = strings.ToLower(v[:at]) + "@" + host
	parsed, err := mail.ParseAddress(v)
	switch {
	case err != nil || parsed.Name != "" || parsed.Address != v || strings.ContainsFunc(v, unseen):
		return "", fault(field, "is not an address")
	case at > 64 || len(v) > MaxEmail:
		return "", fault(field, "is longer than mail servers take")
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
	v, faults := line("source", v, MaxSource)
	digits := 0
	for _, r := range v {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" _-.:/&+()", r) {
			return "", fault("source", "is a label of letters, digits and _-.:/&+(), no personal data")
		}
		if unicode.IsDigit(r) {
			digits++
		}
	}
	if digits > 6 && digits*2 > len(v) {
		return "", fault("source", "looks like a phone number; a source is a label, no personal data")
	}
	return v, faults
}

// country understands ISO codes and English names; what it does not understand it
// gives back as it was.
func country(v string) (code, given string) {
	if v == "" {
		return "", ""
	}
	if code, ok := countries()[strings.ToLower(v)]; ok {
		return code, ""
	}
	return "", v
}

// countries maps lower-case codes and English names of CLDR to ISO codes, with the
// names of the ISO 3166 list where CLDR's differ.
var countries = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	names := display.English.Regions()
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			region, err := language.ParseRegion(string(a) + string(b))
			if err != nil || !region.IsCountry() || region.Canonicalize() != region || former[region.String()] || region.ISO3() == "ZZZ" {
				continue
			}
			code := region.String()
			out[strings.ToLower(code)] = code
			out[strings.ToLower(region.ISO3())] = code
			name := strings.ToLower(names.Name(region))
			out[name] = code
			out[strings.NewReplacer("&", "and", "st. ", "saint ").Replace(name)] = code
		}
	}
	maps.Copy(out, isoNames)
	return out
})

// former are the codes of countries that are no more; CLDR keeps them.
var former = map[string]bool{"SU": true, "YU": true, "DD": true, "YD": true, "TP": true, "ZR": true, "BU": true, "FX": true, "AN": true, "CS": true}

var isoNames = map[string]string{
	"usa": "US", "united states of america": "US", "uk": "GB", "great britain": "GB", "england": "GB",
	"korea": "KR", "kyrgyz republic": "KG", "republic of korea": "KR", "south korea": "KR", "democratic people's republic of korea": "KP",
	"russian federation": "RU", "czech republic": "CZ", "holy see (vatican city state)": "VA", "turkey": "TR", "türkiye": "TR", "saint vincent and the grenadines": "VC",
	"cote d'ivoire": "CI", "lao people's democratic republic": "LA", "libyan arab jamahiriya": "LY", "macedonia": "MK",
	"syrian arab republic": "SY", "viet nam": "VN", "brunei darussalam": "BN", "palestinian territory": "PS",
	"hong kong": "HK", "macao": "MO", "myanmar": "MM", "swaziland": "SZ", "cape verde": "CV", "congo": "CG",
	"democratic republic of the congo": "CD", "slovakia (slovak republic)": "SK", "micronesia": "FM",
	"british indian ocean territory (chagos archipelago)": "IO", "antarctica (the territory south of 60 deg s)": "AQ",
	"svalbard & jan mayen islands": "SJ", "united states minor outlying islands": "UM", "netherlands antilles": "CW",
	"virgin islands, u.s.": "VI", "united states virgin islands": "VI", "virgin islands, british": "VG",
	"saint barthelemy": "BL", "saint martin": "MF", "reunion": "RE", "faroe islands": "FO", "timor-leste": "TL",
	"sao tome and principe": "ST", "saint helena": "SH", "pitcairn islands": "PN", "bouvet island (bouvetoya)": "BV",
	"heard island and mcdonald islands": "HM", "falkland islands (malvinas)": "FK", "south georgia and the south sandwich islands": "GS",
}

func ownerFaults(owner string) []domain.Field {
	if owner == "" || isUUID(owner) {
		return nil
	}
	return fault("owner", "is not the id (a UUID) of a member")
}

func isUUID(v string) bool {
	if len(v) != 36 {
		return false
	}
	for i, c := range v {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if !strings.ContainsRune("0123456789abcdef", c) {
				return false
			}
		}
	}
	return true
}

// Address brings an address into the form that leads keep, so that it can be looked
// for; what is no address stays as it is and is found nowhere.
func Address(v string) string {
	if a, faults := address(v); faults == nil {
		return a
	}
	return v
}

// CountryCode brings an ISO code into the form that leads keep.
func CountryCode(v string) string { return strings.ToUpper(v) }
