package imports

import (
	"bytes"
	"encoding/json"
	"strings"
)

// The limits of an object.
const (
	maxKey   = 200 // bytes of a key with those around it
	maxDepth = 20  // objects within objects
)

const (
	notOneObject  = "the line is not one JSON object"
	halfCharacter = "the line holds an escape that is half a character"
)

// flattener makes one row of an object: keys of nested ones are joined by dots, the
// items of an array by "; ". What it is given is valid JSON.
type flattener struct {
	in    *json.Decoder
	take  func(key string, value []byte) *Fault
	line  []byte
	path  []string
	fault *Fault
}

// object reads on to the end of an object, or to the first fault.
func (f *flattener) object() {
	if len(f.path) == 0 {
		f.token() // its opening
	}
	for f.fault == nil && f.in.More() {
		key, _ := f.token().(string)
		f.path = append(f.path, key)
		switch {
		case len(f.path) > maxDepth || len(strings.Join(f.path, ".")) > maxKey:
			f.refuse(RowJSON, "the line nests too deeply, or a key in it is too long")
		case strings.IndexByte(key, 0) >= 0:
			f.refuse(RowNUL, "a key in the line holds a NUL byte")
		case f.halved([]byte(key)):
			f.refuse(RowEncoding, halfCharacter)
		default:
			f.value()
		}
		f.path = f.path[:len(f.path)-1]
	}
	if f.fault == nil {
		f.token() // its end
	}
}

func (f *flattener) value() {
	switch t := f.token().(type) {
	case json.Delim:
		if t == '{' {
			f.object()
			return
		}
		f.give(f.array())
	case string:
		f.give([]byte(t))
	case json.Number:
		f.give([]byte(t.String()))
	case bool:
		f.give(map[bool][]byte{true: []byte("true"), false: []byte("false")}[t])
	case nil:
		f.give(nil)
	}
}

// array joins the items; one that is an object or an array stays JSON.
func (f *flattener) array() []byte {
	var out bytes.Buffer
	for n := 0; f.fault == nil && f.in.More(); n++ {
		var item json.RawMessage
		if err := f.in.Decode(&item); err != nil {
			f.refuse(RowJSON, notOneObject)
			return nil
		}
		if out.Len() > MaxValue {
			continue // too long already
		}
		if n > 0 {
			out.WriteString("; ")
		}
		f.item(&out, item)
	}
	if f.fault == nil {
		f.token() // its end
	}
	return out.Bytes()
}

func (f *flattener) item(out *bytes.Buffer, item json.RawMessage) {
	var text string
	switch item[0] {
	case '"':
		if err := json.Unmarshal(item, &text); err != nil {
			f.refuse(RowJSON, notOneObject)
		}
		out.WriteString(text)
	case '{', '[':
		if err := json.Compact(out, item); err != nil {
			f.refuse(RowJSON, notOneObject)
		}
	case 'n': // null
	default:
		out.Write(item)
	}
}

// give hands a value out.
func (f *flattener) give(value []byte) {
	switch {
	case f.fault != nil:
	case f.halved(value):
		f.refuse(RowEncoding, halfCharacter)
	default:
		f.fault = f.take(strings.Join(f.path, "."), value)
	}
}

// halved tells whether a text holds a U+FFFD that encoding/json has put there: the line
// has none, and half of a surrogate pair in its place.
func (f *flattener) halved(text []byte) bool {
	mark := []byte("\ufffd")
	return bytes.Contains(text, mark) && !bytes.Contains(f.line, mark) && !bytes.Contains(bytes.ToLower(f.line), []byte(`\ufffd`))
}

func (f *flattener) token() json.Token {
	t, err := f.in.Token()
	if err != nil {
		f.refuse(RowJSON, notOneObject)
	}
	return t
}

func (f *flattener) refuse(code, message string) {
	if f.fault == nil {
		f.fault = &Fault{code, message}
	}
}
