package http_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	apphttp "github.com/canvass-hq/canvass/http"
)

// twice is the plain way to find a name that stands twice: token by token.
func twice(d *json.Decoder) bool {
	token, err := d.Token()
	if err != nil {
		return false
	}
	found := false
	switch token {
	case json.Delim('{'):
		seen := map[string]bool{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return found
			}
			found = found || seen[name.(string)]
			seen[name.(string)] = true
			found = twice(d) || found
		}
		_, _ = d.Token()
	case json.Delim('['):
		for d.More() {
			found = twice(d) || found
		}
		_, _ = d.Token()
	}
	return found
}

func TestRepeatedNames(t *testing.T) {
	t.Parallel()
	names := []string{`"a"`, `"b"`, `"\u0061"`, `"\"{"`, `"c,:"`, `""`, `"\\"`}
	var value func(t *rapid.T, depth int) string
	value = func(t *rapid.T, depth int) string {
		kind := rapid.IntRange(0, 5).Draw(t, "kind")
		if depth == 0 || kind > 3 {
			return rapid.SampledFrom([]string{`1`, `"a"`, `"x\"y"`, `null`, `"{\"a\":"`, `[]`, `{}`}).Draw(t, "leaf")
		}
		var parts []string
		for range rapid.IntRange(0, 4).Draw(t, "members") {
			v := value(t, depth-1)
			if kind < 3 {
				v = rapid.SampledFrom(names).Draw(t, "name") + " : " + v
			}
			parts = append(parts, v)
		}
		if kind < 3 {
			return "{" + strings.Join(parts, " , ") + "}"
		}
		return "[" + strings.Join(parts, ",") + "]"
	}
	rapid.Check(t, func(t *rapid.T) {
		body := []byte(value(t, 4))
		if !json.Valid(body) {
			t.Fatalf("%s is not JSON", body)
		}
		if got, want := apphttp.Repeated(body) != nil, twice(json.NewDecoder(bytes.NewReader(body))); got != want {
			t.Fatalf("%s: %t, want %t", body, got, want)
		}
	})
}

func TestRepeatedAmongMany(t *testing.T) {
	t.Parallel()
	var body strings.Builder
	for n := range 40 {
		fmt.Fprintf(&body, `"%d":{"%d":1},`, n, n)
	}
	if err := apphttp.Repeated([]byte("{" + strings.TrimSuffix(body.String(), ",") + "}")); err != nil {
		t.Error(err)
	}
	for n := range 40 {
		if apphttp.Repeated(fmt.Appendf(nil, `{%s"%d":0}`, body.String(), n)) == nil {
			t.Errorf("the name %d stands twice and nobody says so", n)
		}
	}
}
