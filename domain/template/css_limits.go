package template

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

// How much the inliner is asked to do.
const (
	maxCSS      = 32 << 10
	maxStyle    = 4 << 10     // bytes of one style attribute
	maxInlined  = 32 << 20    // elements × bytes of CSS: what could come out
	maxCompared = 200_000_000 // elements that selectors are compared with
	maxParts    = 5           // of one selector
)

var (
	combinator = regexp.MustCompile(`[\s>+~]+`)
	costly     = regexp.MustCompile(`(?i):(has|haschild|contains|containsown|matches|matchesown|not|is|where|input)\b`)
	inBrackets = regexp.MustCompile(`\[[^\]]*\]`)
)

// tooMuch tells of CSS that would take too long to be written into the HTML.
func (g *page) tooMuch(rules string) string {
	if wrong := g.unclosed(rules); wrong != "" {
		return wrong
	}
	if len(rules)*g.elements > maxInlined {
		return "there is too much CSS for so much HTML"
	}
	compared := 0
	for rule := range strings.SplitSeq(rules, "}") {
		selectors, _, _ := strings.Cut(rule, "{")
		for s := range strings.SplitSeq(selectors, ",") {
			n, easy := g.comparisons(strings.TrimSpace(s))
			if !easy {
				return "the CSS selector " + clip(strings.TrimSpace(s)) + " is too hard: write at most 5 parts, and none of ~, :not, :has, :contains"
			}
			compared += n
		}
	}
	if compared > maxCompared {
		return "there are too many CSS selectors for so much HTML"
	}
	return ""
}

// comparisons counts the elements that a selector is compared with, at worst.
func (g *page) comparisons(s string) (n int, easy bool) {
	parts := len(combinator.Split(s, -1))
	switch {
	case strings.HasPrefix(s, "@"):
		return 0, true
	case parts > maxParts || costly.MatchString(s) || strings.Contains(inBrackets.ReplaceAllString(s, ""), "~"):
		return 0, false
	}
	n = g.elements * max(choose(min(g.deepest, 30), parts-1), 1)
	if strings.Contains(s, ":") {
		n += g.elements * g.elements
	}
	return n, true
}

// unclosed tells of CSS that the library would read again and again.
func (g *page) unclosed(rules string) string {
	if !balanced(rules) {
		return "the CSS has a bracket or a quote that is not closed, or brackets more than 3 deep"
	}
	for _, s := range g.kept {
		for _, a := range s.attrs {
			if style := html.UnescapeString(a.value); a.name == "style" && (len(style) > maxStyle || !balanced(style)) {
				return "a style attribute is longer than 4 KB, or has a bracket or a quote that is not closed: " + clip(style)
			}
		}
	}
	return ""
}

// balanced tells whether every bracket and quote is closed. Of those that are not, the
// library looks for the end again and again.
func balanced(css string) bool {
	depth, quote := 0, rune(0)
	for _, c := range css {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			depth--
		}
		if depth < 0 || depth > 3 {
			return false
		}
	}
	return depth == 0 && quote == 0 && !strings.Contains(css, `\"`) && !strings.Contains(css, `\'`)
}

// choose counts the ways to take k of n.
func choose(n, k int) int {
	out := 1
	for i := range k {
		out = out * (n - i) / (i + 1)
	}
	return out
}
