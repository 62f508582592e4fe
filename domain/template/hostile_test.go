package template_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/domain/template"
)

// ends runs a template to its end, which must come, and gives what it said.
func ends(t *testing.T, src template.Source, vars map[string]any) (said string, size int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, faults := template.Compile(src)
		if faults != nil {
			said = lines(faults)
			return
		}
		r, err := c.Parse()
		if err == nil {
			var m template.Message
			m, err = r.Render(vars, nil)
			size = max(len(m.Subject), len(m.HTML), len(m.Text))
		}
		if err != nil {
			said = err.Error()
		}
	}()
	select {
	case <-done:
		return said, size
	case <-ctx.Done():
		t.Fatal("it does not end")
		return "", 0
	}
}

// TestHostile: a template that would run away ends with a fault or an error that has a
// name, and takes little memory to do so. It runs by itself: it counts what is allocated.
func TestHostile(t *testing.T) { //nolint:paralleltest // it measures the process
	large := template.ErrTooLarge.Error()
	long := map[string]any{"name": strings.Repeat("x", 60<<10), "custom": map[string]any{"list": make([]string, 100_000), "huge": strings.Repeat("x", 1<<20)}}
	for name, c := range map[string]struct{ text, html, want string }{
		"doubling":           {text: `{% assign a = name %}` + strings.Repeat(`{% assign a = a | append: a %}`, 19), want: large},
		"doubling, joined":   {text: `{% assign a = name %}{% assign b = a | split: "" %}`, want: large},
		"replacing":          {text: `{{ name | replace: "x", name }}`, want: large},
		"encoding":           {text: `{{ custom.list | join: name }}`, want: large},
		"capturing":          {text: `{% capture a %}{% for i in (1..100) %}{{ name }}{% endfor %}{% endcapture %}x`, want: large},
		"capturing words":    {text: `{% capture a %}{% for i in (1..100) %}` + strings.Repeat("x", 10_000) + `{% endfor %}{% endcapture %}x`, want: large},
		"writing":            {text: `{% for i in (1..100) %}{% for j in (1..100) %}` + strings.Repeat("x", 10_000) + `{% endfor %}{% endfor %}`, want: large},
		"writing values":     {html: `{% for i in (1..100) %}<p>{{ name }}</p>{% endfor %}`, want: large},
		"a long list":        {text: `{% for x in custom.list %}{% for y in custom.list %}{{ x }}{% endfor %}{% endfor %}x`},
		"a long value":       {text: `{{ custom.huge }}`, want: large},
		"many steps":         {text: `{% for x in custom.list %}{% for y in custom.list %}{{ x | append: y | append: x }}{% endfor %}{% endfor %}`, want: "more than 20000 steps"},
		"many tags":          {text: strings.Repeat(`{{ name }}`, 1001), want: "more than 1000 tags"},
		"many assigns":       {text: strings.Repeat(`{% assign a = 1 %}`, 21), want: "more than 20 assign"},
		"a long expression":  {text: `{{ ` + strings.Repeat(`name | `, 1000) + ` name }}`, want: "1 to 1000 characters"},
		"deep blocks":        {text: strings.Repeat(`{% if name %}`, 999), want: "is not closed"},
		"slow filters":       {text: `{% for x in custom.list %}{% for y in (1..60) %}{{ name | upcase | downcase | size }}{% endfor %}{% endfor %}x`, want: "more than 20000 steps"},
		"a wide date":        {text: `{{ custom.x | date: "%99999999d" }}.{{ "2026-01-01" | date: "%99999999d%9" }}`},
		"a huge round":       {text: `{{ 1 | round: 999999999 }}{{ 9 | times: 999999999 | times: 999999999 | times: 999999999 }}`},
		"brackets":           {html: strings.Repeat("<", 250_000)},
		"greater":            {html: "<p>" + strings.Repeat(">", 60_000)},
		"ampersands":         {html: "<p>" + strings.Repeat("&", 50_000)},
		"quotes":             {html: strings.Repeat(`<a href="`, 25_000), want: "is not closed with >"},
		"braces":             {html: strings.Repeat("{{", 100_000), want: "is not closed"},
		"attributes":         {html: "<p " + strings.Repeat(" a", 100_000) + ">", want: "at most 100 attributes"},
		"comments":           {html: strings.Repeat("<!--", 50_000)},
		"nested selectors":   {html: "<style>" + strings.Repeat("p ", 200) + "b{a:b}</style>" + strings.Repeat("<p>", 90), want: "too hard"},
		"CSS without an end": {html: "<style>" + strings.Repeat("/*", 30_000) + "</style><p>x", want: "not closed with }"},
		"open brackets":      {html: "<style>p{" + strings.Repeat("a:url(", 5_000) + "}</style><p>x", want: "not closed"},
		"open in a style":    {html: `<style>p{a:b}</style><p style="` + strings.Repeat("a:url(", 30_000) + `">x`, want: "a style attribute is longer"},
		"formatting":         {html: "<style>p{a:b}</style>" + strings.Repeat("<p><b></p>", 2_000), want: "100 deep"},
		"tables":             {html: "<style>p{a:b}</style>" + strings.Repeat("<table>", 90) + strings.Repeat("<p>", 90) + "x"},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			said, size := ends(t, template.Source{Subject: "s", HTML: c.html, Text: c.text}, long)
			runtime.ReadMemStats(&after)
			if took := after.TotalAlloc - before.TotalAlloc; took > 200<<20 {
				t.Errorf("it took %d MB", took>>20)
			}
			if !strings.Contains(said, c.want) || c.want == "" && said != "" || size > template.MaxOutput {
				t.Errorf("%d bytes, %.300s", size, said)
			}
		})
	}
}

