package http

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/filter"
)

// The refusals that come from the way a request is made, whatever it asks for. Their
// statuses and codes are those of codeOf.
var (
	errMalformed = &domain.Error{Kind: domain.Malformed, Code: codeOf(http.StatusBadRequest, ""), Message: "the request cannot be read"}
	errInvalid   = &domain.Error{Kind: domain.Invalid, Code: codeOf(http.StatusUnprocessableEntity, ""), Message: "a value does not fit; fields names it"}
	errCursor    = &domain.Error{Kind: domain.Invalid, Code: "cursor.invalid", Message: "the cursor is none, or belongs to another list or to other filters"}
	errOurs      = &domain.Error{Kind: domain.Internal, Code: codeOf(http.StatusInternalServerError, ""), Message: "something broke on our side"}
	errCancelled = &domain.Error{Kind: domain.Unavailable, Code: "request.cancelled", Message: "the request was given up before it was answered"}
)

// A refusal is a status, a code and what it means.
type refusal struct {
	status     int
	code, says string
}

// busy are the refusals of the limits, and not of what is asked.
var busy = []refusal{
	{http.StatusTooManyRequests, codeOf(http.StatusTooManyRequests, ""), "too many requests; Retry-After says when there is room again"},
	{http.StatusTooManyRequests, "rate.in_flight", "too many requests of yours are being worked on; wait for one to end"},
	{http.StatusServiceUnavailable, "server.busy", "too many requests of this kind are being worked on"},
}

// refusals gathers what an operation may refuse with.
type refusals map[int]map[string]string

func (r refusals) add(errs ...*domain.Error) {
	for _, e := range errs {
		r.set(refusal{statusOf(e.Kind), e.Code, e.Message})
	}
}

func (r refusals) set(each ...refusal) {
	for _, one := range each {
		if r[one.status] == nil {
			r[one.status] = map[string]string{}
		}
		if r[one.status][one.code] == "" {
			r[one.status][one.code] = one.says
		}
	}
}

const refusesKey = "refuses" // of an operation's metadata

// refuses says what an operation refuses with, beside what its parameters tell.
func refuses(errs ...*domain.Error) func(*huma.Operation) {
	return func(o *huma.Operation) {
		if o.Metadata == nil {
			o.Metadata = map[string]any{}
		}
		before, _ := o.Metadata[refusesKey].([]*domain.Error)
		o.Metadata[refusesKey] = slices.Concat(before, errs)
	}
}

// refusalsOf is all that an operation may refuse with: what it says itself, and what
// follows from what it takes.
func refusalsOf(o *huma.Operation) refusals {
	r := refusals{}
	r.add(errMalformed, errInvalid, errOurs)
	if asksWho(o) {
		r.add(errToken, errKeyToken, domain.ErrForbidden, errNoMember, errKeyAddress, errCancelled, domain.ErrUnavailable)
		r.set(busy...)
	}
	if need, guarded := o.Extensions[permissionKey].(domain.Permission); guarded {
		r.add(access.Refusals(need)...)
	}
	if own, ok := o.Metadata[refusesKey].([]*domain.Error); ok {
		r.add(own...)
	}
	if o.RequestBody != nil {
		for _, status := range []int{http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType} {
			r.set(refusal{status, codeOf(status, ""), map[int]string{
				http.StatusRequestTimeout:        "the body came too slowly",
				http.StatusRequestEntityTooLarge: "the body is larger than what is taken",
				http.StatusUnsupportedMediaType:  "the body is of a type that is not taken",
			}[status]})
		}
	}
	for _, p := range o.Parameters {
		switch p.Name {
		case "Idempotency-Key":
			r.add(domain.ErrCommandReused, domain.ErrBusy, conflict(domain.ErrStale))
		case "If-Match":
			r.add(commands.ErrPrecondition)
		case "Canvass-Min-Position":
			r.add(domain.ErrBehind)
		case "cursor":
			r.add(errCursor)
		case "filter":
			r.add(filter.ErrInvalid)
		}
	}
	if r[statusOf(filter.ErrInvalid.Kind)][filter.ErrInvalid.Code] != "" {
		r.add(access.ErrMasked)
	}
	return r
}

