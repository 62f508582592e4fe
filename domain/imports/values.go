package imports

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/canvass-hq/canvass/domain/field"
)

// column of the sample: the values below one header that are not empty.
type sampled []string

func sampleOf(samples [][]string, at int) sampled {
	var out sampled
	for _, row := range samples {
		if at < len(row) {
			if v := strings.TrimSpace(row[at]); v != "" {
				out = append(out, v)
			}
		}
	}
	return out
}

// mostly tells whether nine in ten values look so.
func (s sampled) mostly(so func(string) bool) bool {
	hits := 0
	for _, v := range s {
		if so(v) {
			hits++
		}
	}
	return len(s) > 0 && hits*10 >= len(s)*9
}

// all tells whether every value looks so.
func (s sampled) all(so func(string) bool) bool {
	return len(s) > 0 && !slices.ContainsFunc(s, func(v string) bool { return !so(v) })
}

// running tells of whole numbers that only rise; step is 0 unless it is always the same.
func (s sampled) running() (first, step int, ok bool) {
	last := 0
	for i, v := range s {
		n, err := strconv.Atoi(v)
		switch {
		case err != nil, i > 0 && n <= last:
			return 0, 0, false
		case i == 0:
			first = n
		case i == 1:
			step = n - last
		case n-last != step:
			step = 0
		}
		last = n
	}
	return first, step, len(s) > 0
}

// unique tells whether no value comes twice.
func (s sampled) unique() bool {
	seen := map[string]bool{}
	for _, v := range s {
		if seen[v] {
			return false
		}
		seen[v] = true
	}
	return true
}

// kind judges what a field of a team's own would hold: a value that does not fit makes its
// row one to be corrected, so but for dates a single one is enough for text. Values that are few and come
// often are a choice; for a column of dates the layout comes with the kind.
func (s sampled) kind() (kind, layout string, ambiguous bool) {
	var dates DateJudge
	for _, v := range s {
		dates.Add(v)
	}
	layout, hits, total := dates.Best()
	switch {
	case hits > 0 && hits*10 >= total*9:
		return KindDate, layout, dates.ambiguous(layout)
	case s.all(isNumber):
		return KindNumber, "", false
	case s.all(isURL):
		return KindURL, "", false
	case s.isBoolean():
		return KindBoolean, "", false
	case s.isChoice():
		return KindEnum, "", false
	}
	return KindText, "", false
}

func (s sampled) isBoolean() bool {
	for _, v := range s {
		switch strings.ToLower(v) {
		case "true", "false", "yes", "no", "y", "n", "t", "f":
		default:
			return false
		}
	}
	return len(s) > 0
}

func (s sampled) isChoice() bool {
	const least, most, longest = 8, 12, 40
	different := map[string]bool{}
	for _, v := range s {
		if utf8.RuneCountInString(v) > longest {
			return false
		}
		different[v] = true
	}
	return len(s) >= least && len(different) <= most && len(different)*3 <= len(s)
}

// isNumber takes what a field of numbers takes, and no number that is a name: one with a
// zero or a plus in front.
func isNumber(v string) bool {
	digits := strings.TrimPrefix(v, "-")
	if strings.HasPrefix(digits, "+") || len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9' {
		return false
	}
	_, wrong := field.Field{Kind: field.Number}.Canonical(v)
	return wrong == ""
}

func looksLikeAddress(v string) bool {
	local, host, ok := strings.Cut(v, "@")
	dot := strings.LastIndexByte(host, '.')
	return ok && local != "" && dot > 0 && dot < len(host)-1 && !strings.ContainsAny(v, " \t,;<>/") && !strings.Contains(host, "@")
}

// isURL takes what says that it is one: a bare host could be a name of a file.
func isURL(v string) bool {
	if strings.HasPrefix(strings.ToLower(v), "www.") {
		v = "http://" + v
	}
	u, err := url.Parse(v)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && strings.Contains(u.Host, ".")
}

// isHomePage takes the URL of a site, not of a page or a picture in it.
func isHomePage(v string) bool {
	if !isURL(v) {
		return false
	}
	_, rest, ok := strings.Cut(v, "://")
	if !ok {
		rest = v
	}
	_, path, _ := strings.Cut(rest, "/")
	return path == "" && !strings.ContainsAny(rest, "?#")
}

func isLinkedIn(v string) bool { return strings.Contains(strings.ToLower(v), "linkedin.com/in/") }

// looksLikePhone takes numbers that are written as phones are; digits alone could be
// anything, unless a zero leads them.
func looksLikePhone(v string) bool {
	number, _, _ := strings.Cut(strings.ToLower(v), "x") // of an extension
	number = strings.TrimSuffix(number, "e")
	digits, dots, others := 0, 0, 0
	for i, c := range number {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '+' && i == 0, strings.ContainsRune("-() /", c):
			others++
		case c == '.':
			dots++
		default:
			return false
		}
	}
	written := others > 0 && v[0] != '-' || dots == 2 || v[0] == '0' && dots == 0
	return digits >= 7 && digits <= 15 && written
}
