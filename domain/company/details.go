package company

import (
	"net/url"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/values"
)

// Details is what is known of the company, one value each; "" is unknown.
type Details struct {
	Name         string `json:"name,omitempty"`
	Website      string `json:"website,omitempty"`
	Domain       string `json:"domain,omitempty"` // the registrable domain of the website
	Industry     string `json:"industry,omitempty"`
	Size         string `json:"size,omitempty"` // employees, a number or a range as it was given
	City         string `json:"city,omitempty"`
	State        string `json:"state,omitempty"`
	Country      string `json:"country,omitempty"`       // ISO 3166-1 alpha-2
	CountryGiven string `json:"country_given,omitempty"` // as given, when it is no country that we know
}

// MaxText is the longest value, in characters.
const MaxText = 200

// single is a value of a company: its name in the log, and where it lies.
type single struct {
	name string
	of   func(*Details) *string
}

// singles is the one list of a company's values.
var singles = []single{
	{"name", func(d *Details) *string { return &d.Name }},
	{"website", func(d *Details) *string { return &d.Website }},
	{"domain", func(d *Details) *string { return &d.Domain }},
	{"industry", func(d *Details) *string { return &d.Industry }},
	{"size", func(d *Details) *string { return &d.Size }},
	{"city", func(d *Details) *string { return &d.City }},
	{"state", func(d *Details) *string { return &d.State }},
	{"country", func(d *Details) *string { return &d.Country }},
	{"country_given", func(d *Details) *string { return &d.CountryGiven }},
}

func (d *Details) set(field, value string) {
	for _, s := range singles {
		if s.name == field {
			*s.of(d) = value
		}
	}
}

// Normalised brings every value into its one form and names those that cannot be. The
// domain follows from the website.
func (d Details) Normalised() (Details, []domain.Field) {
	var out Details
	var faults []domain.Field
	take := func(v string, f []domain.Field) string {
		faults = append(faults, f...)
		return v
	}
	out.Name = take(values.Line("name", d.Name, MaxText))
	out.Website = take(values.WebAddress("website", d.Website))
	out.Domain = Domain(out.Website)
	out.Industry = take(values.Line("industry", d.Industry, MaxText))
	out.Size = take(values.Line("size", d.Size, MaxText))
	out.City = take(values.Line("city", d.City, MaxText))
	out.State = take(values.Line("state", d.State, MaxText))
	out.Country, out.CountryGiven = values.Country(take(values.Line("country", d.Country, MaxText)))
	return out, faults
}

// Domain is the registrable domain (Public Suffix List) of a website; "" for what has
// none, and for a provider of mail or of pages for everybody.
func Domain(website string) string {
	u, err := url.Parse(website)
	if err != nil {
		return ""
	}
	host, err := idna.Lookup.ToASCII(strings.TrimSuffix(strings.ToLower(u.Hostname()), "."))
	if err != nil {
		return ""
	}
	// A suffix that is on no list is a typing error or a machine of somebody's own.
	if suffix, icann := publicsuffix.PublicSuffix(host); !icann && !strings.Contains(suffix, ".") {
		return ""
	}
	registrable, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil || everybodys[registrable] {
		return ""
	}
	return registrable
}

// everybodys are domains under which everybody has an address or a page: they are no
// company's, but for the few people who work there.
var everybodys = map[string]bool{
	"gmail.com": true, "googlemail.com": true, "google.com": true, "yahoo.com": true, "ymail.com": true, "yahoo.co.uk": true, "yahoo.de": true, "yahoo.fr": true,
	"hotmail.com": true, "hotmail.co.uk": true, "outlook.com": true, "live.com": true, "msn.com": true, "icloud.com": true, "me.com": true, "mac.com": true,
	"aol.com": true, "gmx.de": true, "gmx.net": true, "gmx.com": true, "web.de": true, "t-online.de": true, "freenet.de": true, "mail.com": true, "mail.ru": true,
	"yandex.ru": true, "yandex.com": true, "proton.me": true, "protonmail.com": true, "tutanota.com": true, "zoho.com": true, "fastmail.com": true, "hey.com": true,
	"qq.com": true, "163.com": true, "126.com": true, "sina.com": true, "naver.com": true, "orange.fr": true, "free.fr": true, "laposte.net": true, "wanadoo.fr": true,
	"libero.it": true, "virgilio.it": true, "comcast.net": true, "verizon.net": true, "att.net": true, "sbcglobal.net": true, "cox.net": true, "btinternet.com": true,
	"linkedin.com": true, "facebook.com": true, "instagram.com": true, "twitter.com": true, "x.com": true, "youtube.com": true, "wordpress.com": true, "wixsite.com": true,
	"blogspot.com": true, "medium.com": true, "linktr.ee": true, "github.com": true, "notion.site": true,
}
