package template

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// How large the HTML of a mail may be beside its bytes.
const (
	maxElements = 10_000
	maxDepth    = 100
)

// refused are the elements that no mail holds: they are carried out, they ask for
// something, or they are read by rules of their own.
var refused = map[string]bool{
	"script": true, "iframe": true, "frame": true, "frameset": true, "object": true, "embed": true, "applet": true, "form": true, "input": true, "button": true,
	"base": true, "svg": true, "math": true, "noscript": true, "noembed": true, "noframes": true, "plaintext": true, "xmp": true, "template": true, "textarea": true, "select": true,
}

// addressed are the attributes that lead somewhere.
var addressed = map[string]bool{"href": true, "src": true, "background": true, "action": true, "cite": true, "longdesc": true, "poster": true, "data": true, "srcset": true, "xlink:href": true}

var (
	scheme  = regexp.MustCompile(`^[^/?#]*?:`)
	allowed = regexp.MustCompile(`^(?i)(https?|mailto|tel|sms|cid):$`)
	picture = regexp.MustCompile(`^(?i)data:image/(png|gif|jpe?g|webp);`)
)

// page reads the HTML of a part, and says where in it every piece of Liquid stands. A
// block must end where it begins: then the HTML is the same, whatever the values are.
type page struct {
	*part
	place    map[int]string // of a slot
	line     int
	elements int
	open     []string
	lost     int
	deepest  int
	raw      string // the element whose text is no HTML: style, title
	css      []string
	kept     []stretch
	changing bool // a class or an id is not the same in every mail
	styled   int  // of kept, before which the first <style> stood
}

// stretch is a token of the page as it is written; n numbers the elements.
type stretch struct {
	raw   string
	n     int
	name  string
	attrs []attribute
}

func readPage(p *part) *page {
	g := &page{part: p, place: map[int]string{}, line: 1, styled: -1}
	doc := p.marked()
	z, read := html.NewTokenizer(strings.NewReader(doc)), 0
	for {
		t := z.Next()
		if t == html.ErrorToken {
			break
		}
		raw := string(z.Raw())
		read += len(raw)
		g.token(t, raw)
		g.advance(raw)
	}
	if strings.TrimSpace(doc[read:]) != "" {
		g.fault(g.line, "an HTML tag is not closed with >")
	}
	if g.elements > maxElements {
		g.fault(1, "there are more than %d HTML tags", maxElements)
	}
	if len(g.faults) == 0 {
		g.blocks()
	}
	return g
}

// advance counts lines, those inside of Liquid too.
func (g *page) advance(raw string) {
	for _, n := range slotsIn(raw) {
		g.line = g.pieces[n].line + g.pieces[n].lines
	}
	if i := strings.LastIndex(raw, slotWord); i >= 0 {
		raw = raw[i:]
	}
	g.line += strings.Count(raw, "\n")
}

func (g *page) put(raw, place string) {
	for _, n := range slotsIn(raw) {
		g.place[n] = place
	}
}

func (g *page) token(t html.TokenType, raw string) {
	g.elements++
	id := strconv.Itoa(g.elements)
	switch {
	case t == html.TextToken && g.raw == "style":
		g.css = append(g.css, raw)
		if slots.MatchString(raw) {
			g.fault(g.line, "a <style> holds no Liquid")
		}
	case t == html.TextToken && g.raw == "title":
		g.put(raw, "title "+id)
		g.keep(raw)
	case t == html.TextToken:
		g.elements--
		g.put(raw, "text")
		g.keep(raw)
	case t == html.CommentToken:
		g.put(raw, "comment "+id)
		g.keep(raw)
	case t == html.StartTagToken || t == html.SelfClosingTagToken:
		g.start(raw, id)
	case t == html.EndTagToken:
		g.end(raw)
	case slots.MatchString(raw):
		g.fault(g.line, "Liquid stands in a doctype")
	default:
		g.keep(raw)
	}
}

func (g *page) keep(raw string) { g.kept = append(g.kept, stretch{raw: raw}) }

func tagName(raw string) string {
	raw = strings.TrimLeft(raw, "</")
	if i := strings.IndexAny(raw, " \t\r\n\f/>"); i >= 0 {
		raw = raw[:i]
	}
	if s := slots.FindStringIndex(raw); s != nil && s[0] > 0 {
		raw = raw[:s[0]]
	}
	return strings.ToLower(raw)
}

func (g *page) end(raw string) {
	name := tagName(raw)
	if slots.MatchString(raw) {
		g.fault(g.line, "Liquid stands in the end of an element")
	}
	if g.raw == name {
		g.raw = ""
	}
	if name == "style" {
		return
	}
	g.keep(raw)
	if i := slices.Index(g.open, name); i >= 0 {
		for i = len(g.open) - 1; g.open[i] != name; i-- {
			if formatting[g.open[i]] {
				g.lost++ // a parser of HTML opens it again
			}
		}
		g.open = g.open[:i]
	}
}

var (
	void       = map[string]bool{"area": true, "br": true, "col": true, "hr": true, "img": true, "link": true, "meta": true, "param": true, "source": true, "track": true, "wbr": true}
	implied    = map[string]bool{"p": true, "li": true, "tr": true, "td": true, "th": true, "dt": true, "dd": true, "tbody": true, "thead": true, "tfoot": true, "option": true}
	formatting = map[string]bool{"a": true, "b": true, "big": true, "code": true, "em": true, "font": true, "i": true, "nobr": true, "s": true, "small": true, "strike": true, "strong": true, "tt": true, "u": true}
)

func (g *page) start(raw, id string) {
	name := tagName(raw)
	switch {
	case slots.MatchString(name):
		g.fault(g.line, "Liquid stands in the name of an HTML element, or right behind <")
	case refused[name]:
		g.fault(g.line, "<%s> stands in no mail", clip(name))
	}
	if name == "style" || name == "title" {
		g.raw = name
	}
	attrs, faulty := attributes(raw, len(name)+1)
	if faulty {
		g.fault(g.line, "Liquid between attributes stands by itself, with a space before what follows a word; a tag has at most %d attributes", maxAttributes)
	}
	g.attributes(name, id, attrs)
	if name == "style" {
		if g.styled < 0 {
			g.styled = len(g.kept)
		}
		return
	}
	g.kept = append(g.kept, stretch{raw: raw, n: g.elements, name: name, attrs: attrs})
	if void[name] {
		return
	}
	if n := len(g.open); n > 0 && implied[name] && g.open[n-1] == name {
		return
	}
	g.open = append(g.open, name)
	g.deepest = max(g.deepest, len(g.open)+g.lost)
	if len(g.open)+g.lost == maxDepth+1 {
		g.fault(g.line, "elements stand within each other %d deep at most", maxDepth)
	}
}

// blocks sees to it that every block ends where it begins.
func (g *page) blocks() {
	var open []string
	for i, piece := range g.pieces {
		place := g.place[i]
		if piece.kind != tag {
			continue
		}
		switch name := piece.name; {
		case name == "assign":
		case name == "else" || name == "elsif" || name == "when":
			g.same(piece, open[len(open)-1], place)
		case strings.HasPrefix(name, "end"):
			g.same(piece, open[len(open)-1], place)
			open = open[:len(open)-1]
		default:
			open = append(open, place)
		}
	}
}

func (g *page) same(p piece, begin, here string) {
	if begin != here {
		g.fault(p.line, "{%% %s %%} stands elsewhere in the HTML than its block begins: both between elements, both in one tag, or both in one attribute", p.name)
	}
}
