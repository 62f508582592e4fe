package http

import (
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/canvass-hq/canvass/domain"
)

// problems makes huma's own refusals read like ours. It is huma's way to set a
// variable of its package; once is enough for all servers of a process.
var problems sync.Once //nolint:gochecknoglobals // guards a global of huma

// cutShort is what huma says of a body that it could not read to its end.
const cutShort = "cannot read request body"

func speakProblems() {
	problems.Do(func() {
		huma.ValidateStrictCasing = true
		huma.NewError = func(status int, message string, faults ...error) huma.StatusError {
			if message == cutShort {
				// The caller hung up, or framed the body wrongly: huma calls that our fault.
				return problem(http.StatusBadRequest, "request.malformed", "the body ended before its end, or is not framed as HTTP has it")
			}
			p := problem(status, codeOf(status, message), message)
			for _, f := range faults {
				var d huma.ErrorDetailer
				if errors.As(f, &d) {
					detail := d.ErrorDetail()
					p.Fields = append(p.Fields, domain.Field{Name: fieldName(detail), Message: worded(detail.Message)})
				} else if f != nil {
					p.Detail = message + ": " + f.Error()
				}
			}
			return p
		}
		plain := huma.NewError
		huma.NewErrorWithContext = func(ctx huma.Context, status int, message string, faults ...error) huma.StatusError {
			err := plain(status, message, faults...)
			if p, ok := errors.AsType[*Problem](err); ok {
				p.RequestID = requestID(ctx.Context())
			}
			return err
		}
	})
}

// worded says in the words of the API what huma says in those of Go.
func worded(message string) string {
	if strings.Contains(message, "invalid date/time") {
		return "is not a time, such as 2030-01-31T09:00:00Z"
	}
	return message
}

// fieldName drops where huma found a value: callers know their own fields. Of a value
// that is missing huma names only what it is missing in.
func fieldName(fault *huma.ErrorDetail) string {
	location := fault.Location
	if _, rest, ok := strings.Cut(fault.Message, "expected required property "); ok {
		missing, _, _ := strings.Cut(rest, " ")
		location += "." + missing
	}
	if name, ok := strings.CutSuffix(fault.Message, cannotBeNull); ok {
		return name
	}
	for _, prefix := range []string{"body.", "query.", "path.", "header."} {
		if name, ok := strings.CutPrefix(location, prefix); ok && name != "" {
			return name
		}
	}
	return strings.TrimSuffix(location, ".")
}

func codeOf(status int, message string) string {
	switch status {
	case http.StatusBadRequest:
		return "request.malformed"
	case http.StatusUnprocessableEntity:
		return "request.invalid"
	case http.StatusRequestEntityTooLarge:
		return "request.too_large"
	case http.StatusUnsupportedMediaType:
		return "request.media_type"
	case http.StatusNotFound:
		return "route.not_found"
	case http.StatusMethodNotAllowed:
		return "route.method_not_allowed"
	case http.StatusRequestTimeout:
		return "request.too_slow"
	case http.StatusTooManyRequests:
		return "rate.limited"
	case http.StatusNotAcceptable:
		return "request.not_acceptable"
	case http.StatusNotModified:
		return "not_modified"
	}
	if message == "" {
		return "internal"
	}
	return "request.refused"
}
