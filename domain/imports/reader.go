// Package imports reads the files that a team brings its leads in, and says which
// column of a file means what. The rules:
//
//  1. A file is CSV with any of the usual delimiters, or NDJSON, in UTF-8, UTF-16 or
//     Windows-1252; nobody is asked which.
//  2. A row that cannot be taken is a row with a fault, and the rows around it are
//     read as if it were not there. Only what makes the rest of the file unreadable
//     refuses the file.
//  3. Nothing is dropped silently: not a row, not a column, not a byte that is no text.
//  4. Memory is bounded whatever the file is.
package imports

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// Row is one row of a file.
type Row struct {
	Line   int      // in which it begins, as an editor counts
	Values []string // in the order of the header; of a row at fault what could be read, for a person to see
	Fault  *Fault   // nil for a row that can be taken
}

// Format is how a file writes its rows.
type Format string

// The formats that are read.
const (
	CSV    Format = "csv"
	NDJSON Format = "ndjson"
)

// rows is one format's reading of a file.
type rows interface {
	names() []string
	next() (Row, error)
}

// Reader reads a file row by row.
type Reader struct {
	file     *counter
	encoding Encoding
	format   Format
	comma    byte
	rows     rows
	err      error
}

// Open judges the encoding and the format of a file and reads its header.
//
// A refusal is one of the errors of this package; any other error is that of r.
func Open(r io.Reader) (*Reader, error) {
	file := &counter{r: r}
	text, encoding, err := Decoded(file)
	if err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(text, sampleSize)
	sample, err := in.Peek(sampleSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, reading(err)
	}
	out := &Reader{file: file, encoding: encoding}
	lines := input{r: in, line: 1}
	switch first := bytes.TrimLeft(sample, " \t\r\n"); {
	case len(first) == 0 && err != nil:
		return nil, ErrEmpty
	case bytes.HasPrefix(first, []byte("{")):
		out.format = NDJSON
		out.rows, err = openNDJSON(lines)
	case bytes.HasPrefix(first, []byte("[")) && bytes.HasPrefix(bytes.TrimLeft(first[1:], " \t\r\n"), []byte("{")):
		return nil, ErrJSONArray
	default:
		found := sniff(sample, err != nil)
		out.format, out.comma = CSV, found.comma
		out.rows, err = openCSV(lines, found)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Header names the columns. Each has a name of its own: a blank one is called after
// its place, and one that comes again has a number behind it.
func (r *Reader) Header() []string { return r.rows.names() }

// Headless says that a CSV file begins with its first row at once, and what its columns are
// called. It is said before the first row is read.
func (r *Reader) Headless(names ...string) {
	if c, ok := r.rows.(*csvRows); ok && len(names) == len(c.header) {
		c.headless(names)
	}
}

// Next gives the next row; io.EOF after the last. After any error it gives that error.
func (r *Reader) Next() (Row, error) {
	if r.err != nil {
		return Row{}, r.err
	}
	row, err := r.rows.next()
	r.err = err
	return row, err
}

// Encoding is how the file writes its characters.
func (r *Reader) Encoding() Encoding { return r.encoding }

// Format is how the file writes its rows.
func (r *Reader) Format() Format { return r.format }

// Delimiter is what stands between two fields of a CSV file; "" for NDJSON.
func (r *Reader) Delimiter() string {
	if r.format == NDJSON {
		return ""
	}
	return string(rune(r.comma))
}

// Offset is how many bytes of the file have been read. It is ahead of the last row by
// some 64 KiB, so it is for showing progress.
func (r *Reader) Offset() int64 { return r.file.n }

// counter counts what is read of a file.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// unreadable finds a NUL or bytes that are no text in the values of a row.
func unreadable(header, values []string) *Fault {
	for i, v := range values {
		switch {
		case strings.IndexByte(v, 0) >= 0:
			return &Fault{RowNUL, "the value of " + column(header, i+1) + " holds a NUL byte"}
		case !utf8.ValidString(v):
			return &Fault{RowEncoding, "the value of " + column(header, i+1) + " holds bytes that are no text in the encoding of the file"}
		}
	}
	return nil
}

// showable makes the values of a row at fault fit to be stored and shown.
func showable(values []string) []string {
	for i, v := range values {
		values[i] = strings.ReplaceAll(strings.ToValidUTF8(v, "\ufffd"), "\x00", "\ufffd")
	}
	return values
}
