package suppression

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/values"
)

// MaxLines is how many lines a file of suppressions may have, beside its header.
const MaxLines = 100_000

// The refusals of a file.
var (
	ErrNoAddresses  = &domain.Error{Kind: domain.Invalid, Code: "suppression.no_addresses", Message: "no column of the file is known for one of addresses: call it email, or send one address on each line and nothing else (CSV)"}
	ErrTooManyLines = &domain.Error{Kind: domain.Invalid, Code: "suppression.too_many_lines", Message: "the file has more than 100,000 lines: bring it in in parts"}
	ErrFaultyLines  = &domain.Error{Kind: domain.Invalid, Code: "suppression.faulty_lines", Message: "lines are at fault, and nothing was done: fields names the first of them; skip_faulty=true carries out the others"}
)

// Said is what holds for the lines of a file that do not say it themselves.
type Said struct {
	Scope  Scope
	Reason Reason
	Note   string
}

// File reads addresses that this system or another has kept, line by line: a member says of
// each what the line says.
type File struct {
	rows  *imports.Reader
	at    columns
	said  Said
	lines int
}

// Line is one line of a file.
type Line struct {
	Added  []Added        // what it asks for, of every address on it
	ID     string         // in place of that: a suppression that is known by its hash alone
	Scope  Scope          // of ID
	Faults []domain.Field // named by line and column
}

// Open reads the header of a file; a file without one is a bare list of addresses.
func Open(r io.Reader, said Said) (*File, error) {
	note, faults := values.Line("note", said.Note, MaxNote)
	if err := domain.Refuse(slices.Concat(said.Scope.fault(), said.Reason.fault(), faults)); err != nil {
		return nil, err
	}
	said.Note = note
	rows, err := imports.Open(r)
	if err != nil {
		return nil, err
	}
	f := &File{rows: rows, at: columnsOf(rows.Header()), said: said}
	if header := rows.Header(); len(header) == 1 && strings.Contains(header[0], "@") {
		rows.Headless("email")
		f.at = columnsOf(rows.Header())
	}
	if f.at.emails == nil || rows.Format() != imports.CSV {
		return nil, ErrNoAddresses
	}
	return f, nil
}

// Lines is how many lines have been read.
func (f *File) Lines() int { return f.lines }

// Next gives the next line; io.EOF after the last.
func (f *File) Next() (Line, error) {
	row, err := f.rows.Next()
	if err != nil {
		return Line{}, err
	}
	if f.lines++; f.lines > MaxLines {
		return Line{}, ErrTooManyLines
	}
	if row.Fault != nil {
		return Line{Faults: values.Fault(fmt.Sprintf("line %d", row.Line), row.Fault.Message)}, nil
	}
	line := f.judge(row.Values)
	for i := range line.Faults {
		line.Faults[i].Name = fmt.Sprintf("line %d: %s", row.Line, line.Faults[i].Name)
	}
	return line, nil
}

// judge asks the rules of a line what they would ask of a command.
func (f *File) judge(row []string) (line Line) {
	cell := func(at int) string {
		if at < 0 {
			return ""
		}
		return values.Undefused(strings.TrimSpace(row[at]))
	}
	reason, passes := f.reason(cell(f.at.reason), cell(f.at.ended))
	if passes {
		return Line{}
	}
	scope, note := f.said.Scope, f.said.Note
	if own := Scope(cell(f.at.scope)); own != "" {
		scope = own
	}
	if own := cell(f.at.note); own != "" {
		note = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\t", " ").Replace(own)
	}
	var emails []string
	for _, at := range f.at.emails {
		if v := cell(at); v != "" {
			emails = append(emails, v)
		}
	}
	if id := strings.ToLower(cell(f.at.id)); emails == nil && values.IsUUID(id) {
		return Line{ID: id, Scope: scope, Faults: scope.fault()}
	}
	if emails == nil {
		emails = []string{""} // the rules say that it is needed
	}
	for _, email := range emails {
		facts, err := Suppression{}.Suppress(email, scope, reason, ByMember, note, time.Time{})
		if refusal, ok := errors.AsType[*domain.Error](err); ok {
			line.Faults = append(line.Faults, refusal.Fields...)
		}
		for _, fact := range facts {
			if a, ok := fact.(Added); ok {
				line.Added = append(line.Added, a)
			}
		}
	}
	return line
}

// reason is why a line says that mail is ended; it passes over who has not ended any, of a
// file that tells who has.
func (f *File) reason(why, ended string) (_ Reason, passes bool) {
	if f.at.ended >= 0 && (ended == "" || slices.Contains(strings.Fields(no), imports.Squashed(ended))) {
		return "", true
	}
	known, ok := reasonOf()[imports.Squashed(why)]
	switch {
	case ok:
		return known, false
	case f.at.ended >= 0:
		return Requested, false
	case why == "":
		return f.said.Reason, false
	}
	return Listed, false
}
