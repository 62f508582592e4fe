package template_test

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain/template"
)

// pieces are what an author could put together to get a script past the checks.
var pieces = []string{
	"{% if city %}", "{% if name %}", "{% else %}", "{% endif %}", "{%- if name -%}", "{%- endif -%}", "{% for x in (1..2) %}", "{% endfor %}", "{% capture z %}", "{% endcapture %}",
	"{{ name }}", "{{- city -}}", "{{ custom.evil }}", "{{ custom.url }}", "{% comment %}", "{% endcomment %}", "{% raw %}", "{% endraw %}", "{% assign y = custom.evil %}", "{{ y }}", "{{ z }}",
	"<", ">", "</", "/>", "<p", "<p ", "<a href=", "<img src=", "<scr", "script", "ipt>", "<!--", "-->", "<title>", "</title>", "<style>", "</style>", "p{a:b}", `"`, "'", "=", " ", "\n", "/",
	"on", "click", "onclick", "java", "script:", "javascript:", "https://", "a.example", "x", "class", ":", "&#106;", "&lt;", "<td", "<table>", "</p>", "</a>", " title=", " style=",
}

// TestNothingIsCarriedOut: whatever pieces somebody puts together, and whatever the values
// are, a mail that comes of it holds no script, no handler and no link to one.
func TestNothingIsCarriedOut(t *testing.T) {
	t.Parallel()
	made := 0
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		for _, p := range rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 14).Draw(t, "pieces") {
			b.WriteString(p)
		}
		c, faults := template.Compile(template.Source{Subject: "s", HTML: b.String(), Text: "t"})
		if faults != nil {
			return
		}
		made++
		r, err := c.Parse()
		if err != nil {
			t.Fatal(err)
		}
		values := rapid.SampledFrom([]string{"", "javascript:alert(1)", "java", "script", `"><script>`, "' onclick=x ", "-->", "</title><script>", ":alert(1)"})
		vars := map[string]any{"name": values.Draw(t, "name"), "city": values.Draw(t, "city"), "custom": map[string]any{"evil": values.Draw(t, "evil"), "url": values.Draw(t, "url")}}
		m, err := r.Render(vars, nil)
		if err != nil {
			return
		}
		if found := carriedOut(m.HTML); found != "" {
			t.Fatalf("%s in %q of %q", found, m.HTML, b.String())
		}
	})
	t.Logf("%d mails", made)
}

func carriedOut(page string) string {
	z := html.NewTokenizer(strings.NewReader(page))
	for z.Next() != html.ErrorToken {
		t := z.Token()
		if t.Type != html.StartTagToken && t.Type != html.SelfClosingTagToken {
			continue
		}
		if t.Data == "script" {
			return t.Data
		}
		for _, a := range t.Attr {
			address := strings.ToLower(strings.Join(strings.Fields(a.Val), ""))
			if strings.HasPrefix(a.Key, "on") && a.Key != "on" || (a.Key == "href" || a.Key == "src") && strings.HasPrefix(address, "javascript:") {
				return a.Key + "=" + a.Val
			}
		}
	}
	return ""
}
