package values

import (
	"maps"
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// Country understands ISO codes and English names; what it does not understand it
// gives back as it was.
func Country(v string) (code, given string) {
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

// CountryCode brings an ISO code into the form that is kept.
func CountryCode(v string) string { return strings.ToUpper(v) }