// conflict is a race that was lost as the caller hears of it.
func conflict(stale *domain.Error) *domain.Error {
	lost := *stale
	lost.Kind = domain.Conflict
	return &lost
}

// response describes the refusals of one status. Operations that refuse alike share it.
func (s *Server) response(status int, codes map[string]string) *huma.Response {
	names := slices.Sorted(maps.Keys(codes))
	name := strings.Join(names, "-or-")
	all := s.api.OpenAPI().Components
	if all.Responses == nil {
		all.Responses = map[string]*huma.Response{}
	}
	if all.Responses[name] == nil {
		said, examples := make([]string, len(names)), map[string]*huma.Example{}
		for i, code := range names {
			said[i] = "`" + code + "`: " + codes[code]
			examples[code] = &huma.Example{Value: exampleProblem(status, code, codes[code])}
		}
		all.Responses[name] = &huma.Response{
			Description: strings.Join(said, "; "),
			Headers:     refusalHeaders(status),
			Content:     map[string]*huma.MediaType{problemJSON: {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}, Examples: examples}},
			Extensions:  map[string]any{codesKey: names},
		}
	}
	return &huma.Response{Ref: "#/components/responses/" + name}
}

func refusalHeaders(status int) map[string]*huma.Param {
	header := func(name, doc string) map[string]*huma.Param {
		return map[string]*huma.Param{name: {Description: doc, Schema: &huma.Schema{Type: huma.TypeString}}}
	}
	switch status {
	case http.StatusUnauthorized:
		return header("WWW-Authenticate", "Bearer")
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		return header("Retry-After", "Seconds to wait")
	}
	return nil
}

func exampleProblem(status int, code, detail string) map[string]any {
	p := map[string]any{"type": "about:blank", "title": http.StatusText(status), "status": status, "code": code, "detail": detail, "request_id": exampleID}
	switch code {
	case errInvalid.Code:
		p["fields"] = []any{map[string]any{"field": "email", "message": "is not an address"}}
	case errCursor.Code:
		p["fields"] = []any{map[string]any{"field": "cursor", "message": "is not a cursor of this API"}}
	case domain.ErrClaimed.Code:
		p["fields"], p["streams"] = []any{map[string]any{"field": "email", "message": "belongs to another record"}}, []any{exampleID}
	}
	return p
}

// describe completes the description once every route is laid out: what each operation
// refuses with, and an example of everything that it takes and answers.
func (s *Server) describe() {
	for path, item := range s.api.OpenAPI().Paths {
		for _, o := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if o == nil {
				continue
			}
			if asksWho(o) {
				o.Parameters = append(o.Parameters, orgParam())
			}
			for status, codes := range refusalsOf(o) {
				o.Responses[strconv.Itoa(status)] = s.response(status, codes)
			}
			o.Tags = []string{tagOf(path)}
			o.Description = strings.TrimSpace(o.Description)
			s.exemplify(o)
		}
	}
	s.describeErrors()
}

// asksWho tells the operations that are answered only for who is known: those that need a
// permission, and GraphQL, whose fields each need their own.
func asksWho(o *huma.Operation) bool {
	_, guarded := o.Extensions[permissionKey]
	return guarded || o.Path == graphqlPath
}

// orgParam documents the header that authenticate reads.
func orgParam() *huma.Param {
	return &huma.Param{
		In: "header", Name: orgHeader, Description: "Which of your organizations the request is about; needed when you belong to several and your token names none",
		Schema: &huma.Schema{Type: huma.TypeString, Format: "uuid"},
	}
}

// tagOf groups the operations of one kind of record.
func tagOf(path string) string {
	if rest, ok := strings.CutPrefix(path, "/v1/"); ok {
		kind, _, _ := strings.Cut(rest, "/")
		return kind
	}
	return "server"
}

const (
	permissionKey = "x-permission" // what an operation needs
	codesKey      = "x-codes"      // what a response may refuse with
)
