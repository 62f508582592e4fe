package http

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/canvass-hq/canvass/domain"
)

// etag is the version of a record as an entity tag.
func etag(version int) string { return `"` + strconv.Itoa(version) + `"` }

// etagNow is that of a record which is shown with more than its own facts say, such as a
// count: behind the version stands a digest of all that is shown.
func etagNow(version int, body any) (string, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return "", err
	}
	h := fnv.New64a()
	_, _ = h.Write(text)
	return fmt.Sprintf(`"%d-%016x"`, version, h.Sum64()), nil
}

var tagPattern = regexp.MustCompile(`^"([1-9][0-9]{0,9})(-[0-9a-f]{16})?"$`)

// Held is the condition that every read of one record takes; it is exported because huma
// fills no other.
type Held struct {
	IfNoneMatch string `header:"If-None-Match" doc:"ETags that you hold (RFC 9110): 304 when what would be shown has one of them"`
}

// shownOutput shows one record.
type shownOutput[T any] struct {
	ETag     string `header:"ETag" doc:"Send it as If-Match to change the record only as it is now, and as If-None-Match to be shown it only when it has changed"`
	Position string `header:"Canvass-Position" doc:"Position in the log of the record's last fact"`
	Body     T
}

// shown answers with a record, unless its caller holds it as it is.
func shown[T any](h Held, tag string, position int64, body T) (*shownOutput[T], error) {
	if h.IfNoneMatch != "" && notModified(h.IfNoneMatch, tag) {
		p := problem(http.StatusNotModified, "not_modified", "")
		p.etag = tag
		return nil, p
	}
	return &shownOutput[T]{ETag: tag, Position: strconv.FormatInt(position, 10), Body: body}, nil
}

// shownNow is shown for a record whose version does not tell all that is shown.
func shownNow[T any](h Held, version int, position int64, body T) (*shownOutput[T], error) {
	tag, err := etagNow(version, body)
	if err != nil {
		return nil, err
	}
	return shown(h, tag, position, body)
}

// mayBeHeld documents a read of one record.
func mayBeHeld(o *huma.Operation) {
	o.Responses = map[string]*huma.Response{"304": {
		Description: "What would be shown is what you hold",
		Headers:     map[string]*huma.Param{"ETag": {Schema: &huma.Schema{Type: huma.TypeString}}},
	}}
}

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
		if parts := tagPattern.FindStringSubmatch(t); parts != nil {
			if v, err := strconv.Atoi(parts[1]); err == nil {
				versions = append(versions, v)
			}
		}
	}
	return versions, nil
}

// notModified reads If-None-Match (RFC 9110, 13.1.2), where weak tags match too. One
// that cannot be read is no condition.
func notModified(header, tag string) bool {
	tags, every, err := parseTags(header)
	if err != nil {
		return false
	}
	return every || slices.ContainsFunc(tags, func(t string) bool { return strings.TrimPrefix(t, "W/") == tag })
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
