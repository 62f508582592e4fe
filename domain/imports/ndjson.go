package imports

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// The limits of NDJSON.
const (
	maxJSONLine  = 4 << 20 // bytes of a line that is read; a longer one is a row at fault
	headerLines  = 1_000   // that are read ahead to learn the keys
	headerBuffer = 8 << 20 // bytes of them
)

// jsonLine is one line of the file.
type jsonLine struct {
	line int
	raw  []byte
	long bool // over maxJSONLine, and cut
}

// jsonRows reads a file with one JSON object in each line.
type jsonRows struct {
	input
	stops  stops
	header []string
	place  map[string]int // of a key in the header
	held   []jsonLine     // read to learn the keys, and not handed out so far
	err    error          // that ended the reading ahead
}

func openNDJSON(in input) (*jsonRows, error) {
	j := &jsonRows{input: in, stops: stopsAt(), place: map[string]int{}}
	size := 0
	for len(j.held) < headerLines && size < headerBuffer {
		l, err := j.read()
		if err != nil {
			j.err = err // the rows before it come first
			break
		}
		j.held = append(j.held, l)
		size += len(l.raw)
		if j.learn(l); len(j.header) > MaxColumns {
			return nil, tooManyColumns(l.line, len(j.header))
		}
	}
	switch {
	case len(j.header) > 0:
		j.header = distinct(j.header) // a key may be blank
		return j, nil
	case j.err != nil && !errors.Is(j.err, io.EOF):
		return nil, j.err
	}
	return nil, refusal(ErrNoHeader.Code, fmt.Sprintf("no line from line %d on is a JSON object with a key: one object a line is read", j.held[0].line))
}

// learn makes columns of the keys of a line, unless the line is at fault.
func (j *jsonRows) learn(l jsonLine) {
	var fresh []string
	fault := l.read(func(key string, _ []byte) *Fault {
		if _, known := j.place[key]; !known && len(fresh) <= MaxColumns {
			fresh = append(fresh, key)
		}
		return nil
	})
	if fault != nil {
		return
	}
	for _, key := range fresh {
		if _, known := j.place[key]; !known {
			j.place[key] = len(j.header)
			j.header = append(j.header, key)
		}
	}
}

func (j *jsonRows) names() []string { return j.header }

func (j *jsonRows) next() (Row, error) {
	var l jsonLine
	switch {
	case len(j.held) > 0:
		l, j.held[0] = j.held[0], jsonLine{}
		j.held = j.held[1:]
	case j.err != nil:
		return Row{}, j.err
	default:
		if l, j.err = j.read(); j.err != nil {
			return Row{}, j.err
		}
	}
	row := Row{Line: l.line, Values: make([]string, len(j.header))}
	seen := make([]bool, len(j.header))
	row.Fault = l.read(func(key string, value []byte) *Fault {
		at, known := j.place[key]
		switch {
		case !known:
			return &Fault{RowUnknownKey, fmt.Sprintf("the key %q comes after the first %d lines, by which the columns are known", shortened(key), headerLines)}
		case seen[at]:
			return &Fault{RowJSON, fmt.Sprintf("the key %q stands twice", shortened(key))}
		}
		seen[at] = true
		row.Values[at] = string(value[:min(len(value), MaxValue)])
		if len(value) > MaxValue {
			return &Fault{RowTooLong, "the value of " + column(j.header, at+1) + " is longer than 64 KiB"}
		}
		return unreadable(j.header[at:], row.Values[at:at+1])
	})
	if row.Fault != nil {
		row.Values = showable(row.Values)
	}
	return row, nil
}

// read gives the next line that is not blank; io.EOF after the last.
func (j *jsonRows) read() (jsonLine, error) {
	for {
		l := jsonLine{line: j.line}
		err := j.fill(&l)
		switch {
		case errors.Is(err, errTooLong):
			return l, recordTooLong(l.line)
		case err != nil && !errors.Is(err, io.EOF):
			return l, err
		case len(bytes.TrimSpace(l.raw)) > 0:
			return l, nil
		case err != nil:
			return l, err
		}
	}
}

// fill reads a line to its end.
func (j *jsonRows) fill(l *jsonLine) error {
	j.size = 0
	for {
		l.add(j.run(&j.stops)...)
		b, err := j.input.next()
		if err != nil || b == '\n' {
			return err
		}
		l.add(b)
	}
}

func (l *jsonLine) add(bytes ...byte) {
	if l.long = l.long || len(l.raw)+len(bytes) > maxJSONLine; !l.long {
		l.raw = append(l.raw, bytes...)
	}
}

// read gives each value of the line to take under its key, until take finds a fault.
func (l jsonLine) read(take func(key string, value []byte) *Fault) *Fault {
	switch {
	case l.long:
		return &Fault{RowTooLong, "the line is longer than 4 MiB"}
	case !utf8.Valid(l.raw):
		return &Fault{RowEncoding, "the line holds bytes that are no text in the encoding of the file"}
	case bytes.IndexByte(l.raw, 0) >= 0:
		return &Fault{RowNUL, "the line holds a NUL byte"}
	case !json.Valid(l.raw):
		return &Fault{RowJSON, notOneObject}
	case bytes.TrimSpace(l.raw)[0] != '{':
		return &Fault{RowJSON, "the line is JSON, and not an object"}
	}
	f := flattener{in: json.NewDecoder(bytes.NewReader(l.raw)), take: take, line: l.raw}
	f.in.UseNumber()
	f.object()
	return f.fault
}
