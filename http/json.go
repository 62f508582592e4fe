package http

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
		Marshal: huma.DefaultJSONFormat.Marshal,
		Unmarshal: func(data []byte, v any) error {
			// huma reads a body twice: into any, to validate it, and then into its type.
			if _, first := v.(*any); first {
				if err := exact(data); err != nil {
					return err
				}
			}
			return json.Unmarshal(data, v)
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
	d := json.NewDecoder(bytes.NewReader(valid))
	d.UseNumber()
	var open names
	for {
		token, err := d.Token()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return errors.New("the body is not JSON")
		}
		if err := open.read(token); err != nil {
			return err
		}
	}
}

// names are those of the objects that are open where a body is being read.
type names []level

type level struct {
	names map[string]bool // of an object; nil in an array
	value bool            // a name has been read, its value comes next
}

func (n *names) read(token json.Token) error {
	if token == json.Delim('}') || token == json.Delim(']') {
		*n = (*n)[:len(*n)-1]
		return nil
	}
	if len(*n) > 0 {
		top := &(*n)[len(*n)-1]
		if name, ok := token.(string); ok && top.names != nil && !top.value {
			if top.names[name] {
				return fmt.Errorf("the name %q stands twice", name)
			}
			top.names[name], top.value = true, true
			return nil
		}
		top.value = false
	}
	switch token {
	case json.Delim('{'):
		*n = append(*n, level{names: map[string]bool{}})
	case json.Delim('['):
		*n = append(*n, level{})
	}
	return nil
}
