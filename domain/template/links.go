package template

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// linked takes the web addresses out of the links of a marked page: each gets a tag that
// tells where it leads.
func (p *part) linked(doc string) (string, []string) {
	var links []string
	var out strings.Builder
	z, read := html.NewTokenizer(strings.NewReader(doc)), 0
	for {
		t := z.Next()
		if t == html.ErrorToken {
			break
		}
		raw := string(z.Raw())
		read += len(raw)
		if name := tagName(raw); (t == html.StartTagToken || t == html.SelfClosingTagToken) && (name == "a" || name == "area") {
			raw, links = p.link(raw, len(name)+1, links)
		}
		out.WriteString(raw)
	}
	return out.String() + doc[read:], links
}

func (p *part) link(raw string, at int, links []string) (string, []string) {
	attrs, _ := attributes(raw, at)
	for _, a := range attrs {
		address := strings.TrimSpace(html.UnescapeString(a.value))
		if a.name != "href" || !webLink(address) {
			continue
		}
		n := slices.Index(links, address)
		if n < 0 {
			n = len(links)
			links = append(links, address)
		}
		p.pieces = append(p.pieces, piece{kind: tag, source: "{% " + linkTag + " " + strconv.Itoa(n) + " %}"})
		return raw[:a.from] + `"` + slot(len(p.pieces)-1) + `"` + raw[a.to:], links
	}
	return raw, links
}

func webLink(address string) bool {
	if slots.MatchString(address) {
		return false
	}
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}
