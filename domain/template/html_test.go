package template_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain/template"
)

// TestLinks: web addresses are told apart from the rest, and lead where they are told to.
func TestLinks(t *testing.T) {
	t.Parallel()
	src := template.Source{Subject: "s", HTML: `<a class=x href="https://acme.example/a?b=1&amp;c=2">1</a><a href='HTTP://Acme.example/'>2</a><A HREF=https://acme.example/a?b=1&c=2>3</A>` +
		`<map><area href="https://area.example"></map><a href="mailto:a@b.example">4</a><a href="#top">5</a><a href="tel:+491">6</a><a href="{{ unsubscribe_url }}">7</a>` +
		`<a href="https://x.example/{{ first_name }}">8</a><a name="x">9</a><img src="https://img.example/x.png"><a href="/relative">10</a>`}
	c, faults := template.Compile(src)
	want := []string{"https://acme.example/a?b=1&c=2", "HTTP://Acme.example/", "https://area.example"}
	if faults != nil || !slices.Equal(c.Links, want) {
		t.Fatalf("%q, %v", c.Links, faults)
	}
	got := render(t, src, func(n int) string { return "https://t.example/?n=" + string(rune('0'+n)) + "&x" }).HTML
	for part, times := range map[string]int{`"https://t.example/?n=0&amp;x"`: 2, `"https://t.example/?n=1&amp;x"`: 1, `"https://t.example/?n=2&amp;x"`: 1, "acme": 0, `"mailto:a@b.example"`: 1, `"#top"`: 1, `"https://x.example/Ada"`: 1, `"/relative"`: 1, `"https://img.example/x.png"`: 1} {
		if strings.Count(got, part) != times {
			t.Errorf("%s is not there %d times: %s", part, times, got)
		}
	}
	if same := render(t, src, nil).HTML; !strings.Contains(same, `href="https://acme.example/a?b=1&amp;c=2">1<`) || !strings.Contains(same, `'HTTP://Acme.example/'`) && !strings.Contains(same, `"HTTP://Acme.example/"`) {
		t.Errorf("%s", same)
	}
	if text := render(t, src, func(int) string { return "https://t.example" }).Text; !strings.Contains(text, "1 <https://acme.example/a?b=1&c=2>") || strings.Contains(text, "t.example") {
		t.Errorf("%s", text)
	}
}

// TestStyles: CSS is written into the elements, and Liquid stays where it stands.
func TestStyles(t *testing.T) {
	t.Parallel()
	src := `<html><head><title>{{ company }}</title><style>td{color:red}.b{font-weight:bold}/* x */@media (max-width:9px){td{color:blue}}@font-face{font-family:X}</style></head><body>` +
		`<table>{% for x in custom.list %}<tr><td{% if forloop.first %} class="b"{% endif %} title="{{ x | default: "none" }}{% if x %} &lt;!{% endif %}">{{ x }}</td></tr>{% endfor %}</table>` +
		`<i class=b></i><!-- {{ company }} --><a href="https://acme.example/?a=1&amp;b=2"{% if city %}id="c"{% endif %}>Go</a><a href="{{ unsubscribe_url }}">Stop</a></body></html>`
	got := render(t, template.Source{Subject: "s", HTML: src}, func(int) string { return "https://t.example/?a&b" }).HTML
	for _, want := range []string{
		"<title>Hara &amp; Sons &lt;b&gt;</title>", "@media (max-width:9px)", ".b{font-weight:bold}", `<i style="font-weight:bold" class=b>`, "@font-face{font-family:X}", `<table><tr><td style="color:red" class="b" title="one &lt;!">one</td></tr><tr><td style="color:red" title="two &lt;!">two</td></tr></table>`, "<!-- Hara &amp; Sons &lt;b&gt; -->", `<a href="https://t.example/?a&amp;b"`, `href="https://canvass.example/u/1?a=1&amp;b=2"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
	if strings.Contains(got, "lqslot") || strings.Contains(got, "pr-el") || strings.Contains(got, "premailer") {
		t.Errorf("%s", got)
	}
	for src, want := range map[string]string{
		`<style>p{a:b}</style><p style="{% if city %}color:red;{% endif %}">x`:                "a style attribute that holds {% %}",
		`<style>p{a:b}</style><p {% if city %}style="color:red"{% endif %}>x`:                 "a style attribute that holds {% %}",
		`<style>p:not(.x){a:b}</style><p>x`:                                                   "is too hard",
		`<style>p{a:b</style><p>x`:                                                            "is not closed with }",
		`<style>` + strings.Repeat("a{b:c}", 5000) + `</style>` + strings.Repeat("<p>", 2000): "too much CSS",
		`<style>p{a:b}</style><p pr-el-id="1">x`:                                              "pr-el-id stands in no mail",
		strings.Repeat("<i>", 10_001):                                                         "100 deep",
		strings.Repeat("<br>", 10_001):                                                        "more than 10000 HTML tags",
	} {
		if _, faults := template.Compile(template.Source{Subject: "s", HTML: src}); !strings.Contains(lines(faults), want) {
			t.Errorf("%.60s: %s", src, lines(faults))
		}
	}
}

// TestPlainText: a text is made of the HTML where nobody has written one.
func TestPlainText(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`<html><head><title>T</title><style>p{}</style></head><body><h1>Hi {{ first_name }}</h1><p class="x">A &amp; B&nbsp;C</p><p>D<br>E</p></body></html>`: "Hi Ada\n\nA & B C\n\nD\nE",
		`<p><a class="x" href="https://a.example/?b=1&amp;c=2">Go</a>, <a href="{{ unsubscribe_url }}">stop</a></p>`:                                          "Go <https://a.example/?b=1&c=2>, stop <https://canvass.example/u/1?a=1&b=2>",
		`<ul>{% for x in custom.list %}<li>{{ x }}</li>{% endfor %}</ul>`:                                                                                     " - one\n - two",
		`<table>{% for x in custom.list %}<tr><td>{{ forloop.index }}</td><td>{{ x }}</td></tr>{% endfor %}</table>`:                                          "1 one\n2 two",
		`<div title="{% if city %}x{% endif %}"{% if city %}id="x"{% endif %}>a<!-- b > {{ city }} --></div><a name="x">b</a> <a href="#c">d</a>`:             "a\nb d",
		`<p>1 > 0 >>> <img src="https://x.example/y" alt="A cat"></p>`:                                                                                        "1 > 0 >>> A cat",
	} {
		if got := render(t, template.Source{Subject: "s", HTML: src}, nil).Text; strings.Trim(got, "\n") != want {
			t.Errorf("%s\n%q, want\n%q", src, got, want)
		}
	}
}
