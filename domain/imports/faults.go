package imports

import (
	"fmt"
	"strings"

	"github.com/canvass-hq/canvass/domain"
)

// The limits of a file.
const (
	MaxColumns = 500
	MaxValue   = 64 << 10 // bytes of one value
	MaxRecord  = 32 << 20 // bytes of one record, as the file writes it
)

// The codes of a row that cannot be taken. They are stable: they stand in the file of
// faults that a person downloads.
const (
	RowRagged      = "row.ragged"       // fewer or more fields than the header
	RowQuote       = "row.quote"        // a quote where none may stand
	RowNUL         = "row.nul"          // a NUL byte
	RowEncoding    = "row.encoding"     // bytes that are no text in the file's encoding
	RowTooLong     = "row.too_long"     // a value over MaxValue
	RowHeaderAgain = "row.header_again" // the header once more
	RowJSON        = "row.json"         // a line that is not one JSON object
	RowUnknownKey  = "row.unknown_key"  // a key that came too late to be a column
)

// Fault says why a row cannot be taken. Message names columns and lines, never a
// value: it may be kept where personal data may not.
type Fault struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// The refusals of a whole file. The message of a given one names the line.
var (
	ErrEmpty          = refusal("import.empty", "the file is empty")
	ErrNoHeader       = refusal("import.no_header", "the file has no header")
	ErrHeader         = refusal("import.header", "the header cannot be read")
	ErrTooManyColumns = refusal("import.too_many_columns", "the file has too many columns")
	ErrUnclosedQuote  = refusal("import.unclosed_quote", "a quote is never closed")
	ErrRecordTooLong  = refusal("import.record_too_long", "a record is too long")
	ErrJSONArray      = refusal("import.json_array", "the file is one JSON array; write one object a line")
)

func refusal(code, message string) *domain.Error {
	return &domain.Error{Kind: domain.Invalid, Code: code, Message: message}
}

func unclosedQuote(line int, within string) error {
	return refusal(ErrUnclosedQuote.Code, fmt.Sprintf("the quote that opens in line %d is not closed within %s", line, within))
}

func recordTooLong(line int) error {
	return refusal(ErrRecordTooLong.Code, fmt.Sprintf("the record that begins in line %d is longer than 32 MiB", line))
}

func tooManyColumns(line, columns int) error {
	return refusal(ErrTooManyColumns.Code, fmt.Sprintf("the header in line %d has %d columns, and %d is the most", line, columns, MaxColumns))
}

// fault looks a record over against the header that it should fit, nil when it does.
func (r *record) fault(header []string) *Fault {
	switch {
	case r.quote > 0:
		return &Fault{RowQuote, r.misquoted(header)}
	case r.long > 0:
		return &Fault{RowTooLong, fmt.Sprintf("the value of %s is longer than 64 KiB", column(header, r.long))}
	}
	if f := unreadable(header, r.values); f != nil {
		return f
	}
	if r.fields != len(header) {
		return &Fault{RowRagged, r.ragged(header)}
	}
	return nil
}

func (r *record) misquoted(header []string) string {
	name := column(header, r.quote)
	switch r.opened {
	case 0:
		return fmt.Sprintf("a quote stands in the middle of the value of %s: put such a value in quotes, and double the quotes in it", name)
	case r.last:
		return fmt.Sprintf("the quoted value of %s is followed by more text: double the quotes within it", name)
	}
	return fmt.Sprintf("the quote that opens in line %d, in %s, ends in line %d and is followed by more text: lines %d to %d were passed over",
		r.opened, name, r.last, r.line, r.last)
}

func (r *record) ragged(header []string) string {
	counts := fmt.Sprintf("%s, and the header has %d", amount(r.fields, "field"), len(header))
	if r.fields < len(header) {
		return counts + ": nothing for " + listed(header[r.fields:])
	}
	beyond := r.fields - len(header)
	if r.fields == len(r.values) && strings.Join(r.values[len(header):], "") == "" {
		return fmt.Sprintf("%s: the last %d, all empty, have no column", counts, beyond)
	}
	return fmt.Sprintf("%s: the last %d have no column", counts, beyond)
}

// column names the column of a field, counted from 1.
func column(header []string, field int) string {
	if field <= len(header) {
		return fmt.Sprintf("%q", shortened(header[field-1]))
	}
	return fmt.Sprintf("field %d", field)
}

// listed names columns as a sentence does, and not all of very many.
func listed(names []string) string {
	const most = 5
	var quoted []string
	for _, n := range names[:min(most, len(names))] {
		quoted = append(quoted, fmt.Sprintf("%q", shortened(n)))
	}
	if more := len(names) - most; more > 0 {
		quoted = append(quoted, fmt.Sprintf("%d more", more))
	}
	return strings.Join(quoted, ", ")
}

// shortened keeps a message readable whatever stands in the header.
func shortened(v string) string {
	const most = 60
	if runes := []rune(v); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return v
}

func amount(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
