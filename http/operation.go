package http

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/projections"
)

// handle registers an operation. There is no way to register one without saying which
// permission it needs.
func handle[I, O any](s *Server, op huma.Operation, need domain.Permission, do func(context.Context, *I) (*O, error)) {
	op.MaxBodyBytes = maxBody
	needs(&op, need)
	op.Errors = []int{http.StatusInternalServerError} // the others follow from what it takes: describe
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*O, error) {
		if err := principalOf(ctx).Allows(need); err != nil {
			return nil, s.refuse(ctx, err)
		}
		out, err := do(ctx, in)
		if err != nil {
			return nil, s.refuse(ctx, err)
		}
		if list, ok := any(out).(interface{ shown() int }); ok {
			s.audit.rows(ctx, list.shown())
		}
		return out, nil
	})
	if op.Method == http.MethodPatch {
		s.nullable(reflect.TypeFor[I]())
	}
}

// op describes an operation; what it answers beside the rest is said by how.
func op(method, path, id, summary string, how ...func(*huma.Operation)) huma.Operation {
	o := huma.Operation{Method: method, Path: path, OperationID: id, Summary: summary}
	for _, say := range how {
		say(&o)
	}
	return o
}

func creates(o *huma.Operation) { o.DefaultStatus = http.StatusCreated }

func accepts(o *huma.Operation) { o.DefaultStatus = http.StatusAccepted }

// execute gives a command and answers with its receipt.
func execute[S domain.State[S, E], E any](ctx context.Context, s *Server, c Conditions, operation, record string, body any, cmd commands.Command[S, E]) (*receiptOutput, error) {
	call, err := s.call(ctx, c, operation, record, body)
	if err != nil {
		return nil, err
	}
	return s.receipt(call)(commands.Execute(ctx, s.run, call, cmd))
}

