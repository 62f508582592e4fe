package template

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/osteele/liquid/parser"
)

// kind tells the pieces of a part from each other.
type kind uint8

const (
	words  kind = iota // as they are written
	output             // {{ … }}
	tag                // {% … %}
	quiet              // a comment, or a raw text: nothing in it is carried out
)

// piece is one stretch of a part.
type piece struct {
	kind       kind
	source     string
	name, args string
	line       int
	lines      int  // that it spans
	guarded    bool // an address begins with it
}

// A slot stands for a piece of Liquid while the HTML around it is read.
const slotWord = "lqslot"

var (
	slots    = regexp.MustCompile(slotWord + `([0-9]+)end`)
	slotHere = regexp.MustCompile(`^` + slotWord + `[0-9]+end`)
	unclosed = regexp.MustCompile(`\{\{|\{%`)
	plainRaw = regexp.MustCompile(`^[\w\s{}%.|,]*$`)
)

func slot(n int) string { return slotWord + strconv.Itoa(n) + "end" }

// split takes the source to pieces as the library does. The spaces that {{- and -}} take
// away are taken away here, so that what is checked is what will be written.
func (p *part) split(source string) {
	tokens := parser.Scan(source, parser.SourceLoc{LineNo: 1}, nil)
	trim, hidden, opened := false, "", 0
	for _, t := range tokens {
		switch {
		case t.Type == parser.TrimLeftTokenType || t.Type == parser.TrimRightTokenType:
		case hidden != "":
			last := &p.pieces[len(p.pieces)-1]
			last.source += t.Source
			last.lines += strings.Count(t.Source, "\n")
			if t.Type == parser.TagTokenType && t.Name == "end"+hidden {
				p.closeQuiet(last, t)
				hidden, trim = "", dashed(t.Source, false)
			}
		case t.Type == parser.TextTokenType:
			text := t.Source
			if trim {
				text = strings.TrimLeftFunc(text, unicode.IsSpace)
			}
			trim = false
			p.pieces = append(p.pieces, piece{kind: words, source: text, line: t.SourceLoc.LineNo})
			if at := unclosed.FindStringIndex(text); at != nil {
				p.fault(t.SourceLoc.LineNo+strings.Count(text[:at[0]], "\n"), "%s is not closed", text[at[0]:at[1]])
			}
		default:
			p.trimBefore(t.Source)
			trim = dashed(t.Source, false)
			p.pieces = append(p.pieces, liquidPiece(t))
			if t.Type == parser.TagTokenType && (t.Name == "comment" || t.Name == "raw") {
				hidden, opened = t.Name, t.SourceLoc.LineNo
			}
		}
	}
	if hidden != "" {
		p.fault(opened, "{%% %s %%} is not closed", hidden)
	}
}

func liquidPiece(t parser.Token) piece {
	out := piece{line: t.SourceLoc.LineNo, lines: strings.Count(t.Source, "\n"), name: t.Name, args: t.Args}
	switch {
	case t.Type == parser.ObjTokenType:
		out.kind, out.source = output, "{{ "+t.Args+" }}"
	case t.Name == "comment" || t.Name == "raw":
		out.kind, out.source = quiet, ""
	default:
		out.kind, out.source = tag, strings.TrimSpace("{% "+kept(t.Name)+" "+t.Args)+" %}"
	}
	return out
}

// kept is a tag's name as it is kept.
func kept(name string) string {
	if end, ok := strings.CutSuffix(name, "capture"); ok && (end == "" || end == "end") {
		return end + captureTag
	}
	return name
}

// closeQuiet ends a comment, which is not kept, or a raw text, which is kept where it
// holds nothing that HTML would read.
func (p *part) closeQuiet(q *piece, end parser.Token) {
	inner := strings.TrimSuffix(q.source, end.Source)
	q.source = ""
	if q.name != "raw" {
		return
	}
	if !plainRaw.MatchString(inner) {
		p.fault(q.line, "{%% raw %%} holds letters, digits, spaces, braces, dots, commas and bars only")
	}
	q.source = "{% raw %}" + inner + "{% endraw %}"
}

func (p *part) trimBefore(source string) {
	if n := len(p.pieces); n > 0 && p.pieces[n-1].kind == words && dashed(source, true) {
		p.pieces[n-1].source = strings.TrimRightFunc(p.pieces[n-1].source, unicode.IsSpace)
	}
}

// dashed tells whether {{- or -}} takes spaces away.
func dashed(source string, left bool) bool {
	if left {
		return source[2] == '-'
	}
	return source[len(source)-3] == '-'
}

// marked is the part with slots for its Liquid.
func (p *part) marked() string {
	var b strings.Builder
	for i, piece := range p.pieces {
		if piece.kind == words {
			b.WriteString(piece.source)
		} else {
			b.WriteString(slot(i))
		}
	}
	return b.String()
}

// restored puts the Liquid back where the slots are.
func (p *part) restored(marked string) string {
	return slots.ReplaceAllStringFunc(marked, func(s string) string {
		q := p.pieces[slotNumber(s)]
		if q.guarded {
			return "{{ " + q.args + " | " + guardFilter + " }}"
		}
		return q.source
	})
}

// authored puts the Liquid back as its author has written it.
func (p *part) authored(marked string) string {
	return slots.ReplaceAllStringFunc(marked, func(s string) string {
		q := p.pieces[slotNumber(s)]
		if q.kind == tag {
			return strings.TrimSpace("{% "+q.name+" "+q.args) + " %}"
		}
		return q.source
	})
}

func slotNumber(s string) int {
	n, _ := strconv.Atoi(s[len(slotWord) : len(s)-len("end")]) // only slots that we have set come here
	return n
}

// slotsIn are the numbers of the slots in a stretch, in order.
func slotsIn(marked string) []int {
	var out []int
	for _, m := range slots.FindAllString(marked, -1) {
		out = append(out, slotNumber(m))
	}
	return out
}
