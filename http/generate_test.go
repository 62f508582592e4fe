package http_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// generator makes requests of the description: such as it describes, and such with
// something wrong in them. The same seed and number make the same request.
type generator struct {
	*rand.Rand

	names func(path string) string // ids of records that are there
	ids   []string
	calm  bool // asks as the examples do
}

// generated is a request before it is one.
type generated struct {
	method, path, query, body, kind string
	headers                         [][2]string
}

func (g generated) String() string {
	return fmt.Sprintf("%s %s?%s %q of %s, %q", g.method, g.path, g.query, g.headers, g.kind, short(g.body))
}

func short(s string) string { return s[:min(len(s), 600)] }

func pick[T any](g *generator, from []T) T { return from[g.IntN(len(from))] }

func (g *generator) oneIn(n int) bool { return g.IntN(n) == 0 }

// value is one that a schema describes, mostly.
func (g *generator) value(schema map[string]any, depth int) any {
	if ref, ok := schema["$ref"].(string); ok {
		schema = promised.doc.Components.Schemas[strings.TrimPrefix(ref, "#/components/schemas/")]
	}
	if choices, ok := schema["enum"].([]any); ok && !g.oneIn(20) {
		return pick(g, choices)
	}
	if examples, ok := schema["examples"].([]any); ok && g.oneIn(3) {
		return pick(g, examples)
	}
	switch kindOf(schema) {
	case "object":
		return g.object(schema, depth)
	case "array":
		items, _ := schema["items"].(map[string]any)
		out := []any{}
		for range g.IntN(3) {
			out = append(out, g.value(items, depth+1))
		}
		return out
	case "integer", "number":
		return g.number(schema)
	case "boolean":
		return g.oneIn(2)
	}
	return g.text(schema)
}

func kindOf(schema map[string]any) string {
	if several, ok := schema["type"].([]any); ok {
		schema = map[string]any{"type": several[0]}
	}
	kind, _ := schema["type"].(string)
	return kind
}

func (g *generator) object(schema map[string]any, depth int) any {
	out := map[string]any{}
	required, _ := schema["required"].([]any)
	properties, _ := schema["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if slices.Contains(required, any(name)) || depth < 5 && g.oneIn(3) {
			property, _ := properties[name].(map[string]any)
			out[name] = g.value(property, depth+1)
		}
	}
	if each, ok := schema["additionalProperties"].(map[string]any); ok {
		for range g.IntN(3) {
			out[pick(g, append([]string{"tier", "size", "title", "crm"}, words...))] = g.value(each, depth+1)
		}
	}
	return out
}

func (g *generator) number(schema map[string]any) any {
	least, _ := schema["minimum"].(float64)
	most, ok := schema["maximum"].(float64)
	if !ok {
		most = least + 10
	}
	return int64(least) + g.Int64N(int64(most-least)+1)
}

