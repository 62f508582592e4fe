package eventstore

import (
	"errors"
	"strconv"
)

var errJSON = errors.New("malformed JSON")

// maxDepth bounds the walk: our facts are a few levels deep.
const maxDepth = 64

// walker copies JSON and replaces the values that it is asked to. It never decodes:
// the log stores exact bytes, and sealing touches each fact that is ever written.
type walker struct {
	raw     []byte
	i       int
	out     []byte
	path    []byte                                        // keys and indexes, joined by dots
	want    func(path, rest []byte) bool                  // is the value that begins here to be replaced?
	replace func(out, path, value []byte) ([]byte, error) // adds by what
}

func (w *walker) run() ([]byte, error) {
	if err := w.value(0); err != nil {
		return nil, err
	}
	w.space()
	if w.i != len(w.raw) {
		return nil, errJSON
	}
	return w.out, nil
}

func (w *walker) value(depth int) error {
	w.space()
	if w.i >= len(w.raw) || depth > maxDepth {
		return errJSON
	}
	start := w.i
	if w.want(w.path, w.raw[w.i:]) {
		if err := w.skip(); err != nil {
			return err
		}
		out, err := w.replace(w.out, w.path, w.raw[start:w.i])
		if err == nil {
			w.out = out
		}
		return err
	}
	switch w.raw[w.i] {
	case '{':
		return w.members('}', depth)
	case '[':
		return w.members(']', depth)
	}
	if err := w.skip(); err != nil {
		return err
	}
	w.out = append(w.out, w.raw[start:w.i]...)
	return nil
}

// members walks an object or an array.
func (w *walker) members(end byte, depth int) error {
	w.out = append(w.out, w.raw[w.i])
	w.i++
	base := len(w.path)
	for n := 0; ; n++ {
		w.space()
		if w.i < len(w.raw) && w.raw[w.i] == end {
			w.i++
			w.out = append(w.out, end)
			w.path = w.path[:base]
			return nil
		}
		if n > 0 {
			if w.i >= len(w.raw) || w.raw[w.i] != ',' {
				return errJSON
			}
			w.i++
			w.out = append(w.out, ',')
		}
		w.path = w.path[:base]
		if base > 0 {
			w.path = append(w.path, '.')
		}
		if err := w.label(end, n); err != nil {
			return err
		}
		if err := w.value(depth + 1); err != nil {
			return err
		}
	}
}

// label reads a key, or counts an element, into the path.
func (w *walker) label(end byte, n int) error {
	if end == ']' {
		w.path = strconv.AppendInt(w.path, int64(n), 10)
		return nil
	}
	w.space()
	start := w.i
	if w.i >= len(w.raw) || w.raw[w.i] != '"' {
		return errJSON
	}
	if err := w.skip(); err != nil {
		return err
	}
	w.path = append(w.path, w.raw[start+1:w.i-1]...)
	w.out = append(w.out, w.raw[start:w.i]...)
	w.space()
	if w.i >= len(w.raw) || w.raw[w.i] != ':' {
		return errJSON
	}
	w.i++
	w.out = append(w.out, ':')
	return nil
}

// skip steps over one value.
func (w *walker) skip() error {
	for depth := 0; w.i < len(w.raw); {
		switch c := w.raw[w.i]; c {
		case '"':
			if !w.text() {
				return errJSON
			}
		case '{', '[':
			depth++
			w.i++
		case '}', ']':
			depth--
			w.i++
			if depth < 0 {
				return errJSON
			}
		case ',', ':', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return errJSON
			}
			w.i++
			continue
		default:
			for w.i < len(w.raw) && !isDelimiter(w.raw[w.i]) {
				w.i++
			}
		}
		if depth == 0 {
			return nil
		}
	}
	return errJSON
}

func (w *walker) text() bool {
	for w.i++; w.i < len(w.raw); w.i++ {
		switch w.raw[w.i] {
		case '\\':
			w.i++
		case '"':
			w.i++
			return true
		}
	}
	return false
}

func (w *walker) space() {
	for w.i < len(w.raw) {
		switch w.raw[w.i] {
		case ' ', '\t', '\n', '\r':
			w.i++
		default:
			return
		}
	}
}

func isDelimiter(c byte) bool {
	switch c {
	case ',', ':', '{', '}', '[', ']', '"', ' ', '\t', '\n', '\r':
		return true
	}
	return false
}
