// Package values brings single values of people and companies into the one form in
// which they are kept, and names those that cannot be.
package values

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/canvass-hq/canvass/domain"
)

// The longest values, in characters.
const (
	MaxProse = 1000
	MaxURL   = 500
)

// Line is one line of text: NFC, no space around it, nothing that is not for reading.
func Line(field, v string, limit int) (string, []domain.Field) {
	return text(field, v, limit, func(r rune) bool { return unicode.IsControl(r) })
}

// Prose is text of several lines, up to MaxProse characters.
func Prose(field, v string) (string, []domain.Field) { return ProseUpTo(field, v, MaxProse) }

// ProseUpTo is text of several lines.
func ProseUpTo(field, v string, limit int) (string, []domain.Field) {
	return text(field, v, limit, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' })
}

func text(field, v string, limit int, banned func(rune) bool) (string, []domain.Field) {
	switch {
	case !utf8.ValidString(v):
		return "", Fault(field, "is not valid UTF-8")
	case strings.ContainsFunc(v, banned):
		return "", Fault(field, "holds a control character")
	}
	v = norm.NFC.String(strings.TrimSpace(v))
	if utf8.RuneCountInString(v) > limit {
		return "", Fault(field, fmt.Sprintf("is longer than %d characters", limit))
	}
	return v, nil
}

// Fault is one value that does not fit.
func Fault(field, message string) []domain.Field {
	return []domain.Field{{Name: field, Message: message}}
}

// WebAddress is an http URL; one without a scheme is read as https.
func WebAddress(field, v string) (string, []domain.Field) {
	v, faults := Line(field, v, MaxURL)
	if v == "" || faults != nil {
		return "", faults
	}
	if !strings.Contains(v, "://") {
		v = "https://" + v
	}
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || !strings.Contains(u.Hostname(), ".") || u.User != nil {
		return "", Fault(field, "is not the address of a web page")
	}
	return u.String(), nil
}

// Folded is a name without capitals and with single spaces: the same to whoever reads it.
func Folded(name string) string {
	return cases.Fold().String(strings.Join(strings.Fields(name), " "))
}

// IsUUID tells whether v is an id in the one form that the log gives.
func IsUUID(v string) bool {
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