func (g *generator) text(schema map[string]any) string {
	pattern, _ := schema["pattern"].(string)
	if strings.HasPrefix(pattern, "^[0-9a-f]{8}(") || strings.HasPrefix(pattern, "^([0-9a-f]{8}(") || schema["format"] == "uuid" || g.oneIn(4) {
		return pick(g, g.ids)
	}
	if schema["format"] == "date-time" {
		return pick(g, []string{"2026-01-31T09:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "2026-01-31T09:00:00+23:59"})
	}
	return pick(g, words)
}

// spoil puts something that does not belong there somewhere into a value.
func (g *generator) spoil(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 || g.oneIn(5) {
			v[pick(g, words)] = g.oddity()
			return v
		}
		name := pick(g, slices.Sorted(maps.Keys(v)))
		if g.oneIn(4) {
			delete(v, name)
		} else {
			v[name] = g.spoil(v[name])
		}
		return v
	case []any:
		if len(v) > 0 && !g.oneIn(3) {
			v[0] = g.spoil(v[0])
			return v
		}
	}
	return g.oddity()
}

// body is one of an operation, and its type.
func (g *generator) body(o *described) (text, kind string) {
	if o.RequestBody == nil {
		return pick(g, []string{"", "", "", "{}", "\x00"}), "application/json"
	}
	kind = pick(g, slices.Sorted(maps.Keys(o.RequestBody.Content)))
	if kind != "application/json" {
		return pick(g, []string{"name,email\nPersona,x@people.example\n", "name;email\n\"Persona\nTwo\";y@people.example", `{"name":"Persona"}` + "\n{}\n", "", "\x00", "\xff\xfe", "[1,2]", "name\n" + strings.Repeat("Persona,", 600), `"`, "a\n\"", "{\n"}), kind
	}
	if o.RequestBody.Required || !g.oneIn(3) {
		v := g.value(o.RequestBody.Content[kind].Schema, 0)
		if g.oneIn(4) {
			v = o.RequestBody.Content[kind].Example
		}
		if g.oneIn(3) {
			v = g.spoil(numbers(v)) // a copy: the example stays
		}
		encoded, err := json.Marshal(v)
		if err != nil {
			encoded = []byte(`{"a":1e400}`) // what Go would not write itself
		}
		text = string(encoded)
	}
	if g.oneIn(8) {
		text = pick(g, []string{
			"", "null", "[]", "0", `""`, text + text, text[:len(text)/2], strings.Replace(text, "{", `{"name":"a","name":"b",`, 1), strings.Repeat("[", 5_000), strings.Repeat(`{"a":`, 2_000) + "1" + strings.Repeat("}", 2_000),
			"\ufeff" + text, strings.ReplaceAll(text, "a", "\xff"), `{"name":"` + strings.Repeat("x", 1<<20) + `"}`, "{\"a\":\"\x00\"}", `{"` + strings.Repeat("k", 10_000) + `":1}`,
		})
	}
	if g.oneIn(25) {
		kind = pick(g, []string{"", "text/plain", "application/xml", "a/b; c=\"", "application/json; charset=latin1", "multipart/form-data; boundary=x"})
	}
	return text, kind
}

// example is the body that the description shows.
func (g *generator) example(o *described) (text, kind string) {
	if o.RequestBody == nil {
		return "", ""
	}
	kind = slices.Sorted(maps.Keys(o.RequestBody.Content))[0]
	if text, ok := o.RequestBody.Content[kind].Example.(string); ok {
		return text, kind
	}
	encoded, _ := json.Marshal(o.RequestBody.Content[kind].Example) // it was read from JSON
	return string(encoded), kind
}

// request is one of an operation.
func (g *generator) request(method, path string, o *described) generated {
	out := generated{method: strings.ToUpper(method), path: g.names(path)}
	if g.calm {
		out.body, out.kind = g.example(o)
		return out
	}
	if method == "get" && g.oneIn(20) {
		out.method = http.MethodHead
	}
	if strings.Contains(path, "{") && g.oneIn(4) {
		for _, name := range []string{"{id}", "{note}"} {
			path = strings.ReplaceAll(path, name, url.PathEscape(pick(g, append(slices.Clone(words), g.ids...))))
		}
		out.path = path
	}
	query := url.Values{}
	for _, p := range o.Parameters {
		if p.In == "path" || !g.oneIn(3) || p.Name == "Canvass-Org" && !g.oneIn(10) { // another's is refused before all else
			continue
		}
		text := fmt.Sprint(g.value(p.Schema, 0))
		if g.oneIn(5) {
			text = pick(g, append([]string{"9223372036854775808", "-9223372036854775809", "1.5", "1e3", "0x10", strings.Repeat("y", 20_000)}, words...))
		}
		if p.In == "query" {
			query.Set(p.Name, text)
			continue
		}
		out.headers = append(out.headers, [2]string{p.Name, g.header(p.Name, text)})
	}
	out.query = query.Encode()
	if g.oneIn(30) {
		out.query += pick(g, []string{"&x=1", "&limit=1&limit=2", "&%zz", "&=", "&;", "&limit=%00", "&cursor=%ff", "&"})
	}
	if method != "get" || g.oneIn(30) {
		out.body, out.kind = g.body(o)
	}
	return out
}

func (g *generator) header(name, text string) string {
	switch name {
	case "If-Match", "If-None-Match":
		return pick(g, []string{`"1"`, `"2"`, "*", `W/"1"`, `"1", "2"`, `"1-0123456789abcdef"`, `"`, "1", `, ,`, `"99999999999999999999"`, text})
	case "Idempotency-Key":
		return pick(g, []string{"one", "two", "three", text, strings.Repeat("k", 300)})
	case "Canvass-Min-Position":
		if !g.oneIn(100) { // to wait for the future takes its two seconds
			return pick(g, []string{"0", "1", "-1", "x", "", "9223372036854775808"})
		}
		return "9223372036854775807"
	}
	return text
}
