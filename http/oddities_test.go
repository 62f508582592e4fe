package http_test

import (
	"encoding/json"
	"strings"
)

// words are texts that somebody may send; of some of them something could go wrong.
var words = []string{ //nolint:gochecknoglobals // a table
	"Persona", "x@people.example", "GB", "vip", "status eq new", "not (name contains \"a\" or tags has vip) and created_at ge 2026-01-01", "2026-01-31T09:00:00Z", "2026-01-31", "+44 20 7946 0958",
	"https://engines.example", "Europe/London", "custom:size", "email", "name,email", "status,country", "5", "true", "", " ", "0", "-1", "ü", "漢字", "a\u0301\u0301", "\u202eabc", "'; select 1 --", "%00", "null", "NaN", "1e309",
	"<b>", "=1+1", "../..", "a\tb", "line\nbreak", "\u0000", "\ufffd", "😀", "ff\u00adx", "W/\"1\"", `"`, `\`, "0000-00-00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", strings.Repeat("ß", 300),
	"Hello {{ first_name | default: \"there\" }}", "{{ custom.size }} {% if city %}x{% endif %}", "{% for a in (1..1000000000) %}x{% endfor %}", "{{ nobody }}", "{% if", "<p style=\"{{ name }}\"><a href=\"https://{{ city }}/\">x</a>",
	"2031-03-30T02:30", "Local", "Mars/Base", "marketing", "transactional",
}

// oddities are values that no schema of ours describes.
func (g *generator) oddity() any {
	return pick(g, []any{
		nil, true, 0, -1, 1.5, "", "x",
		[]any{},
		map[string]any{},
		[]any{nil},
		map[string]any{"a": nil},
		json.Number("9223372036854775808"), json.Number("-9223372036854775809"), json.Number("1e400"), json.Number("1e-400"),
		json.RawMessage(`"\ud800"`), json.RawMessage(`"\u0000"`), strings.Repeat("x", 20_000), nested(200),
		[]any{[]any{[]any{}}},
	})
}

func nested(depth int) (v any) {
	for range depth {
		v = map[string]any{"a": []any{v}}
	}
	return v
}
