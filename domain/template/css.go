package template

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/vanng822/go-premailer/premailer"
	"golang.org/x/net/html"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/values"
)

var (
	cssComment = regexp.MustCompile(`(?s)/\*.*?\*/|<!--|-->`)
	atName     = regexp.MustCompile(`^@[a-z-]+`)
)

const (
	keptStyle  = `<style data-premailer="ignore" type="text/css">`
	numberName = "lqn" // the attribute by which an element is found again
)

// inlined writes the rules of the page's <style> into the elements that they are for, and
// keeps those that belong to no element. The library reads the HTML, and tells of every
// element how it is styled; what it makes of the rest is not used, for it would move Liquid
// about. Nothing is fetched.
func (g *page) inlined() (doc string, faults []domain.Field) {
	rules, rest, wrong := sorted(cssComment.ReplaceAllString(strings.Join(g.css, "\n"), ""))
	if wrong == "" {
		wrong = g.tooMuch(rules)
	}
	if wrong != "" {
		return "", values.Fault("html", wrong)
	}
	if g.changing {
		rest = rules + rest // what is written into elements is not all there is to say
	}
	if rest != "" {
		rest = keptStyle + rest + "</style>"
	}
	defer func() {
		if recover() != nil {
			doc, faults = "", values.Fault("html", "the CSS cannot be read")
		}
	}()
	mailer, err := premailer.NewPremailerFromString("<style>"+rules+"</style>"+rest+g.numbered(), &premailer.Options{})
	if err == nil {
		doc, err = mailer.Transform()
	}
	if err != nil {
		return "", values.Fault("html", "the CSS cannot be written into the HTML")
	}
	styles, rest := styled(doc)
	return g.dressed(styles, rest)
}

// numbered is the page as the library reads it.
func (g *page) numbered() string {
	var b strings.Builder
	for _, s := range g.kept {
		if s.n == 0 {
			b.WriteString(slots.ReplaceAllString(s.raw, ""))
			continue
		}
		b.WriteString("<" + s.name + " " + numberName + `="` + strconv.Itoa(s.n) + `"`)
		for _, a := range s.attrs {
			if !a.slot && !a.inBlock {
				b.WriteString(" " + a.name + `="` + strings.ReplaceAll(a.value, `"`, "&#34;") + `"`)
			}
		}
		b.WriteString(">")
	}
	return b.String()
}

// styled finds how the library has styled each element, and the rules that are left.
func styled(doc string) (styles map[string]string, rest string) {
	styles = map[string]string{}
	var left strings.Builder
	z, in := html.NewTokenizer(strings.NewReader(doc)), false
	for z.Next() != html.ErrorToken {
		t := z.Token()
		if t.Type == html.TextToken && in {
			left.WriteString(t.Data)
		}
		in = t.Type == html.StartTagToken && t.Data == "style"
		n := attributeOf(t, numberName)
		if _, there := styles[n]; n != "" && !there {
			styles[n] = attributeOf(t, "style")
		}
	}
	return styles, left.String()
}

// dressed is the page as it is written, with the styles in its elements.
func (g *page) dressed(styles map[string]string, rest string) (string, []domain.Field) {
	var b strings.Builder
	for i, s := range g.kept {
		if i == g.styled {
			b.WriteString(leftStyle(rest))
		}
		style := styles[strconv.Itoa(s.n)]
		if s.n == 0 || style == "" {
			b.WriteString(s.raw)
			continue
		}
		at, to, was := len(s.name)+1, len(s.name)+1, ""
		moving := false
		for _, a := range s.attrs {
			if a.name == "style" {
				at, to, was, moving = a.from, a.to, a.value, a.inBlock
			}
		}
		if moving || !slices.Equal(slotsIn(style), slotsIn(was)) {
			return "", values.Fault("html", "the CSS cannot be written into a style attribute that holds {% %}, or that stands in it")
		}
		attr := `"` + html.EscapeString(style) + `"`
		if at == len(s.name)+1 {
			attr = " style=" + attr
		}
		b.WriteString(s.raw[:at] + attr + s.raw[to:])
	}
	if g.styled == len(g.kept) {
		b.WriteString(leftStyle(rest))
	}
	if b.Len() > MaxOutput {
		return "", values.Fault("html", "is too long with the CSS written into it")
	}
	return b.String(), nil
}

func leftStyle(rest string) string {
	if rest == "" {
		return ""
	}
	return `<style type="text/css">` + rest + "</style>"
}

// sorted parts the rules that are for elements, or for media, from those that are kept as
// they are, such as fonts.
func sorted(css string) (rules, kept, wrong string) {
	if len(css) > maxCSS {
		return "", "", "the CSS is longer than 32 KB"
	}
	for css = strings.TrimSpace(css); css != ""; css = strings.TrimSpace(css) {
		name := atName.FindString(strings.ToLower(css))
		n, closed := ruleLength(css)
		switch {
		case name == "@import":
			return "", "", "CSS is written in <style>: @import fetches it from elsewhere"
		case !closed:
			return "", "", "the CSS has a rule that is not closed with }"
		case name == "" || name == "@media" && !strings.Contains(css[1:n], "@"):
			rules += css[:n] + "\n"
		case name != "@charset":
			kept += css[:n] + "\n"
		}
		css = css[n:]
	}
	return rules, kept, ""
}

// ruleLength finds the end of the first rule.
func ruleLength(css string) (int, bool) {
	depth, quote := 0, byte(0)
	for i := range len(css) {
		switch c := css[i]; {
		case quote != 0:
			if c == quote || c == '\n' {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth <= 0 {
				return i + 1, depth == 0
			}
		case c == ';' && depth == 0:
			return i + 1, css[0] == '@'
		}
	}
	return len(css), false
}