// Conditions are the headers that every command takes.
type Conditions struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"255" doc:"Repeat a request under the same key and it is carried out once; every repetition answers what the first did"`
	IfMatch        string `header:"If-Match" doc:"ETags that you have seen (RFC 9110): the request is refused with 412 when the record is at none of them"`
}

// Receipt answers a command.
type Receipt struct {
	ID       string `json:"id" format:"uuid" doc:"The record"`
	Version  int    `json:"version" doc:"Its version after the command, also its ETag"`
	Position int64  `json:"position" doc:"Where the log stands with it; send it as Canvass-Min-Position to read your own write"`
}

// receiptOutput is a Receipt with its headers.
type receiptOutput struct {
	Status   int
	ETag     string `header:"ETag"`
	Position string `header:"Canvass-Position" doc:"Position in the log of the command's last fact"`
	Location string `header:"Location" doc:"Where the record is, for one that was created"`
	Body     Receipt

	made bool // facts were written, now or when the same was asked before
}

// receipt answers a call with what has become of it, and remembers where it was written.
func (s *Server) receipt(call commands.Call) func(domain.Receipt, error) (*receiptOutput, error) {
	return func(r domain.Receipt, err error) (*receiptOutput, error) {
		if err != nil {
			return nil, err
		}
		s.writes.note(call.Principal, r.Position)
		return &receiptOutput{
			Status: http.StatusOK, ETag: etag(r.Version), Position: strconv.FormatInt(r.Position, 10),
			Body: Receipt{ID: r.Stream, Version: r.Version, Position: r.Position}, made: r.First > 0,
		}, nil
	}
}

// call makes the call of a command out of a request. What is asked is the operation,
// the record and the body: two requests that read the same are the same.
func (s *Server) call(ctx context.Context, c Conditions, operation, record string, body any) (commands.Call, error) {
	p := principalOf(ctx)
	match, err := parseIfMatch(c.IfMatch)
	if err != nil {
		return commands.Call{}, err
	}
	asked, err := json.Marshal([]any{operation, record, body, match})
	if err != nil {
		return commands.Call{}, err
	}
	call := commands.Call{Principal: p, Request: asked, IfMatch: match, RequestID: requestID(ctx)}
	if c.IdempotencyKey == "" {
		call.ID = commands.NewID()
	} else {
		call.ID, call.Chosen = commands.KeyedID(p.Org, p.Actor(), c.IdempotencyKey), true
	}
	return call, nil
}

// Freshness is the header that every read takes.
type Freshness struct {
	MinPosition int64 `header:"Canvass-Min-Position" minimum:"0" doc:"Answer only once the view has reached this position of the log; 503 when it has not within two seconds"`
}

const (
	freshnessPatience = 2 * time.Second
	ownPatience       = 500 * time.Millisecond
)

// writes remembers where the last write of each principal lies that this process took, as
// long as there are not too many of them.
type writes struct {
	mu sync.Mutex
	at map[writer]int64
}

type writer struct{ org, actor string }

const writesHeld = 10_000

func (w *writes) note(p access.Principal, position int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.at == nil || len(w.at) >= writesHeld {
		w.at = map[writer]int64{}
	}
	w.at[writer{p.Org, p.Actor()}] = position
}

func (w *writes) last(p access.Principal) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at[writer{p.Org, p.Actor()}]
}

// await keeps a read until the projection has reached what the caller asks for. Who asks
// for nothing is shown what they have just written here, if that takes moments only.
func (s *Server) await(ctx context.Context, f Freshness, p projections.Projection) error {
	position, patience := f.MinPosition, freshnessPatience
	if position == 0 {
		position, patience = s.writes.last(principalOf(ctx)), ownPatience
	}
	if position == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := s.feed.Wait(ctx, p, position); f.MinPosition > 0 {
		return err
	}
	return nil
}

// awaitOwn keeps who has just made an organization, or joined one, until it is known, if
// that takes moments only.
func (s *Server) awaitOwn(ctx context.Context, user string) {
	if position := s.writes.last(access.Principal{ID: user}); position > 0 {
		s.settle(ctx, projections.Organizations(), position)
	}
}

// settle waits for a projection, if that takes moments only.
func (s *Server) settle(ctx context.Context, p projections.Projection, position int64) {
	ctx, cancel := context.WithTimeout(ctx, ownPatience)
	defer cancel()
	_ = s.feed.Wait(ctx, p, position) // else the answer is what was
}

// List answers every list.
type List[T any] struct {
	Items      []T               `json:"items" nullable:"false"`
	NextCursor string            `json:"next_cursor,omitempty" doc:"Send it as cursor for the next page; absent on the last one"`
	Total      projections.Total `json:"total" doc:"How many there are in all; not exact beyond 10,000"`

	Facets map[string]projections.Facet `json:"facets,omitempty" doc:"Of the fields that were asked for: how often each value stands among all that was found"`

	rendered []byte // all of this as JSON, where it is there already; see firstPage
	rows     int    // in the text

	at func(T) string // the cursor of an item
}

type listOutput[T any] struct{ Body List[T] }

// shown is how many rows the answer shows.
func (l *listOutput[T]) shown() int { return max(len(l.Body.Items), l.Body.rows) }

// listed answers with a page; place is where an item stands in the list.
func listed[T any](page projections.Page[T], list uint64, place func(T) int64) *listOutput[T] {
	out := &listOutput[T]{Body: List[T]{Items: page.Items, Total: page.Total}}
	return out.from(page, func(item T) string { return cursor(list, place(item)) })
}

// from fills in what a page leaves open: at tells the cursor of an item.
func (l *listOutput[T]) from(page projections.Page[T], at func(T) string) *listOutput[T] {
	l.Body.at = at
	if page.Items == nil {
		l.Body.Items = []T{}
	}
	if page.More {
		l.Body.NextCursor = at(page.Items[len(page.Items)-1])
	}
	return l
}

// found answers with a page of a search; place is where an item stands in its order.
func found[T any](page projections.Page[T], list uint64, place func(T) string) *listOutput[T] {
	out := &listOutput[T]{Body: List[T]{Items: page.Items, Total: page.Total}}
	return out.from(page, func(item T) string { return placeCursor(list, place(item)) })
}