// TestEmpty: no mail goes without a subject, or without a body.
func TestEmpty(t *testing.T) {
	t.Parallel()
	for _, src := range []template.Source{{Subject: "{{ city }}", Text: "x"}, {Subject: "s", Text: " {{ city }} "}} {
		c, _ := template.Compile(src)
		r, err := c.Parse()
		if err != nil {
			t.Fatal(err)
		}
		if _, err = r.Render(nil, nil); !errors.Is(err, template.ErrEmpty) {
			t.Errorf("%v", err)
		}
	}
}

// TestConcurrent: one renderer makes many mails at once.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	c, _ := template.Compile(template.Source{Subject: "{{ name }}", HTML: `{% assign x = name | upcase %}<a href="https://a.example">{{ x }}</a>`})
	r, err := c.Parse()
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 8 {
		name := strings.Repeat(string(rune('a'+i)), 5)
		all.Go(func() {
			for range 200 {
				m, err := r.Render(map[string]any{"name": name}, func(int) string { return "https://" + name })
				if err != nil || m.Subject != name || m.HTML != `<a href="https://`+name+`">`+strings.ToUpper(name)+`</a>` {
					t.Errorf("%+v, %v", m, err)
				}
			}
		})
	}
	all.Wait()
}

// FuzzCompile: whatever somebody writes, it is refused or makes a mail of bounded size.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		`<style>p{a:b}@media x{a{b:c}}</style><p {% if name %}class="a"{% endif %}>{{ name | default: "x" }}</p><a href="https://a.example">x</a>`,
		`{% for i in (1..3) %}<tr><td title="{{ i }}">{{ custom.x | date: "%Y" }}</td>{% endfor %}`, `{%- capture x -%}a{%- endcapture -%}{{ x | split: "," | join: x }}`,
		`{% case name %}{% when 1 or 2 %}{% else %}{% endcase %}{% raw %}{{{% endraw %}`, `<!--[if mso]><p>{{ name }}<![endif]-->`,
	} {
		f.Add("s", seed, "t")
		f.Add(seed, "", seed)
	}
	f.Fuzz(func(t *testing.T, subject, html, text string) {
		c, faults := template.Compile(template.Source{Subject: subject, HTML: html, Text: text})
		if faults != nil {
			return
		}
		r, err := c.Parse()
		if err != nil {
			t.Fatal(err)
		}
		for _, vars := range []map[string]any{nil, ada} {
			m, err := r.Render(vars, func(int) string { return "https://t.example" })
			if err == nil && (max(len(m.Subject), len(m.HTML), len(m.Text)) > template.MaxOutput || strings.ContainsAny(m.Subject, "\r\n") || carriedOut(m.HTML) != "") {
				t.Errorf("%+v", m)
			}
		}
	})
}

// BenchmarkRender makes one mail of 5.5 kB with 8 variables and a link.
func BenchmarkRender(b *testing.B) {
	para := `<p style="margin:0 0 16px;font-family:Helvetica,Arial,sans-serif;font-size:16px;line-height:24px;color:#222222">We have worked with teams like yours for years, and would like to show you what came of it.</p>` + "\n"
	src := template.Source{
		Subject: "{{ first_name }}, a word about {{ company }}",
		HTML: "<html><body>" + `<p>Hi {{ first_name | default: "there" }},</p>` + strings.Repeat(para, 22) + `<p>{{ company }} in {{ city }}, {{ state }}: {{ custom.plan }}. <a href="https://acme.example/demo?a=1&amp;b=2">See it</a></p>` +
			`<p>{{ sender_name }}, {{ organization }}. <a href="{{ unsubscribe_url }}">Unsubscribe</a></p></body></html>`,
	}
	c, faults := template.Compile(src)
	if faults != nil {
		b.Fatal(lines(faults))
	}
	r, err := c.Parse()
	if err != nil {
		b.Fatal(err)
	}
	vars := map[string]any{"first_name": "Ada", "company": "Hara & Sons", "city": "Cork", "state": "Munster", "sender_name": "Bo", "organization": "Acme", "unsubscribe_url": "https://canvass.example/u/1", "custom": map[string]any{"plan": "pro"}}
	b.ReportMetric(float64(len(c.HTML)), "html-bytes")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Render(vars, func(int) string { return "https://t.example/c/abcdef" }); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCompile prepares a mail with CSS.
func BenchmarkCompile(b *testing.B) {
	src := template.Source{Subject: "{{ name }}", HTML: "<style>p{color:red}.a{margin:0}td p{padding:0}</style>" + strings.Repeat(`<table><tr><td class="a"><p>Hi {{ name }}</p></td></tr></table>`, 50)}
	for b.Loop() {
		if _, faults := template.Compile(src); faults != nil {
			b.Fatal(lines(faults))
		}
	}
}
