package values

import (
	"regexp"
	"strings"
)

// What a spreadsheet takes for a formula: a value that begins with one of these, in
// narrow or wide letters (OWASP, "CSV Injection"). A semicolon ends a cell where the
// machine's language has a comma in numbers, so what stands behind one begins a cell too.
var (
	formula   = regexp.MustCompile(`(^|;)([\s']*[=+\-@＝＋－＠\t\r\n])`)
	defused   = regexp.MustCompile(`(^|;)'([\s']*[=+\-@＝＋－＠\t\r\n])`)
	onlyPhone = regexp.MustCompile(`^\+[0-9][0-9 ().\-/]*(;ext=[0-9]+)?$`)
)

// Defused is a value as it stands in a file for a spreadsheet: an apostrophe keeps it
// from being carried out as a formula. A phone number is none, and stays as it is.
func Defused(v string) string {
	if !suspect(v) || onlyPhone.MatchString(v) {
		return v
	}
	return formula.ReplaceAllString(v, "$1'$2")
}

// Undefused takes off what Defused, or a spreadsheet, has put on: of a value that was
// never defused only an apostrophe that hides a formula.
func Undefused(v string) string {
	if !strings.Contains(v, "'") {
		return v
	}
	return defused.ReplaceAllString(v, "$1$2")
}

// suspect tells cheaply of values that a formula may be in: not of most.
func suspect(v string) bool {
	if v == "" {
		return false
	}
	c := v[0]
	letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
	return !letter || strings.Contains(v, ";")
}
