package http

import (
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
	tags, any, err := parseTags(header)
	if err != nil {
		return nil, &domain.Error{
			Kind: domain.Invalid, Code: "request.invalid", Message: "a value does not fit",
			Fields: []domain.Field{{Name: "If-Match", Message: `is "*" or a list of entity tags in double quotes`}},
		}
	}
	if any || len(tags) == 0 {
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
	tags, any, err := parseTags(header)
	if err != nil {
		return false
	}
	return any || slices.ContainsFunc(tags, func(t string) bool { return strings.TrimPrefix(t, "W/") == etag(version) })
}

func parseTags(header string) (tags []string, any bool, err error) {
	rest := strings.TrimSpace(header)
	if rest == "*" {
		return nil, true, nil
	}
	malformed := &domain.Error{Kind: domain.Invalid, Code: "request.invalid"}
	for first := true; rest != ""; first = false {
		if !first {
			var found bool
			if rest, found = strings.CutPrefix(rest, ","); !found {
				return nil, false, malformed
			}
			rest = strings.TrimSpace(rest)
		}
		weak := ""
		if after, found := strings.CutPrefix(rest, "W/"); found {
			weak, rest = "W/", after
		}
		if !strings.HasPrefix(rest, `"`) {
			return nil, false, malformed
		}
		end := strings.IndexByte(rest[1:], '"')
		if end < 0 {
			return nil, false, malformed
		}
		tags = append(tags, weak+rest[:end+2])
		rest = strings.TrimSpace(rest[end+2:])
	}
	return tags, false, nil
}
