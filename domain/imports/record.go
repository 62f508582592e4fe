package imports

import (
	"errors"
	"io"
	"strings"
)

// record is one record of a CSV file as it stands there.
type record struct {
	line, last int      // the lines in which it begins and ends
	values     []string // at most MaxColumns+1
	fields     int      // how many it has
	quote      int      // the field in which a quote stands wrongly, from 1; 0 for none
	opened     int      // the line in which that field's quote opens, 0 if it is not quoted
	long       int      // the first field over MaxValue, from 1; its value is cut there
}

// blank tells of a line on which a person sees nothing.
func (r *record) blank() bool {
	return r.fields == 1 && r.quote == 0 && r.long == 0 && strings.TrimSpace(r.values[0]) == ""
}

// scanner takes a CSV file apart. It reads what encoding/csv reads, and is not built
// on it, because that one keeps a record of any length in memory, rewrites line ends
// within quotes, and does not know a lone \r.
type scanner struct {
	input
	comma  byte
	stops  stops
	state  state
	quoted bool // a field of the record is quoted
	opened int  // the line in which the last quote opened
	field  int  // bytes of the field so far
	buf    []byte
	ends   []int // where the fields in buf end
	rec    record
}

func newScanner(in input, comma byte) scanner {
	return scanner{input: in, comma: comma, stops: stopsAt(comma, '"')}
}

// state is where the scanner stands within a record.
type state uint8

const (
	atStart state = iota // of a field
	inPlain
	inQuotes
	afterQuote // that closes the value, or is the first of two
	inBroken   // a line that is given up
)

// settleAt is how much of a record gathers before it becomes strings: the values of a
// small record share one, and a large one is never held twice.
const settleAt = 1 << 20

// read gives the next record that is not blank; io.EOF after the last. What it gives
// is of use until the next call, but for the values.
func (s *scanner) read() (*record, error) {
	for {
		s.reset()
		ended, err := s.scan()
		if err != nil {
			return nil, err
		}
		s.settle()
		if s.quoted || !s.rec.blank() {
			return &s.rec, nil
		}
		if ended {
			return nil, io.EOF
		}
	}
}

func (s *scanner) reset() {
	s.size, s.state, s.quoted, s.field = 0, atStart, false, 0
	s.buf, s.ends = s.buf[:0], s.ends[:0]
	s.rec = record{line: s.line, last: s.line, values: make([]string, 0, min(s.rec.fields, MaxColumns+1))}
}

// scan passes over one line, and over those that follow while a quote is open.
func (s *scanner) scan() (ended bool, err error) {
	for {
		s.rec.last = s.line
		if s.state != afterQuote {
			s.take(s.run(&s.stops))
		}
		b, err := s.next()
		if err != nil {
			return s.broken(err)
		}
		if s.step(b) {
			return false, nil
		}
	}
}

// broken ends a record at an error of reading, or at the end of the file.
func (s *scanner) broken(err error) (ended bool, _ error) {
	switch {
	case errors.Is(err, io.EOF):
		return true, s.atEnd()
	case errors.Is(err, errTooLong) && s.state == inQuotes:
		return false, unclosedQuote(s.opened, "the next 32 MiB")
	case errors.Is(err, errTooLong):
		return false, recordTooLong(s.rec.line)
	}
	return false, err
}

func (s *scanner) atEnd() error {
	if s.size == 0 {
		return io.EOF
	}
	switch s.state {
	case inQuotes:
		return unclosedQuote(s.opened, "the file")
	case inBroken:
	default:
		s.endField()
	}
	return nil
}

// step takes one byte, and says whether the record ends with it.
func (s *scanner) step(b byte) bool {
	switch s.state {
	case atStart, inPlain:
		return s.plain(b)
	case inQuotes:
		switch b {
		case '"':
			s.state = afterQuote
		case '\n':
			s.put([]byte(s.end))
		default:
			s.put([]byte{b})
		}
	case afterQuote:
		return s.closing(b)
	case inBroken:
		return b == '\n'
	}
	return false
}

func (s *scanner) plain(b byte) bool {
	switch {
	case b == s.comma || b == '\n':
		s.endField()
		return b == '\n'
	case b == '"' && s.state == atStart:
		s.state, s.quoted, s.opened = inQuotes, true, s.line
	case b == '"':
		s.rec.quote, s.state = s.rec.fields+1, inBroken
	default: // the run ended with what was buffered
		s.take([]byte{b})
	}
	return false
}

// closing takes the byte behind a quote within quotes.
func (s *scanner) closing(b byte) bool {
	switch b {
	case '"':
		s.state = inQuotes
		s.put([]byte{b})
	case s.comma, '\n':
		s.endField()
		return b == '\n'
	default:
		s.rec.quote, s.rec.opened, s.state = s.rec.fields+1, s.opened, inBroken
	}
	return false
}

// take puts ordinary bytes where they belong.
func (s *scanner) take(bytes []byte) {
	if len(bytes) == 0 || s.state == inBroken {
		return
	}
	if s.state == atStart {
		s.state = inPlain
	}
	s.put(bytes)
}

// put adds to the value, up to its limit.
func (s *scanner) put(bytes []byte) {
	room := MaxValue - s.field
	if len(bytes) > room {
		bytes = bytes[:room]
		if s.rec.long == 0 {
			s.rec.long = s.rec.fields + 1
		}
	}
	s.field += len(bytes)
	if s.rec.fields <= MaxColumns {
		s.buf = append(s.buf, bytes...)
	}
}

func (s *scanner) endField() {
	if s.rec.fields <= MaxColumns {
		s.ends = append(s.ends, len(s.buf))
	}
	s.rec.fields++
	s.field, s.state = 0, atStart
	if len(s.buf) > settleAt {
		s.settle()
	}
}

// settle makes values of the fields that have gathered.
func (s *scanner) settle() {
	all, from := string(s.buf), 0
	for _, end := range s.ends {
		s.rec.values = append(s.rec.values, all[from:end])
		from = end
	}
	s.buf, s.ends = s.buf[:0], s.ends[:0]
}
