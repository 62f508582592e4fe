package template

import (
	"errors"
	"fmt"
	"html"
	"maps"
	"reflect"
	"strings"
	"time"
	"unicode"

	"github.com/osteele/liquid/expressions"
	"github.com/osteele/liquid/render"
)

// Message is one mail as it is sent.
type Message struct{ Subject, HTML, Text string }

// Renderer makes mails of one template. It is safe for concurrent use.
type Renderer struct {
	subject, html, text render.Node
	sizes               [3]int
	variables           []string
	links               []string // escaped
}

// Parse makes a renderer, which is meant to be kept.
func (c Compiled) Parse() (*Renderer, error) {
	r := &Renderer{variables: c.Variables, links: make([]string, len(c.Links)), sizes: [3]int{len(c.Subject), len(c.HTML), len(c.Text)}}
	for i, l := range c.Links {
		r.links[i] = html.EscapeString(l)
	}
	for _, p := range []struct {
		field, source string
		to            *render.Node
	}{{"subject", c.Subject, &r.subject}, {"html", c.HTML, &r.html}, {"text", c.Text, &r.text}} {
		if p.source == "" {
			continue
		}
		node, err := parsed(p.field, p.source)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.field, err)
		}
		*p.to = node
	}
	return r, nil
}

// Render makes one mail. The values of custom fields lie in vars["custom"], a map. link
// tells where the n-th of the template's links leads; nil leaves them as they are.
func (r *Renderer) Render(vars map[string]any, link func(n int) string) (Message, error) {
	bindings, err := r.bindings(vars)
	if err != nil {
		return Message{}, err
	}
	bindings[linkName] = linked{escaped: r.links, to: link}
	var out Message
	for i, p := range []struct {
		node render.Node
		cfg  *render.Config
		to   *string
	}{{r.subject, plainEngine(), &out.Subject}, {r.html, htmlEngine(), &out.HTML}, {r.text, plainEngine(), &out.Text}} {
		if p.node == nil {
			continue
		}
		if *p.to, err = rendered(p.node, p.cfg, bindings, r.sizes[i]); err != nil {
			return Message{}, err
		}
	}
	out.Subject = oneLine(out.Subject)
	if out.Subject == "" || strings.TrimSpace(out.HTML) == "" && strings.TrimSpace(out.Text) == "" {
		return Message{}, ErrEmpty
	}
	return out, nil
}

// rendered writes one part. The library panics where a writer takes no more.
func rendered(node render.Node, cfg *render.Config, bindings map[string]any, size int) (text string, err error) {
	defer func() {
		if p := recover(); p != nil {
			text, err = "", cause(p)
		}
	}()
	w := &capped{most: MaxOutput}
	w.Grow(size + size/8 + 64)
	if fault := render.Render(node, w, bindings, *cfg); fault != nil {
		return "", cause(fault)
	}
	return w.String(), nil
}

// cause finds ErrTooLarge in what the library says, and leaves out what values hold.
func cause(fault any) error {
	for range 10 {
		switch f := fault.(type) {
		case expressions.FilterError:
			fault = f.Err
			continue
		case interface{ Cause() error }:
			if c := f.Cause(); c != nil {
				fault = c
				continue
			}
		}
		break
	}
	if err, ok := fault.(error); ok && errors.Is(err, ErrTooLarge) {
		return ErrTooLarge
	}
	return errors.New("the template cannot be rendered with these values")
}

// bindings are the values that the template asks for. What is empty is not there, so that
// default, if and blank see it.
func (r *Renderer) bindings(vars map[string]any) (map[string]any, error) {
	out := make(map[string]any, len(r.variables)+2)
	var custom map[string]any
	for _, name := range r.variables {
		from, to, key := vars, out, name
		if k, ok := strings.CutPrefix(name, "custom."); ok {
			if custom == nil {
				custom = map[string]any{}
				out["custom"] = custom
			}
			from, to, key = customOf(vars), custom, k
		}
		v, err := value(from[key], true)
		if err != nil {
			return nil, err
		}
		if v != nil {
			to[key] = v
		}
	}
	return out, nil
}

func customOf(vars map[string]any) map[string]any {
	switch c := vars["custom"].(type) {
	case map[string]any:
		return c
	case map[string]string:
		out := make(map[string]any, len(c))
		for k, v := range maps.All(c) {
			out[k] = v
		}
		return out
	}
	return nil
}

// value is a value as templates know it: a text, a number, yes or no, a time, or a list.
func value(v any, lists bool) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case bool, int, float64:
		return v, nil
	case time.Time:
		return v, nil
	case string:
		return text(v)
	}
	rv := reflect.ValueOf(v)
	switch k := rv.Kind(); {
	case k == reflect.Slice && lists && rv.Type().Elem().Kind() != reflect.Uint8:
		out := make([]any, 0, min(rv.Len(), MaxList))
		for i := range min(rv.Len(), MaxList) {
			one, err := value(rv.Index(i).Interface(), false)
			if err != nil {
				return nil, err
			}
			out = append(out, one)
		}
		if len(out) == 0 {
			return nil, nil
		}
		return out, nil
	case rv.CanInt():
		return int(rv.Int()), nil
	case rv.CanFloat():
		return rv.Float(), nil
	case k == reflect.Pointer && rv.IsNil():
		return nil, nil
	}
	return text(fmt.Sprint(v))
}

func text(v string) (any, error) {
	switch {
	case len(v) > MaxValue:
		return nil, ErrTooLarge
	case strings.TrimSpace(v) == "":
		return nil, nil
	}
	return strings.ToValidUTF8(v, "\uFFFD"), nil
}

// oneLine is a subject: whatever the values hold, it ends where it ends.
func oneLine(v string) string {
	return strings.Join(strings.FieldsFunc(v, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
	}), " ")
}
