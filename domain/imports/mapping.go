package imports

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/canvass-hq/canvass/domain/field"
)

// Column says what becomes of one column of a file.
type Column struct {
	Header     string `json:"header"`
	Field      Field  `json:"field"`                 // "" when the column is ignored
	Kind       string `json:"kind,omitempty"`        // of a field of a team's own
	DateFormat string `json:"date_format,omitempty"` // of a column of dates, in the notation of Go
	Why        string `json:"why,omitempty"`         // a short reason, where the header alone is none

	own *field.Field // that the column fills, of those that the organization has defined
}

// Propose says for each column of a file what it may mean: by its header, and where
// that says nothing by its values. samples are rows of the file, in its order. What it
// proposes Validate takes, unless the file names nobody.
func Propose(header []string, samples [][]string) []Column {
	p := proposal{columns: make([]Column, len(header)), filled: map[Field]string{}}
	for i, h := range header {
		p.columns[i].Header = h
		p.values = append(p.values, sampleOf(samples, i))
	}
	p.settled = make([]bool, len(header))
	p.each(p.own)
	p.each(p.counter)
	p.each(p.named)
	p.each(p.lesserNamed)
	p.each(p.valued)
	p.each(p.custom)
	return p.columns
}

// proposal is a mapping in the making.
type proposal struct {
	columns []Column
	values  []sampled
	settled []bool
	filled  map[Field]string // the header of the column that fills a field
}

// each tries one way on every column that no better way has settled.
func (p *proposal) each(way func(c *Column, v sampled) bool) {
	for i := range p.columns {
		if !p.settled[i] {
			p.settled[i] = way(&p.columns[i], p.values[i])
		}
	}
}

// own takes a column of a field of the team's own that an export has written: its
// values are taken as they are.
func (p *proposal) own(c *Column, _ sampled) bool {
	key, ok := strings.CutPrefix(c.Header, "custom.")
	if !ok || !isKey(key) || p.has(CustomField(key)) {
		return false
	}
	c.Field, c.Kind = CustomField(key), KindText
	p.filled[c.Field] = c.Header
	return true
}

// counter ignores a column that numbers the rows.
func (p *proposal) counter(c *Column, v sampled) bool {
	first, step, running := v.running()
	counts := running && step == 1 && first <= 1 && first >= 0 && len(v) >= 3
	_, known := called(c.Header, byName())
	_, lesser := called(c.Header, byLesserName())
	switch {
	case isCounter(c.Header) && (running || len(v) == 0), counts && !known && !lesser:
		c.Why = "it only numbers the rows"
	case len(v) == 0 && strings.HasPrefix(c.Header, "Column "):
		c.Why = "it has neither a name nor values"
	default:
		return false
	}
	return true
}

func (p *proposal) named(c *Column, _ sampled) bool {
	f, ok := called(c.Header, byName())
	return ok && p.fill(c, f, "")
}

func (p *proposal) lesserNamed(c *Column, v sampled) bool {
	f, ok := called(c.Header, byLesserName())
	if f == FieldExternalID && !v.unique() {
		return false // the id of something that several leads share
	}
	return ok && p.fill(c, f, "")
}

// valued judges by what stands below a header that says nothing.
func (p *proposal) valued(c *Column, v sampled) bool {
	if c.Why != "" || ofStranger(c.Header) {
		return false
	}
	kind, _, _ := v.kind()
	switch {
	case kind == KindDate || strings.Contains(Squashed(c.Header), "fax"):
		return false
	case v.mostly(looksLikeAddress):
		return p.fill(c, FieldEmail, "its values look like e-mail addresses")
	case v.mostly(isLinkedIn):
		return p.fill(c, FieldLinkedIn, "its values are profiles on LinkedIn")
	case v.mostly(isHomePage):
		return p.fill(c, FieldWebsite, "its values look like websites")
	case v.mostly(looksLikePhone):
		return p.fill(c, FieldPhone, "its values look like phone numbers")
	}
	return false
}

// fill gives a field to a column, unless another has it.
func (p *proposal) fill(c *Column, f Field, why string) bool {
	if p.has(f) && !f.Many() {
		if c.Why == "" {
			c.Why = fmt.Sprintf("%s is filled by %q", f, shortened(p.filled[f]))
		}
		return false
	}
	p.filled[f] = c.Header
	c.Field, c.Why = f, why
	return true
}

func (p *proposal) has(f Field) bool {
	_, ok := p.filled[f]
	return ok
}

// custom makes a field of the team's own of a column that nobody knows.
func (p *proposal) custom(c *Column, v sampled) bool {
	base := slug(c.Header)
	if base == "" {
		base = "column"
	}
	c.Field = CustomField(base)
	for n := 2; p.has(c.Field); n++ {
		tail := fmt.Sprintf("_%d", n)
		c.Field = CustomField(base[:min(len(base), maxKeyLength-len(tail))] + tail)
	}
	p.filled[c.Field] = c.Header
	var ambiguous bool
	c.Kind, c.DateFormat, ambiguous = v.kind()
	switch {
	case ambiguous:
		c.Why = "day and month could change places in every date of the sample"
	case c.Why == "" && len(v) == 0:
		c.Why = "it is empty in the sample"
	}
	return true
}

// slug makes a key of a header: letters without their marks, the rest underscores.
func slug(header string) string {
	var out strings.Builder
	for _, r := range norm.NFKD.String(strings.ReplaceAll(strings.ToLower(header), "ß", "ss")) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			out.WriteRune(r)
		case unicode.Is(unicode.Mn, r): // the mark of a letter
		case out.Len() > 0 && !strings.HasSuffix(out.String(), "_"):
			out.WriteByte('_')
		}
	}
	key := strings.Trim(out.String(), "_")
	if key != "" && !isKey(key[:1]) {
		key = "column_" + key
	}
	return strings.TrimRight(key[:min(len(key), maxKeyLength)], "_")
}
