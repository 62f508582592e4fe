package http

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/canvass-hq/canvass/domain"
)

// readBody reads the rest of the arguments as the body of the REST operation.
func (p *plan) readBody(v reflect.Value, left map[string]any) error {
	if whole, ok := left["input"].(map[string]any); ok {
		left = whole
	}
	if p.body == nil {
		if len(left) > 0 {
			return fmt.Errorf("arguments that nothing reads: %d", len(left))
		}
		return nil
	}
	if p.patch {
		left = takingAway(left)
	}
	if err := domain.Refuse(repeatedKeys(left)); err != nil {
		return err
	}
	text, err := json.Marshal(bodyOf(left))
	if err != nil {
		return err
	}
	var plain any
	if err := json.Unmarshal(text, &plain); err != nil {
		return err
	}
	if err := domain.Refuse(p.faults(p.schema, "", plain)); err != nil {
		return err
	}
	return json.Unmarshal(text, v.FieldByIndex(p.body).Addr().Interface())
}

// takingAway makes an empty value of each null of a patch, as the REST API does.
func takingAway(given map[string]any) map[string]any {
	out := make(map[string]any, len(given))
	for name, value := range given {
		v := reflect.ValueOf(value)
		switch {
		case v.Kind() == reflect.Pointer && v.IsNil():
			value = ""
		case v.Kind() == reflect.Slice && v.IsNil() && name != "externalIds" && name != "custom":
			value = []map[string]any{}
		}
		out[name] = value
	}
	return out
}

// bodyOf is an input object with the names of the REST API; entries become an object.
func bodyOf(given map[string]any) map[string]any {
	out := map[string]any{}
	for name := range given {
		value, ok := argument(given, name)
		if !ok {
			continue
		}
		if object, ok := value.(map[string]any); ok {
			value = bodyOf(object)
		}
		objects, list := value.([]map[string]any)
		switch {
		case list && (name == "externalIds" || name == "custom"):
			value = entriesOf(objects)
		case list:
			bodies := make([]any, len(objects))
			for i, o := range objects {
				bodies[i] = bodyOf(o)
			}
			value = bodies
		}
		out[snake(name)] = value
	}
	return out
}

// repeatedKeys names the entries that stand twice, of which an object could keep one only.
func repeatedKeys(given map[string]any) (faults []domain.Field) {
	for _, name := range []string{"externalIds", "custom"} {
		value, _ := argument(given, name)
		entries, _ := value.([]map[string]any)
		seen := map[string]bool{}
		for _, entry := range entries {
			key, _ := argument(entry, "key")
			text := fmt.Sprint(key)
			if seen[text] {
				faults = append(faults, domain.Field{Name: name + "." + text, Message: "stands twice"})
			}
			seen[text] = true
		}
	}
	return faults
}

// entriesOf is an object of entries; one without a value takes it away.
func entriesOf(entries []map[string]any) map[string]any {
	out := map[string]any{}
	for _, entry := range entries {
		key, _ := argument(entry, "key")
		value, ok := argument(entry, "value")
		if !ok {
			value = ""
		}
		out[fmt.Sprint(key)] = value
	}
	return out
}

// camel is a name of the REST API as GraphQL writes it.
func camel(name string) string {
	words := strings.Split(name, "_")
	for i, w := range words[1:] {
		if w != "" {
			words[i+1] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, "")
}

// camels is camel of each part of a path, but for the keys of own fields.
func camels(path string) string {
	head, key, found := strings.Cut(path, ".")
	if head == "custom" || !found {
		return strings.TrimSuffix(camel(head)+"."+key, ".")
	}
	return camel(head) + "." + camels(key)
}

// snake is a name of GraphQL as the REST API writes it.
func snake(name string) string {
	var out strings.Builder
	for _, r := range name {
		if r >= 'A' && r <= 'Z' {
			out.WriteByte('_')
			r += 'a' - 'A'
		}
		out.WriteRune(r)
	}
	return out.String()
}
