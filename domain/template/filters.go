package template

import (
	"maps"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/canvass-hq/canvass/domain"
)

// The faults of a mail that was rendered.
var (
	ErrTooLarge = &domain.Error{Kind: domain.Conflict, Code: "template.too_large", Message: "a mail of this template would be too large"}
	ErrEmpty    = &domain.Error{Kind: domain.Conflict, Code: "template.empty", Message: "a mail of this template has no subject or no body"}
	ErrFails    = &domain.Error{Kind: domain.Conflict, Code: "template.fails", Message: "no mail can be made of this template for this lead"}
)

// filter is what may stand behind | in an expression.
type filter struct {
	apply any
	least int  // values that it must be given
	ours  bool // not for authors
}

func (f filter) most() int { return reflect.TypeOf(f.apply).NumIn() - 1 }

// guardFilter is written by Compile alone.
const guardFilter = "web_address"

var (
	htmlTag     = regexp.MustCompile(`<[^>]*>`)
	safeAddress = regexp.MustCompile(`^(?i:https?:|mailto:|tel:|sms:|[^:]*$|[^:/?#]*[/?#])`)
)

// filters are all that there are. None makes a value longer than MaxValue, a list longer
// than MaxList, or keeps a value from being escaped; none knows the time.
var filters = sync.OnceValue(func() map[string]filter {
	out := map[string]filter{
		"default":   {apply: fallback, least: 1},
		"date":      {apply: date, least: 1},
		guardFilter: {apply: webAddress, ours: true},
		"append": {apply: func(v, more string) (string, error) {
			return bounded(len(v)+len(more), func() string { return v + more })
		}, least: 1},
		"prepend": {apply: func(v, more string) (string, error) {
			return bounded(len(v)+len(more), func() string { return more + v })
		}, least: 1},
		"replace":      {apply: func(v, old, with string) (string, error) { return replaced(v, old, with, -1) }, least: 2},
		"remove":       {apply: func(v, old string) (string, error) { return replaced(v, old, "", -1) }, least: 1},
		"remove_first": {apply: func(v, old string) (string, error) { return replaced(v, old, "", 1) }, least: 1},
		"upcase":       {apply: strings.ToUpper},
		"downcase":     {apply: strings.ToLower},
		"capitalize":   {apply: capitalized},
		"strip":        {apply: strings.TrimSpace},
		"lstrip":       {apply: func(v string) string { return strings.TrimLeftFunc(v, unicode.IsSpace) }},
		"rstrip":       {apply: func(v string) string { return strings.TrimRightFunc(v, unicode.IsSpace) }},
		"strip_html":   {apply: func(v string) string { return htmlTag.ReplaceAllString(v, "") }},
		"escape":       {apply: func(v any) any { return v }}, // where it is HTML, it is escaped anyway
		"url_encode":   {apply: func(v string) (string, error) { return bounded(3*len(v), func() string { return url.QueryEscape(v) }) }},
		"truncate":     {apply: truncated},
		"size":         {apply: size},
		"split":        {apply: split, least: 1},
		"join":         {apply: joined},
		"first":        {apply: func(v any) any { return at(listOf(v), 0) }},
		"last":         {apply: func(v any) any { return at(listOf(v), len(listOf(v))-1) }},
		"reverse":      {apply: func(v any) any { out := slices.Clone(listOf(v)); slices.Reverse(out); return out }},
	}
	out["replace_first"] = filter{apply: func(v, old, with string) (string, error) { return replaced(v, old, with, 1) }, least: 2}
	out["strip_newlines"] = filter{apply: func(v string) string { return strings.NewReplacer("\r", "", "\n", "").Replace(v) }}
	out["truncatewords"] = filter{apply: truncatedWords}
	maps.Copy(out, arithmetic())
	return out
})

func filterNames() []string {
	return slices.Sorted(func(yield func(string) bool) {
		for name, f := range filters() {
			if !f.ours && !yield(name) {
				return
			}
		}
	})
}

func fallback(v, other any) any {
	if v == nil || v == false || v == "" {
		return other
	}
	if list := reflect.ValueOf(v); list.Kind() == reflect.Slice && list.Len() == 0 {
		return other
	}
	return v
}

// webAddress lets no value of a lead lead to a script: it stands before every value with
// which the address of a link or picture begins.
func webAddress(v string) string {
	v = strings.TrimFunc(v, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
	if !safeAddress.MatchString(v) {
		return "#"
	}
	return v
}

func bounded(n int, build func() string) (string, error) {
	if n > MaxValue {
		return "", ErrTooLarge
	}
	return build(), nil
}

func replaced(v, old, with string, times int) (string, error) {
	found := strings.Count(v, old)
	if times >= 0 {
		found = min(found, times)
	}
	return bounded(len(v)+found*(len(with)-len(old)), func() string { return strings.Replace(v, old, with, times) })
}

func capitalized(v string) string {
	r, n := utf8.DecodeRuneInString(v)
	if n == 0 {
		return v
	}
	return string(unicode.ToUpper(r)) + v[n:]
}

func truncated(v string, length, ending any) string {
	n, end := int(min(max(numberOr(length, 50), 0), MaxValue)), "..."
	if s, ok := ending.(string); ok {
		end = s
	}
	if r := []rune(v); len(r) > n {
		return clipped(string(r[:max(n-utf8.RuneCountInString(end), 0)]) + end)
	}
	return v
}

func truncatedWords(v string, count, ending any) string {
	n, end := int(min(max(numberOr(count, 15), 1), MaxValue)), "..."
	if s, ok := ending.(string); ok {
		end = s
	}
	if words := strings.Fields(v); len(words) > n {
		return clipped(strings.Join(words[:n], " ") + end)
	}
	return v
}

func clipped(v string) string {
	if len(v) > MaxValue {
		return strings.ToValidUTF8(v[:MaxValue], "")
	}
	return v
}

func size(v any) int {
	if s, ok := v.(string); ok {
		return utf8.RuneCountInString(s)
	}
	if list := reflect.ValueOf(v); list.Kind() == reflect.Slice {
		return list.Len()
	}
	return 0
}

func split(v, sep string) (any, error) {
	parts := strings.SplitN(v, sep, MaxList+1)
	if len(parts) > MaxList {
		return nil, ErrTooLarge
	}
	out := make([]any, len(parts))
	for i, p := range parts {
		out[i] = p
	}
	return out, nil
}

// listOf is a list, or a value as a list of one.
func listOf(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

func joined(v, sep any) (string, error) {
	list := listOf(v)
	between, total := " ", 0
	if s, ok := sep.(string); ok {
		between = s
	}
	parts := make([]string, len(list))
	for i, v := range list {
		parts[i] = written(v)
		total += len(parts[i]) + len(between)
	}
	return bounded(total, func() string { return strings.Join(parts, between) })
}

func at(list []any, i int) any {
	if i < 0 || i >= len(list) {
		return nil
	}
	return list[i]
}
