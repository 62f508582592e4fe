package template

import (
	"strings"

	"golang.org/x/net/html"
)

// attribute is one attribute of a start tag, or a piece of Liquid between them.
type attribute struct {
	name, value string
	from, to    int // of the value with its quotes; to ends the attribute
	quoted      bool
	slot        bool
	inBlock     bool // of Liquid: it may be there, or not
}

// maxAttributes is how many one tag has at most, with the Liquid between them.
const maxAttributes = 100

const space = " \t\r\n\f"

// attributes reads a start tag from behind its name. It is faulty where Liquid is a part
// of a name.
func attributes(raw string, at int) (out []attribute, faulty bool) {
	end := len(raw) - 1                     // of which the last is >
	glued := slotHere.MatchString(raw[at:]) // what follows could become a part of the element's name
	for at < end {
		if len(out) > maxAttributes {
			return nil, true
		}
		if strings.IndexByte(space+"/", raw[at]) >= 0 {
			at++
			continue
		}
		if s := slotHere.FindString(raw[at:]); s != "" {
			at += len(s)
			out = append(out, attribute{name: s, to: at, slot: true})
			faulty = faulty || raw[at] == '=' || glued && strings.IndexByte(space+"/>", raw[at]) < 0 && !slotHere.MatchString(raw[at:])
			continue
		}
		a := attribute{}
		name := at
		for at++; at < end && strings.IndexByte(space+"/=", raw[at]) < 0; at++ { // a name may begin with =
		}
		a.name = strings.ToLower(raw[name:at])
		faulty = faulty || slots.MatchString(a.name)
		a.from, a.to = at, at
		if eq := skip(raw, at, end); eq < end && raw[eq] == '=' {
			at = a.readValue(raw, skip(raw, eq+1, end), end)
		}
		out = append(out, a)
	}
	return out, faulty
}

func skip(raw string, at, end int) int {
	for at < end && strings.IndexByte(space, raw[at]) >= 0 {
		at++
	}
	return at
}

func (a *attribute) readValue(raw string, at, end int) int {
	a.from = at
	if at < end && (raw[at] == '"' || raw[at] == '\'') {
		if n := strings.IndexByte(raw[at+1:end], raw[at]); n >= 0 {
			a.quoted, a.value, a.to = true, raw[at+1:at+1+n], at+n+2
			return a.to
		}
	}
	for at < end && strings.IndexByte(space, raw[at]) < 0 {
		at++
	}
	a.value, a.to = raw[a.from:at], at
	return at
}

// attributes checks those of one tag, and tells which stand in a block of Liquid.
func (g *page) attributes(element, id string, attrs []attribute) {
	seen, depth := map[string]bool{}, 0
	for i, a := range attrs {
		place := "tag " + id
		if a.slot {
			depth += opening(g.pieces[slotNumber(a.name)])
		} else {
			place += " " + a.name
			if seen[a.name] {
				g.fault(g.line, "%s stands twice in one tag", clip(a.name))
			}
			seen[a.name] = true
		}
		g.put(a.name, place)
		g.put(a.value, place)
		attrs[i].inBlock = depth > 0
		if (a.name == "class" || a.name == "id") && (depth > 0 || slots.MatchString(a.value)) {
			g.changing = true
		}
		g.attribute(element, a)
	}
}

func (g *page) attribute(element string, a attribute) {
	switch {
	case a.slot:
		if g.pieces[slotNumber(a.name)].kind == output {
			g.fault(g.line, "{{ }} stands in the quotes of an attribute, not between attributes")
		}
	case strings.HasPrefix(a.name, "on") || a.name == "srcdoc" || a.name == "formaction" || a.name == numberName || a.name == "pr-el-id":
		g.fault(g.line, "the attribute %s stands in no mail", clip(a.name))
	case a.name == "http-equiv" && strings.Contains(strings.ToLower(a.value), "refresh"):
		g.fault(g.line, "a mail leads nowhere by itself")
	case !a.quoted && slots.MatchString(a.value):
		g.fault(g.line, "an attribute that holds Liquid is written in quotes")
	case addressed[a.name]:
		g.address(element, a)
	}
}

// opening is 1 for a tag that begins a block, and -1 for one that ends it.
func opening(p piece) int {
	switch p.name {
	case "if", "unless", "case", "for", "capture":
		return 1
	case "endif", "endunless", "endcase", "endfor", "endcapture":
		return -1
	}
	return 0
}

// address refuses scripts in what leads somewhere, and guards a value that it begins with.
func (g *page) address(element string, a attribute) {
	v := html.UnescapeString(a.value)
	v = strings.Map(func(r rune) rune {
		if r <= ' ' {
			return -1 // as browsers read it
		}
		return r
	}, v)
	tags := false
	for _, n := range slotsIn(v) {
		tags = tags || g.pieces[n].kind != output
	}
	stretches := slots.Split(v, -1)
	if !tags {
		stretches = []string{slots.ReplaceAllString(v, "")}
	}
	for _, words := range stretches {
		begin := scheme.FindString(words)
		if begin != "" && !allowed.MatchString(begin) && (element != "img" || !picture.MatchString(words)) {
			g.fault(g.line, "an address begins with http:, https:, mailto:, tel: or sms:, not %q", clip(begin))
			return
		}
		if tags && strings.Contains(words[len(begin):], ":") {
			g.fault(g.line, "an address with {%% %%} in it writes %%3A for a colon")
			return
		}
	}
	g.guard(v, tags)
}

// guard puts a filter behind the values that may say where an address leads.
func (g *page) guard(v string, tags bool) {
	for _, s := range slots.FindAllStringIndex(v, -1) {
		n := slotNumber(v[s[0]:s[1]])
		before := slots.ReplaceAllString(v[:s[0]], "")
		if g.pieces[n].kind != output || strings.ContainsAny(before, ":/?#") && !tags {
			continue
		}
		if before != "" && !tags {
			g.fault(g.line, "an address begins with https:// or with a value, not with a part of it")
			return
		}
		g.pieces[n].guarded = true
	}
}
