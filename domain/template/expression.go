package template

import (
	"regexp"
	"slices"
	"strings"

	"github.com/osteele/liquid/expressions"
)

var (
	lexeme    = regexp.MustCompile(`^(?:(\s+)|("[^"]*"|'[^']*')|(-?\d{1,9}(?:\.\d{1,9})?)|([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*:?)|(==|!=|>=|<=|[<>])|([|,]))`)
	customKey = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// maxWritten is how many bytes one expression has at most.
const maxWritten = 1000

// known are the variables of every mail, beside custom.KEY.
var known = map[string]bool{
	"name": true, "first_name": true, "last_name": true, "email": true, "title": true, "company": true, "city": true,
	"state": true, "country": true, "postal_code": true, "source": true, "owner": true,
	"sender_name": true, "sender_email": true, "organization": true, "unsubscribe_url": true,
}

var (
	nothing    = map[string]bool{"nil": true, "null": true, "blank": true, "empty": true}
	operators  = map[string]bool{"and": true, "or": true, "contains": true}
	ofLists    = []string{"size", "first", "last"}
	ofForloops = []string{"index", "index0", "rindex", "rindex0", "first", "last", "length"}
)

// reading is where in an expression a checker is.
type reading struct {
	steps  int
	bar    bool   // a filter must follow
	filter string // whose arguments are read
	given  int    // arguments
	was    string // the last that was read
}

// expression checks what is written in {{ }} or behind a tag's name, and tells how much
// it takes. Only a condition compares.
func (c *checker) expression(args string, condition bool) int {
	if strings.TrimSpace(args) == "" || len(args) > maxWritten {
		c.fault(c.line, "an expression has 1 to %d characters", maxWritten)
		return 1
	}
	r := &reading{steps: 1}
	for rest := args; rest != ""; {
		m := lexeme.FindStringSubmatch(rest)
		if m == nil {
			c.fault(c.line, "%q cannot be read", clip(rest))
			return 1
		}
		rest = rest[len(m[0]):]
		if m[1] != "" {
			continue
		}
		if (m[5] != "" || operators[m[4]]) && !condition {
			c.fault(c.line, "%q stands in {%% if %%}, not in {{ }}", m[0])
			return 1
		}
		c.lexeme(r, m)
		r.was = m[0]
	}
	c.closeFilter(r)
	if r.bar {
		c.fault(c.line, "a filter must follow |")
	}
	if _, err := expressions.ParseStatement("", args); err != nil && !c.choices(args) {
		c.fault(c.line, "%q cannot be read", clip(args))
	}
	return r.steps
}

// choices tells whether what stands behind {% when %} can be read.
func (c *checker) choices(args string) bool {
	_, err := expressions.ParseStatement(expressions.WhenStatementSelector, args)
	return err == nil && len(c.open) > 0 && c.open[len(c.open)-1].name == "case"
}

func (c *checker) lexeme(r *reading, m []string) {
	blank := m[2] == `""` || m[2] == `''`
	switch {
	case m[6] == "|" && !r.bar:
		c.closeFilter(r)
		r.bar = true
	case r.bar:
		r.bar = false
		c.openFilter(r, m[4])
	case m[6] == ",":
		r.given++
	case m[5] != "" || operators[m[4]]:
		if blankWord(r.was) && m[5] != "" {
			c.fault(c.line, `write blank in place of ""`)
		}
		c.closeFilter(r)
		r.steps++
	case blank && r.was != "" && strings.ContainsAny(r.was, "=<>"):
		c.fault(c.line, `write blank in place of ""`)
	case strings.HasSuffix(m[4], ":"):
		c.fault(c.line, "%q cannot be read", clip(m[4]))
	case m[4] != "" && !nothing[m[4]] && m[4] != "true" && m[4] != "false":
		c.name(strings.Split(m[4], "."))
	}
}

func blankWord(v string) bool { return v == `""` || v == `''` }

func (c *checker) openFilter(r *reading, written string) {
	name, args := strings.CutSuffix(written, ":")
	f, there := filters()[name]
	if !there || f.ours {
		c.fault(c.line, "there is no filter %q%s", clip(name), suggestion(name, filterNames()))
		return
	}
	r.steps += filterSteps
	r.filter, r.given = name, 0
	if args {
		r.given = 1
	}
}

func (c *checker) closeFilter(r *reading) {
	if r.filter == "" {
		return
	}
	if f := filters()[r.filter]; r.given < f.least || r.given > f.most() {
		c.fault(c.line, "the filter %q takes %d to %d values, not %d", r.filter, f.least, f.most(), r.given)
	}
	r.filter = ""
}

// name checks a variable, which may be one of the mail, of a loop, or the template's own.
func (c *checker) name(path []string) {
	of := ofLists
	switch {
	case path[0] == "custom" && len(path) > 1 && customKey.MatchString(path[1]):
		c.asked["custom."+path[1]] = true
		path = path[1:]
	case path[0] == "forloop" && len(path) == 2 && c.loops() > 0:
		of = ofForloops
	case c.own(path[0]):
	case known[path[0]]:
		c.asked[path[0]] = true
	default:
		c.fault(c.line, "there is no variable %q%s", clip(strings.Join(path, ".")), suggestion(path[0], c.names()))
		return
	}
	for _, property := range path[1:] {
		if !slices.Contains(of, property) {
			c.fault(c.line, "%q has no %q", path[0], clip(property))
		}
	}
}

func (c *checker) own(name string) bool {
	return c.set[name] || slices.ContainsFunc(c.open, func(b block) bool { return b.name == "for" && b.variable == name })
}

func (c *checker) names() []string {
	out := make([]string, 0, len(known)+len(c.set))
	for _, from := range []map[string]bool{known, c.set} {
		for name := range from {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

func clip(v string) string {
	if r := []rune(v); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return v
}

// suggestion names the nearest word, where one is near.
func suggestion(word string, words []string) string {
	best, near := 3, ""
	for _, w := range words {
		if d := distance(clip(word), w); d < best {
			best, near = d, w
		}
	}
	if near == "" {
		return ""
	}
	return " (did you mean " + near + "?)"
}

// distance counts the letters that make one word the other.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			last, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, last+cost)
		}
	}
	return row[len(b)]
}
