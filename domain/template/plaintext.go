package template

import (
	"regexp"
	"strings"

	"github.com/k3a/html2text"
	"golang.org/x/net/html"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/values"
)

var (
	blankLines = regexp.MustCompile(`\n{3,}`)
	lineEnds   = regexp.MustCompile(`[ \t]+\n`)
)

// compileHTML gives the HTML with its links taken out, and a text of it.
func compileHTML(p *part) (doc string, links []string, text string, faults []domain.Field) {
	g := readPage(p)
	if len(g.faults) > 0 {
		return "", nil, "", g.faults
	}
	doc, text = p.marked(), p.asText()
	if g.styled >= 0 {
		if doc, faults = g.inlined(); faults != nil {
			return "", nil, "", faults
		}
	}
	doc, links = p.linked(doc)
	q, wrong := readPart("text", text)
	if len(wrong) > 0 {
		wrong = values.Fault("text", "cannot be made from the HTML: write it")
	}
	return p.restored(doc), links, q.source(), wrong
}

// asText is what somebody reads who sees no HTML.
func (p *part) asText() string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(p.marked()))
	in, linked := "", false
	for {
		t := z.Next()
		if t == html.ErrorToken {
			break
		}
		raw, token := string(z.Raw()), z.Token()
		switch {
		case t == html.TextToken && in == "":
			b.WriteString(html.EscapeString(token.Data))
			continue
		case t == html.StartTagToken && (token.Data == "style" || token.Data == "title"):
			in = token.Data
		case t == html.EndTagToken && token.Data == in:
			in = ""
		case t == html.StartTagToken || t == html.SelfClosingTagToken || t == html.EndTagToken:
			linked = p.textTag(&b, token, linked)
		}
		for _, n := range slotsIn(raw) {
			if p.pieces[n].name == "assign" { // it counts wherever it stands
				b.WriteString(slot(n))
			}
		}
	}
	out := html2text.HTML2TextWithOptions(b.String(), html2text.WithUnixLineBreaks(), html2text.WithLinksInnerText(), html2text.WithListSupport())
	out = strings.ReplaceAll(out, "\u00a0", " ")
	out = blankLines.ReplaceAllString(lineEnds.ReplaceAllString(out, "\n"), "\n\n")
	return p.authored(strings.TrimSpace(out)) + "\n"
}

// textTag writes the tags that a text keeps something of: links, pictures, paragraphs.
func (p *part) textTag(b *strings.Builder, t html.Token, linked bool) bool {
	start := t.Type != html.EndTagToken
	switch t.Data {
	case "a":
		if linked {
			b.WriteString("</a>")
		}
		href := strings.TrimSpace(attributeOf(t, "href"))
		if !start || href == "" || strings.HasPrefix(href, "#") {
			return false
		}
		href = strings.Join(strings.Fields(href), "")
		b.WriteString(`<a href="` + html.EscapeString(href) + `">`)
		return true
	case "img":
		b.WriteString(html.EscapeString(attributeOf(t, "alt")))
	case "p", "h1", "h2", "h3", "h4", "h5", "h6":
		if start {
			b.WriteString("<p>")
		} else {
			b.WriteString("</p>")
		}
	case "br", "hr":
		b.WriteString("<br>")
	case "li", "ul", "ol":
		if start == (t.Data == "li") {
			b.WriteString(strings.ReplaceAll("</"+t.Data+">", "</li", "<li"))
		}
	case "div", "tr", "table", "blockquote":
		if !start {
			b.WriteString("<br>")
		}
	case "td", "th":
		if !start {
			b.WriteString(" ")
		}
	}
	return linked
}

func attributeOf(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
