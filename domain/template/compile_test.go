package template_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/template"
)

func lines(faults []domain.Field) string {
	out := make([]string, len(faults))
	for i, f := range faults {
		out[i] = f.Name + ": " + f.Message
	}
	return strings.Join(out, "\n")
}

var ada = map[string]any{
	"first_name": "Ada", "last_name": "O'Hara", "company": "Hara & Sons <b>", "email": "ada@people.example", "city": "", "unsubscribe_url": "https://canvass.example/u/1?a=1&b=2",
	"custom": map[string]any{"plan": "pro", "list": []string{"one", "two"}, "renewal": "2026-12-01", "url": "javascript:alert(1)", "count": 3.0, "evil": "<script>alert(1)</script>", "lines": "a\r\nBcc: x@y.example\u2028c"},
}

func render(t *testing.T, src template.Source, link func(int) string) template.Message {
	t.Helper()
	c, faults := template.Compile(src)
	if faults != nil {
		t.Fatalf("%s", lines(faults))
	}
	r, err := c.Parse()
	if err != nil {
		t.Fatal(err)
	}
	m, err := r.Render(ada, link)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestRender: what a person reads.
func TestRender(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"a value":               {"Hi {{ first_name }}!", "Hi Ada!"},
		"no escaping in text":   {"{{ company }}", "Hara & Sons <b>"},
		"a fallback":            {`Hi {{ city | default: "there" }}`, "Hi there"},
		"a field of ours":       {"{{ custom.plan | upcase }}", "PRO"},
		"a field nobody filled": {`-{{ custom.none }}-{{ custom.none | default: "x" }}`, "--x"},
		"a condition":           {"{% if city %}in {{ city }}{% else %}somewhere{% endif %}", "somewhere"},
		"nothing":               {"{% if city == blank %}none{% endif %}{% if email != blank %}some{% endif %}", "nonesome"},
		"and, or":               {`{% if first_name == "Ada" and company contains "Sons" or city %}yes{% endif %}`, "yes"},
		"a choice":              {`{% case custom.plan %}{% when "free" %}F{% when "pro", "max" %}P{% else %}?{% endcase %}`, "P"},
		"a loop":                {"{% for x in custom.list %}{{ forloop.index }}{{ x }}{% unless forloop.last %}, {% endunless %}{% endfor %}", "1one, 2two"},
		"a range":               {"{% for i in (1..4) reversed limit:2 %}{{ i }}{% endfor %}", "43"},
		"an empty loop":         {"-{% for x in custom.none %}{{ x }}{% endfor %}-", "--"},
		"an assignment":         {`{% assign who = first_name | append: "!" %}{{ who }}`, "Ada!"},
		"a capture":             {"{% capture who %}{{ first_name }} {{ company }}{% endcapture %}{{ who }}", "Ada Hara & Sons <b>"},
		"spaces":                {"a  {{- first_name -}}  b {%- if true -%} c {%- endif %} d", "aAdabc d"},
		"a comment":             {"a{% comment %}{% if %} {{ nobody {% endcomment %}b", "ab"},
		"raw":                   {"{% raw %}{{ name }}{% endraw %}", "{{ name }}"},
		"a date":                {`{{ custom.renewal | date: "%-d %B %Y" }}`, "1 December 2026"},
		"numbers":               {"{{ custom.count | plus: 1 | times: 2 | divided_by: 3 }} {{ 7 | modulo: 2 }} {{ 1 | divided_by: 0 }}.", "2 1 ."},
		"lists":                 {`{{ "b,a" | split: "," | reverse | join: "-" }} {{ custom.list | first }} {{ custom.list.size }}`, "a-b one 2"},
		"words":                 {`{{ "one two three" | truncatewords: 2 }} {{ "abcdef" | truncate: 4 }} {{ first_name | replace: "A", "B" | capitalize }}`, "one two... a... Bda"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := render(t, template.Source{Subject: "s", Text: c.text}, nil).Text; got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// TestFaults: what cannot be saved, and where it stands.
func TestFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ html, want string }{
		"unknown variable":      {"<p>\n\n\n{{ frist_name }}", `line 4: there is no variable "frist_name" (did you mean first_name?)`},
		"unknown filter":        {"\n{{ name | upcse }}", `line 2: there is no filter "upcse" (did you mean upcase?)`},
		"safe":                  {"{{ name | safe }}", `line 1: there is no filter "safe"`},
		"ours":                  {"{{ name | web_address }}", `line 1: there is no filter "web_address"`},
		"too few":               {"{{ name | append }}", `line 1: the filter "append" takes 1 to 1 values, not 0`},
		"too many":              {"{{ name | upcase: 1 }}", `line 1: the filter "upcase" takes 0 to 0 values, not 1`},
		"today":                 {"{{ today }}", `line 1: there is no variable "today"`},
		"custom":                {"{{ custom }}", `line 1: there is no variable "custom"`},
		"out of its loop":       {"{% for x in (1..3) %}{{ x }}{% endfor %}\n{{ x }}", `line 2: there is no variable "x"`},
		"not closed":            {"a\n{% if name %}", "line 2: {% if %} is not closed"},
		"closed twice":          {"a{% endif %}", "line 1: {% endif %} closes nothing"},
		"braces":                {"a\n{{ name", "line 2: {{ is not closed"},
		"a tag":                 {`{% include "/etc/passwd" %}`, `line 1: there is no tag "include"`},
		"render":                {`{% render "x" %}`, `line 1: there is no tag "render"`},
		"our tag":               {`{% link 0 %}`, `line 1: there is no tag "link"`},
		"our capture":           {`{% keep x %}{% endkeep %}`, `line 1: there is no tag "keep"`},
		"a lexer's statement":   {`{{ %loop x in y }}`, `line 1: "%loop x in y" cannot be read`},
		"a range elsewhere":     {`{{ (1..999999999) | size }}`, `line 1: "(1..999999999) | size" cannot be read`},
		"grammar":               {"\n{{ name name }}", `line 2: "name name" cannot be read`},
		"empty text":            {`{% if name == "" %}{% endif %}`, `line 1: write blank in place of ""`},
		"a long loop":           {"{% for i in (1..101) %}{% endfor %}", "line 1: a loop counts up, through 100 steps at most"},
		"deep loops":            {"{% for a in (1..2) %}{% for b in (1..2) %}{% for c in (1..2) %}{% endfor %}{% endfor %}{% endfor %}", "line 1: loops stand within each other 2 deep at most"},
		"assign in a loop":      {"{% for a in (1..2) %}{% assign x = 1 %}{% endfor %}", "line 1: assign stands outside loops"},
		"assigning forloop":     {"{% assign forloop = 1 %}", `line 1: "forloop" is taken: choose another name`},
		"many steps":            {"{% for a in (1..100) %}{% for b in (1..100) %}{{ a }}{{ b }}{{ a }}{% endfor %}{% endfor %}", "line 1: it runs through more than 20000 steps"},
		"a script":              {"\n<script>alert(1)</script>", "line 2: <script> stands in no mail"},
		"a split script":        {"<scr{% if true %}ipt>x{% endif %}", "line 1: Liquid between attributes stands by itself, with a space before what follows a word"},
		"a glued script":        {`<scr{% if city %} x="y"{% endif %}ipt>`, "line 1: Liquid between attributes stands by itself, with a space before what follows a word"},
		"a trimmed script":      {"< {%- if true -%} script>x{% endif %}", "line 1: Liquid stands in the name of an HTML element, or right behind <"},
		"an iframe":             {"<IFRAME src=x>", "line 1: <iframe> stands in no mail"},
		"a form":                {"<form><p>x", "line 1: <form> stands in no mail"},
		"a handler":             {"<p>a\n<img src=x\nOnError=alert(1)>", "line 2: the attribute onerror stands in no mail"},
		"a split handler":       {`<p on{% if true %}click{% endif %}="x">`, "line 1: Liquid between attributes stands by itself, with a space before what follows a word"},
		"a javascript":          {`<a href=" java&#10;script:alert(1)">x</a>`, `line 1: an address begins with http:, https:, mailto:, tel: or sms:, not "javascript:"`},
		"a split javascript":    {`<a href="java{% if true %}script:{% endif %}x">x</a>`, `line 1: an address begins with http:, https:, mailto:, tel: or sms:, not "script:"`},
		"data":                  {`<a href="data:text/html,x">x</a>`, `line 1: an address begins with http:, https:, mailto:, tel: or sms:, not "data:"`},
		"a value in a tag":      {`<p {{ name }}>`, "line 1: {{ }} stands in the quotes of an attribute, not between attributes"},
		"no quotes":             {`<p title={{ name }}>`, "line 1: an attribute that holds Liquid is written in quotes"},
		"a moving comment":      {`{% if name %}<!--{% endif %}<p>x-->`, "line 1: {% endif %} stands elsewhere in the HTML than its block begins: both between elements, both in one tag, or both in one attribute"},
		"a moving quote":        {`<b title="{% if name %}">x{% endif %}`, "line 1: {% endif %} stands elsewhere in the HTML than its block begins: both between elements, both in one tag, or both in one attribute"},
		"in a style":            {"<style>p{color:{{ custom.c }}}</style>", "line 1: a <style> holds no Liquid"},
		"@import":               {"<style>@import url(http://x.example/y.css);</style><p>x", "CSS is written in <style>: @import fetches it from elsewhere"},
		"HTML in a capture":     {"{% capture x %}<b>{% endcapture %}", "line 1: capture holds words and values, no HTML tags"},
		"an unfinished tag":     {"<p>a\n<img src=x onerror=alert(1) ", "line 2: an HTML tag is not closed with >"},
		"raw HTML":              {"{% raw %}<script>{% endraw %}", "line 1: {% raw %} holds letters, digits, spaces, braces, dots, commas and bars only"},
		"half an address":       {`<a href="java{{ custom.x }}">x</a>`, "line 1: an address begins with https:// or with a value, not with a part of it"},
		"a colon behind":        {`<a href="{{ custom.x }}:y">x</a>`, `line 1: an address begins with http:, https:, mailto:, tel: or sms:, not ":"`},
		"a variable that is no": {"{{ name.length }}", `line 1: "name" has no "length"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, faults := template.Compile(template.Source{Subject: "s", HTML: c.html})
			if len(faults) == 0 || faults[0].Name != "html" || !strings.HasPrefix(faults[0].Message, c.want) {
				t.Errorf("%s\nwant %s", lines(faults), c.want)
			}
		})
	}
	for want, src := range map[string]template.Source{
		"subject: a mail needs a subject":            {Text: "x"},
		"html: a mail needs HTML, text or both":      {Subject: "x"},
		"subject: line 1: {{ is not closed":          {Subject: "{{", Text: "x"},
		"text: line 2: there is no tag \"x\"":        {Subject: "x", Text: "\n{% x %}"},
		"text: is longer than 256 KB":                {Subject: "x", Text: strings.Repeat("{{ name }}", 1<<20)},
		"html: is longer than 256 KB":                {Subject: "x", HTML: strings.Repeat("<", 10<<20)},
		"text: is not valid UTF-8":                   {Subject: "x", Text: "\xff"},
		"html: holds the word lqslot, which is ours": {Subject: "x", HTML: "LQslot1end"},
	} {
		if _, faults := template.Compile(src); lines(faults) != want {
			t.Errorf("%s\nwant %s", lines(faults), want)
		}
	}
}

// TestSubject: a subject is one line, whatever the values hold.
func TestSubject(t *testing.T) {
	t.Parallel()
	if got := render(t, template.Source{Subject: "A {{ custom.lines }}\n {{ company }} ", Text: "x"}, nil).Subject; got != "A a Bcc: x@y.example c Hara & Sons <b>" {
		t.Errorf("%q", got)
	}
}

// TestEscaping: no value becomes HTML, by no filter, and no value leads to a script.
func TestEscaping(t *testing.T) {
	t.Parallel()
	for _, f := range []string{
		"", "| upcase", `| default: "x"`, `| append: "<b>"`, `| prepend: "<"`, `| replace: "s", "<"`, "| strip", "| escape", `| split: "" | join: "<i>"`, `| split: ">"`, `| split: ">" | first`,
		`| remove: "x" | truncate: 9, "<"`, "| url_encode", `| date: "<%Y"`, "| capitalize", "| downcase", "| truncatewords: 1, '<'", "| strip_newlines", "| reverse", "| strip_html",
	} {
		src := fmt.Sprintf(`<p title="{{ custom.evil %s }}">{{ custom.evil %s }}</p>`, f, f)
		if got := render(t, template.Source{Subject: "s", HTML: src, Text: "x"}, nil).HTML; strings.Count(got, "<") != 2 || strings.Count(got, `"`) != 2 {
			t.Errorf("%s: %s", f, got)
		}
	}
	captured := render(t, template.Source{Subject: "s", HTML: `{% capture x %}{{ last_name }} &amp; {{ custom.evil }}{% endcapture %}{% assign y = x | append: "<" %}{{ y }}`}, nil).HTML
	if captured != `O&#39;Hara &amp; &lt;script&gt;alert(1)&lt;/script&gt;&lt;` {
		t.Errorf("%s", captured)
	}
	for src, want := range map[string]string{
		`<a href="{{ custom.url }}">x</a>`:                   `<a href="#">x</a>`,
		`<a href="{{ unsubscribe_url }}">x</a>`:              `<a href="https://canvass.example/u/1?a=1&amp;b=2">x</a>`,
		`<a href="https://x.example/{{ custom.url }}">x</a>`: `<a href="https://x.example/javascript:alert(1)">x</a>`,

		`<a href="{% if city %}https://x.example{% else %}{{ custom.url }}{% endif %}">x</a>`: `<a href="#">x</a>`,
	} {
		if got := render(t, template.Source{Subject: "s", HTML: src}, nil).HTML; got != want {
			t.Errorf("%s: %s", src, got)
		}
	}
}

// TestCompiled: what is kept of a source beside its parts.
func TestCompiled(t *testing.T) {
	t.Parallel()
	c, faults := template.Compile(template.Source{Subject: "{{ company }}", HTML: `<p>{{ first_name | default: name }}</p>{% if custom.b or custom.a %}{% assign x = city %}{{ x }}{% endif %}`})
	want := []string{"city", "company", "custom.a", "custom.b", "first_name", "name"}
	if faults != nil || !slices.Equal(c.Variables, want) || c.Links != nil {
		t.Errorf("%+v, %v", c, faults)
	}
	if c.Text != "{{ first_name | default: name }}\n\n{% if custom.b or custom.a %}{% assign x = city %}{{ x }}{% endif %}\n" {
		t.Errorf("%q", c.Text)
	}
}
