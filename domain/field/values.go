package field

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/values"
)

// Set is the fields of one organization, by their keys.
type Set map[string]Field

// Values brings what a lead is to hold into the text of each field's kind, and names what
// does not fit. What nobody has defined stays as it is, and so does what is empty.
func (s Set) Values(given map[string]string) (map[string]string, []domain.Field) {
	var faults []domain.Field
	out := maps.Clone(given)
	for _, key := range slices.Sorted(maps.Keys(given)) {
		f, defined := s[key]
		if !defined || given[key] == "" {
			continue
		}
		text, expected := f.Canonical(given[key])
		if expected != "" {
			faults = append(faults, values.Fault("custom."+key, expected)...)
			continue
		}
		out[key] = text
	}
	return out, faults
}

// Canonical is the one text of a value in the field's kind; or what is wrong with it.
func (f Field) Canonical(v string) (text, wrong string) {
	v = strings.TrimSpace(v)
	switch f.Kind {
	case Number:
		return number(v)
	case Date:
		return date(v)
	case Boolean:
		return boolean(v)
	case Enum:
		if option, ok := choose(f.Options, v); ok {
			return option, ""
		}
		return "", "is none of the options: " + listed(f.Options)
	case URL:
		text, faults := values.WebAddress(f.Key, v)
		if faults != nil {
			return "", faults[0].Message
		}
		return text, ""
	case Text:
	}
	return v, ""
}

// listed names some options, and that there are more.
func listed(options []string) string {
	const enough = 10
	if len(options) > enough {
		return strings.Join(options[:enough], ", ") + fmt.Sprintf(" and %d more", len(options)-enough)
	}
	return strings.Join(options, ", ")
}

// MaxDigits is how many digits of a number arithmetic keeps.
const MaxDigits = 15

const noNumber = "is no decimal number of at most 15 digits, such as 1234.5"

// number takes decimals as people write them. Commas and points that can only be read in
// one way are; a comma before three digits could be either a decimal or a thousand.
func number(v string) (text, wrong string) {
	negative := strings.HasPrefix(v, "-")
	digits := strings.TrimPrefix(strings.TrimPrefix(v, "-"), "+")
	whole, part, ok := split(digits)
	if !ok {
		return "", noNumber
	}
	whole, part = strings.TrimLeft(whole, "0"), strings.TrimRight(part, "0")
	if len(whole)+len(part) > MaxDigits {
		return "", noNumber
	}
	if whole == "" {
		whole = "0"
	}
	text = whole
	if part != "" {
		text += "." + part
	}
	if negative && text != "0" {
		text = "-" + text
	}
	return text, ""
}

// split parts the whole of a number from its decimals.
func split(v string) (whole, part string, ok bool) {
	comma, point := strings.LastIndexByte(v, ','), strings.LastIndexByte(v, '.')
	switch {
	case comma >= 0 && point > comma: // 1,234.5
		part = v[point+1:]
		whole, ok = thousands(v[:point], ",")
	case point >= 0 && comma > point: // 1.234,5
		part = v[comma+1:]
		whole, ok = thousands(v[:comma], ".")
	case strings.Count(v, ",") > 1: // 1,234,567
		whole, ok = thousands(v, ",")
		return whole, "", ok
	case comma >= 0:
		whole, part, ok = v[:comma], v[comma+1:], len(v)-comma-1 != 3
	case point >= 0:
		whole, part, ok = v[:point], v[point+1:], true
	default:
		return v, "", isDigits(v)
	}
	return whole, part, ok && isDigits(whole) && isDigits(part)
}

// thousands takes out what stands between groups of three.
func thousands(v, mark string) (string, bool) {
	groups := strings.Split(v, mark)
	for i, g := range groups {
		if !isDigits(g) || len(g) > 3 || i > 0 && len(g) != 3 {
			return "", false
		}
	}
	return strings.Join(groups, ""), true
}

func isDigits(v string) bool { return v != "" && strings.Trim(v, "0123456789") == "" }

// date takes a day or a time to the microsecond, which is kept in UTC.
func date(v string) (text, wrong string) {
	at, err := time.Parse(time.DateOnly, v)
	if err == nil && at.Year() > 0 {
		return v, ""
	}
	at, err = time.Parse(time.RFC3339, strings.ToUpper(v))
	at = at.UTC().Truncate(time.Microsecond)
	if err != nil || at.Year() < 1 || at.Year() > 9999 {
		return "", "is no day (2026-01-31) and no time (2026-01-31T10:00:00Z)"
	}
	return at.Format("2006-01-02T15:04:05.999999Z"), ""
}

func boolean(v string) (text, wrong string) {
	switch strings.ToLower(v) {
	case "true", "yes", "y", "t":
		return "true", ""
	case "false", "no", "n", "f":
		return "false", ""
	}
	return "", "is neither true nor false"
}
