package template

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/values"
)

// How large a template may be, and what it may ask for.
const (
	MaxSource   = 256 << 10 // bytes of one part as it is written
	MaxOutput   = 512 << 10 // bytes of one part as it is rendered
	MaxValue    = 64 << 10  // bytes of one value, whatever filters make of it
	MaxList     = 100       // elements of a list, and steps of a loop
	MaxNesting  = 2         // loops within each other
	MaxAssigns  = 20        // assign and capture tags of one part
	MaxTags     = 1000      // tags and outputs of one part
	MaxSteps    = 20_000    // that one part runs through, loops counted: tags, outputs, comparisons, filters
	filterSteps = 10        // as which a filter counts
	maxFaults   = 20        // told at once of one part
)

// Source is what somebody has written.
type Source struct {
	Subject string `json:"subject,omitempty"`
	HTML    string `json:"html,omitempty"`
	Text    string `json:"text,omitempty"`
}

// Compiled is a source that was checked and prepared once, when it was saved.
type Compiled struct {
	Subject   string   `json:"subject,omitempty"`
	HTML      string   `json:"html,omitempty"`
	Text      string   `json:"text,omitempty"`
	Links     []string `json:"links,omitempty"`     // absolute web addresses of the HTML, in order, each once
	Variables []string `json:"variables,omitempty"` // that it asks for, sorted
}

// Compile prepares a source, or names every value in it that does not fit.
func Compile(src Source) (Compiled, []domain.Field) {
	var out Compiled
	var faults []domain.Field
	asked := map[string]bool{}
	read := func(field, source string) *part {
		p, wrong := readPart(field, source)
		faults = append(faults, wrong...)
		for name := range p.asked {
			asked[name] = true
		}
		return p
	}
	if strings.TrimSpace(src.Subject) == "" {
		faults = append(faults, values.Fault("subject", "a mail needs a subject")...)
	}
	if strings.TrimSpace(src.HTML) == "" && strings.TrimSpace(src.Text) == "" {
		return Compiled{}, append(faults, values.Fault("html", "a mail needs HTML, text or both")...)
	}
	out.Subject = read("subject", src.Subject).source()
	if strings.TrimSpace(src.HTML) != "" {
		p := read("html", src.HTML)
		var wrong []domain.Field
		if len(faults) == 0 {
			out.HTML, out.Links, out.Text, wrong = compileHTML(p)
		}
		faults = append(faults, wrong...)
	}
	if strings.TrimSpace(src.Text) != "" {
		out.Text = read("text", src.Text).source()
	}
	if len(faults) == 0 {
		faults = out.tried()
	}
	if len(faults) > 0 {
		return Compiled{}, faults
	}
	for name := range asked {
		out.Variables = append(out.Variables, name)
	}
	slices.Sort(out.Variables)
	return out, nil
}

// tried parses what came out: what the library does not take, nobody may send.
func (c Compiled) tried() []domain.Field {
	for _, p := range []struct{ field, source string }{{"subject", c.Subject}, {"html", c.HTML}, {"text", c.Text}} {
		if p.source == "" {
			continue
		}
		if _, err := parsed(p.field, p.source); err != nil {
			return values.Fault(p.field, err.Error())
		}
	}
	return nil
}

// part is one part of a mail, taken to pieces and checked.
type part struct {
	field  string
	pieces []piece
	asked  map[string]bool // variables
	faults []domain.Field
}

func (p *part) fault(line int, format string, args ...any) {
	if len(p.faults) < maxFaults {
		p.faults = append(p.faults, values.Fault(p.field, fmt.Sprintf("line %d: ", line)+fmt.Sprintf(format, args...))...)
	}
}

// source is the part as it is kept, spaces taken off where the author asks for it.
func (p *part) source() string {
	var b strings.Builder
	for _, piece := range p.pieces {
		b.WriteString(piece.source)
	}
	return b.String()
}

func readPart(field, source string) (*part, []domain.Field) {
	p := &part{field: field, asked: map[string]bool{}}
	switch {
	case len(source) > MaxSource:
		return p, values.Fault(field, fmt.Sprintf("is longer than %d KB", MaxSource>>10))
	case !utf8.ValidString(source):
		return p, values.Fault(field, "is not valid UTF-8")
	case strings.Contains(source, "\x00"):
		return p, values.Fault(field, "holds a control character")
	case strings.Contains(strings.ToLower(source), slotWord):
		return p, values.Fault(field, "holds the word "+slotWord+", which is ours")
	}
	p.split(source)
	if len(p.faults) == 0 {
		p.check()
	}
	return p, p.faults
}
