package imports

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// csvRows reads a CSV file.
type csvRows struct {
	scanner
	header []string // the names of the columns, each its own
	given  []string // as the file has them, to know them again
	opens  int      // the line in which the header stands
	first  *Row     // what was taken for the header, of a file that has none
}

func openCSV(in input, found dialect) (*csvRows, error) {
	c := &csvRows{scanner: newScanner(in, found.comma)}
	if found.marked {
		if err := c.skipLine(); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
	}
	rec, err := c.read()
	switch {
	case errors.Is(err, io.EOF):
		return nil, ErrEmpty
	case err != nil:
		return nil, err
	case rec.fields > MaxColumns:
		return nil, tooManyColumns(rec.line, rec.fields)
	}
	for _, v := range rec.values {
		c.given = append(c.given, trimmed(v))
	}
	if f := rec.fault(c.given); f != nil {
		return nil, refusal(ErrHeader.Code, fmt.Sprintf("the header in line %d cannot be read: %s", rec.line, f.Message))
	}
	if strings.Join(c.given, "") == "" {
		return nil, refusal(ErrNoHeader.Code, fmt.Sprintf("the header in line %d names no column", rec.line))
	}
	c.header, c.opens = distinct(c.given), rec.line
	return c, nil
}

func (c *csvRows) names() []string { return c.header }

// headless takes the header for the first row; it was read before.
func (c *csvRows) headless(names []string) {
	c.first = &Row{Line: c.opens, Values: c.given}
	c.header, c.given = names, nil
}

func (c *csvRows) next() (Row, error) {
	if c.first != nil {
		row := *c.first
		c.first = nil
		return row, nil
	}
	rec, err := c.read()
	if err != nil {
		return Row{}, err
	}
	row := Row{Line: rec.line, Values: rec.values, Fault: rec.fault(c.header)}
	switch {
	case row.Fault != nil:
		row.Values = showable(row.Values)
	case c.isHeader(row.Values):
		row.Fault = &Fault{RowHeaderAgain, "the header stands here once more"}
	}
	return row, nil
}

func (c *csvRows) isHeader(values []string) bool {
	return c.given != nil && slices.EqualFunc(values, c.given, func(v, given string) bool { return trimmed(v) == given })
}

// trimmed is a name without the space around it, and without a mark of byte order that
// was written twice.
func trimmed(v string) string { return strings.TrimSpace(strings.Trim(v, "\ufeff")) }

// distinct gives each column a name of its own.
func distinct(given []string) []string {
	taken := map[string]bool{}
	for _, name := range given {
		taken[name] = true
	}
	out, seen := make([]string, len(given)), map[string]bool{}
	for i, name := range given {
		if name == "" {
			name = fmt.Sprintf("Column %d", i+1)
		}
		own := name
		for n := 2; seen[own] || own != given[i] && taken[own]; n++ {
			own = fmt.Sprintf("%s (%d)", name, n)
		}
		seen[own], out[i] = true, own
	}
	return out
}
