package main

import (
	"context"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/eventstore"
)

// store shows what commands ask of the log.
func (t *tracing) store(next commands.Store) commands.Store {
	if t == nil {
		return next
	}
	return tracedStore{next, t.Tracer}
}

type tracedStore struct {
	next   commands.Store
	tracer trace.Tracer
}

// Load implements commands.Store.
func (s tracedStore) Load(ctx context.Context, org string, stream domain.StreamID, command string, request []byte) (domain.History, error) {
	ctx, span := s.tracer.Start(ctx, "load "+stream.Category)
	h, err := s.next.Load(ctx, org, stream, command, request)
	span.SetAttributes(attribute.Int("canvass.facts", len(h.Facts)))
	end(span, err)
	return h, err
}

// LoadMany implements commands.Store.
func (s tracedStore) LoadMany(ctx context.Context, org string, streams []domain.StreamID, commands map[string][]byte) (map[string]domain.History, map[string]domain.Receipt, error) {
	ctx, span := s.tracer.Start(ctx, "load many", trace.WithAttributes(attribute.Int("canvass.streams", len(streams))))
	histories, done, err := s.next.LoadMany(ctx, org, streams, commands)
	end(span, err)
	return histories, done, err
}

// Append implements commands.Store. A command that begins a chain of causes gives it the
// id of its trace.
func (s tracedStore) Append(ctx context.Context, c domain.Commit) (domain.Receipt, error) {
	if here := trace.SpanContextFromContext(ctx); here.IsValid() && c.Meta.Correlation == c.Command {
		c.Meta.Correlation = uuid.UUID(here.TraceID()).String()
	}
	facts := 0
	for _, stream := range c.Streams {
		facts += len(stream.Facts)
	}
	ctx, span := s.tracer.Start(ctx, "append", trace.WithAttributes(attribute.String("canvass.organization", c.Org), attribute.Int("canvass.facts", facts)))
	r, err := s.next.Append(ctx, c)
	span.SetAttributes(attribute.Int64("canvass.position", r.Position))
	end(span, err)
	return r, err
}

func end(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, eventstore.Class(err))
	}
	span.End()
}

// tracesPerBatch bounds what one batch or one enqueueing of jobs is shown in.
const tracesPerBatch = 64

// batches shows the batches of a follower in the traces of their facts.
func (t *tracing) batches(sub eventstore.Subscription, handle func(context.Context, *eventstore.Batch) error) func(context.Context, *eventstore.Batch) error {
	if t == nil {
		return handle
	}
	return func(ctx context.Context, b *eventstore.Batch) error {
		facts, last := map[string]int{}, map[string]int64{}
		for i := range b.Events {
			e := &b.Events[i]
			if _, known := facts[e.Meta.Correlation]; !sub.About(*e) || !known && len(facts) == tracesPerBatch {
				continue
			}
			facts[e.Meta.Correlation]++
			last[e.Meta.Correlation] = e.Position
		}
		spans := make([]trace.Span, 0, len(facts))
		for chain, n := range facts {
			_, span := t.Start(caused(ctx, chain), "project "+sub.Name, trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(
				attribute.Int("canvass.facts", n), attribute.Int64("canvass.position", last[chain]), attribute.Int("canvass.batch", len(b.Events))))
			spans = append(spans, span)
		}
		err := handle(ctx, b)
		for _, span := range spans {
			end(span, err)
		}
		return err
	}
}
