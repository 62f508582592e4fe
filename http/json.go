package http

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

// strictJSON refuses bodies of which a decoder would quietly make something else: it
// puts another character in the place of one that is none, and of a name that stands
// twice it takes the last.
func strictJSON() huma.Format {
	return huma.Format{
		Marshal: render,
		Unmarshal: func(data []byte, v any) error {
			// huma reads a body twice: into any, to validate it, and then into its type.
			if _, first := v.(*any); first {
				if err := exact(data); err != nil {
					return err
				}
			}
			if err := json.Unmarshal(data, v); err != nil {
				return err
			}
			return takeAway(data, v)
		},
	}
}

func exact(data []byte) error {
	if !utf8.Valid(data) {
		return errors.New("the body is not UTF-8")
	}
	if !json.Valid(data) {
		return errors.New("the body is not JSON")
	}
	if halved(data) {
		return errors.New("the body holds one half of a surrogate pair")
	}
	return repeated(data)
}

// halved finds a \u escape that is half a character (RFC 8259, 8.2).
func halved(valid []byte) bool {
	for i := 0; i < len(valid); i++ {
		if valid[i] != '\\' {
			continue
		}
		i++ // the character that is escaped
		if valid[i] != 'u' {
			continue
		}
		r := escape(valid[i+1:])
		i += 4
		if !utf16.IsSurrogate(r) {
			continue
		}
		rest, pair := bytes.CutPrefix(valid[i+1:], []byte(`\u`))
		if !pair || utf16.DecodeRune(r, escape(rest)) == utf8.RuneError {
			return true
		}
		i += 6
	}
	return false
}

func escape(hex []byte) rune {
	n, _ := strconv.ParseUint(string(hex[:4]), 16, 32) // the body is valid JSON
	return rune(n)                                     //nolint:gosec // four digits
}

// repeated finds a name that stands twice in one object.
func repeated(valid []byte) error {
	var open []names
	name := false // a string that comes next is a name
	for i := 0; i < len(valid); i++ {
		switch valid[i] {
		case '{':
			open, name = append(open, names{object: true}), true
		case '[':
			open, name = append(open, names{}), false
		case '}', ']':
			open, name = open[:len(open)-1], false
		case ',':
			name = open[len(open)-1].object
		case '"':
			end := i + 1
			for valid[end] != '"' {
				if valid[end] == '\\' {
					end++
				}
				end++
			}
			if name && !open[len(open)-1].add(valid[i:end+1]) {
				return fmt.Errorf("the name %s stands twice", valid[i:end+1])
			}
			i, name = end, false
		}
	}
	return nil
}

// names are those of an object that is open where a body is being read; the few that
// most objects have are compared one by one.
type names struct {
	object bool
	few    []string
	many   map[string]bool
}

const fewNames = 16

// add takes a quoted name, and reports whether it is new.
func (n *names) add(quoted []byte) bool {
	name := string(quoted[1 : len(quoted)-1])
	if bytes.IndexByte(quoted, '\\') >= 0 {
		_ = json.Unmarshal(quoted, &name) // the body is valid JSON
	}
	if n.many == nil {
		if slices.Contains(n.few, name) {
			return false
		}
		if n.few = append(n.few, name); len(n.few) <= fewNames {
			return true
		}
		n.many = make(map[string]bool, 2*fewNames)
		for _, f := range n.few {
			n.many[f] = true
		}
		return true
	}
	before := len(n.many)
	n.many[name] = true
	return len(n.many) > before
}
