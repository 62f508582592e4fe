package template

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	loopHead = regexp.MustCompile(`^([a-z_][a-z0-9_]*)\s+in\s+(?:\((\d{1,6})\.\.(\d{1,6})\)|([a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)*))((?:\s+(?:reversed|limit:\s*\d{1,6}|offset:\s*\d{1,6}))*)$`)
	setHead  = regexp.MustCompile(`^([a-z_][a-z0-9_]*)\s*=([^=][\s\S]*)$`)
	setName  = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)
)

// block is a tag that is open.
type block struct {
	name, variable string
	line, steps    int
}

// checker goes through the pieces of one part, in order.
type checker struct {
	*part
	open           []block
	set            map[string]bool // names that assign and capture have made
	tags, assigned int
	steps          int
	line           int
}

// check names what a part asks for that there is not, and what could run away.
func (p *part) check() {
	c := &checker{part: p, set: map[string]bool{}}
	for _, piece := range p.pieces {
		c.line = piece.line
		if piece.kind == words {
			if c.field == "html" && strings.Contains(piece.source, "<") && slices.ContainsFunc(c.open, func(b block) bool { return b.name == "capture" }) {
				c.fault(c.line, "capture holds words and values, no HTML tags")
			}
			continue
		}
		if c.tags++; c.tags == MaxTags+1 {
			c.fault(c.line, "there are more than %d tags and outputs", MaxTags)
		}
		switch piece.kind {
		case output:
			c.spend(c.expression(piece.args, false))
		case tag:
			c.tag(piece.name, strings.TrimSpace(piece.args))
		case words, quiet:
		}
	}
	for _, b := range c.open {
		c.fault(b.line, "{%% %s %%} is not closed", b.name)
	}
	if c.steps > MaxSteps {
		c.fault(1, "it runs through more than %d steps, of which a filter takes %d", MaxSteps, filterSteps)
	}
}

func (c *checker) tag(name, args string) {
	switch name {
	case "if", "unless", "case":
		c.push(block{name: name, steps: 1})
		c.spend(c.expression(args, true))
	case "elsif", "when":
		if !c.within(name, map[string][]string{"elsif": {"if"}, "when": {"case"}}[name]) {
			return
		}
		c.spend(c.expression(args, true))
	case "else":
		c.within(name, []string{"if", "unless", "case"})
	case "for":
		c.loop(args)
	case "assign", "capture":
		c.assign(name, args)
	case "endif", "endunless", "endcase", "endfor", "endcapture":
		c.end(name)
	default:
		c.fault(c.line, "there is no tag %q", name)
	}
}

func (c *checker) push(b block) {
	b.line = c.line
	c.open = append(c.open, b)
}

func (c *checker) within(name string, parents []string) bool {
	if n := len(c.open); n > 0 && slices.Contains(parents, c.open[n-1].name) {
		return true
	}
	c.fault(c.line, "{%% %s %%} stands outside %s", name, strings.Join(parents, ", "))
	return false
}

func (c *checker) end(name string) {
	n := len(c.open)
	if n == 0 || "end"+c.open[n-1].name != name {
		c.fault(c.line, "{%% %s %%} closes nothing", name)
		return
	}
	if last := c.open[n-1]; last.name == "capture" {
		c.set[last.variable] = true
	}
	c.open = c.open[:n-1]
}

func (c *checker) loops() int {
	n := 0
	for _, b := range c.open {
		if b.name == "for" {
			n++
		}
	}
	return n
}

func (c *checker) loop(args string) {
	m := loopHead.FindStringSubmatch(args)
	if m == nil {
		c.fault(c.line, "a loop is written {%% for x in (1..10) %%} or {%% for x in custom.list %%}, with reversed, limit: 3 or offset: 3")
		c.push(block{name: "for", steps: 1})
		return
	}
	steps := MaxList
	if m[4] == "" {
		from, _ := strconv.Atoi(m[2]) // digits
		to, _ := strconv.Atoi(m[3])
		steps = max(to-from+1, 0)
		if steps > MaxList || to < from {
			c.fault(c.line, "a loop counts up, through %d steps at most", MaxList)
			steps = 1
		}
	} else {
		c.name(strings.Split(m[4], "."))
	}
	c.nameable(m[1])
	if c.spend(1); c.loops() >= MaxNesting {
		c.fault(c.line, "loops stand within each other %d deep at most", MaxNesting)
	}
	c.push(block{name: "for", variable: m[1], steps: steps})
}

func (c *checker) assign(tag, args string) {
	name, value := args, ""
	if m := setHead.FindStringSubmatch(args); m != nil && tag == "assign" {
		name, value = m[1], m[2]
	}
	if !setName.MatchString(name) || tag == "assign" && value == "" {
		c.fault(c.line, "it is written {%% assign name = value %%} or {%% capture name %%}")
	}
	if c.assigned++; c.assigned == MaxAssigns+1 {
		c.fault(c.line, "there are more than %d assign and capture tags", MaxAssigns)
	}
	if c.loops() > 0 {
		c.fault(c.line, "%s stands outside loops", tag)
	}
	c.nameable(name)
	c.spend(1)
	if tag == "capture" {
		c.push(block{name: tag, variable: name, steps: 1})
		return
	}
	c.spend(c.expression(value, true))
	c.set[name] = true
}

// nameable tells whether a template may give something this name.
func (c *checker) nameable(name string) {
	if known[name] || name == "custom" || name == "forloop" || nothing[name] || name == "true" || name == "false" {
		c.fault(c.line, "%q is taken: choose another name", name)
	}
}

// spend counts what is run through, as often as the loops around it run.
func (c *checker) spend(steps int) {
	for _, b := range c.open {
		steps *= cmp.Or(b.steps, 1)
	}
	c.steps += steps
}
