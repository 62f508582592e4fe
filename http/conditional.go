package http

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/canvass-hq/canvass/domain"
)

// etag is the version of a record as an entity tag.
func etag(version int) string { return `"` + strconv.Itoa(version) + `"` }

// parseIfMatch reads If-Match (RFC 9110, 13.1.1): nil for none and for "*", which
// every record that exists satisfies; else the versions among the tags. Tags that are
// not ours, and weak ones, are well-formed and match nothing.
func parseIfMatch(header string) ([]int, error) {
	tags, every, err := parseTags(header)
	if err != nil {
		return nil, &domain.Error{
			Kind: domain.Invalid, Code: "request.invalid", Message: "a value does not fit",
			Fields: []domain.Field{{Name: "If-Match", Message: `is "*" or a list of entity tags in double quotes`}},
		}
	}
	if every || len(tags) == 0 {
		return nil, nil
	}
	versions := []int{}
	for _, t := range tags {
		if v, err := strconv.Atoi(strings.Trim(t, `"`)); err == nil && v > 0 && etag(v) == t {
			versions = append(versions, v)
		}
	}
	return versions, nil
}

// notModified reads If-None-Match (RFC 9110, 13.1.2), where weak tags match too. One
// that cannot be read is no condition.
func notModified(header string, version int) bool {
	tags, every, err := parseTags(header)
	if err != nil {
		return false
	}
	return every || slices.ContainsFunc(tags, func(t string) bool { return strings.TrimPrefix(t, "W/") == etag(version) })
}

// parseTags reads a list of entity tags (RFC 9110, 8.8.3); its elements may be empty (5.6.1.2).
func parseTags(header string) (tags []string, every bool, err error) {
	malformed := &domain.Error{Kind: domain.Invalid, Code: "request.invalid"}
	rest := strings.TrimSpace(header)
	if rest == "*" {
		return nil, true, nil
	}
	for parted := true; rest != ""; {
		if after, comma := strings.CutPrefix(rest, ","); comma {
			rest, parted = strings.TrimSpace(after), true
			continue
		}
		weak := ""
		if after, found := strings.CutPrefix(rest, "W/"); found {
			weak, rest = "W/", after
		}
		end := strings.IndexByte(strings.TrimPrefix(rest, `"`), '"')
		if !parted || !strings.HasPrefix(rest, `"`) || end < 0 {
			return nil, false, malformed
		}
		tags = append(tags, weak+rest[:end+2])
		rest, parted = strings.TrimSpace(rest[end+2:]), false
	}
	if len(tags) == 0 && header != "" {
		return nil, false, malformed
	}
	return tags, false, nil
}

// joinLists makes one line of conditions that stand on several (RFC 9110, 5.3): who
// asks for a header gets the first line.
func joinLists(h http.Header) {
	for _, name := range []string{"If-Match", "If-None-Match"} {
		if lines := h.Values(name); len(lines) > 1 {
			h.Set(name, strings.Join(lines, ", "))
		}
	}
}
