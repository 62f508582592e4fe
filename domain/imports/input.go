package imports

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// errTooLong says that a record goes on beyond MaxRecord.
var errTooLong = errors.New("the record is too long")

// input counts lines as an editor does: \n, \r\n and a lone \r end one.
type input struct {
	r    *bufio.Reader
	line int    // the line that the next byte stands in, from 1
	end  string // how the last line ended
	size int    // bytes of the record so far
}

// stops are the bytes that a run of others ends at; line ends are always among them.
type stops [256]bool

func stopsAt(bytes ...byte) (out stops) {
	for _, b := range append(bytes, '\r', '\n') {
		out[b] = true
	}
	return out
}

// run gives the bytes up to one that stops it, as far as they have been read from the
// file; they are of use until the next call.
func (in *input) run(at *stops) []byte {
	there, _ := in.r.Peek(min(in.r.Buffered(), MaxRecord-in.size)) // no more than is buffered
	n := 0
	for n < len(there) && !at[there[n]] {
		n++
	}
	_, _ = in.r.Discard(n)
	in.size += n
	return there[:n]
}

// next gives one byte; every line end is a single \n, and end says what it was.
func (in *input) next() (byte, error) {
	b, err := in.r.ReadByte()
	if err != nil {
		return 0, reading(err)
	}
	if in.size++; in.size > MaxRecord {
		return 0, errTooLong
	}
	switch b {
	case '\n':
		in.end = "\n"
	case '\r':
		in.end = "\r"
		if after, _ := in.r.Peek(1); len(after) == 1 && after[0] == '\n' {
			in.end = "\r\n"
			_, _ = in.r.Discard(1) // it is there
		}
	default:
		return b, nil
	}
	in.line++
	return '\n', nil
}

// skipLine passes over the rest of a line.
func (in *input) skipLine() error {
	for {
		b, err := in.next()
		if err != nil {
			return err
		}
		if b == '\n' {
			return nil
		}
	}
}

func reading(err error) error {
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	return fmt.Errorf("read the import file: %w", err)
}
