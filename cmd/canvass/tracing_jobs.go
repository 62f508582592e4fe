package main

import (
	"context"
	"encoding/json"

	"github.com/riverqueue/river/rivertype"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// jobTraces shows jobs, as they are made and as they are worked on, in the traces of the
// facts that led to them.
type jobTraces struct{ tracer trace.Tracer }

// IsMiddleware implements rivertype.Middleware.
func (jobTraces) IsMiddleware() bool { return true }

// correlationOf is what a job goes back to; "" for one that nobody asked for.
func correlationOf(args []byte) string {
	var cause struct {
		Correlation string `json:"correlation"`
	}
	_ = json.Unmarshal(args, &cause)
	return cause.Correlation
}

// InsertMany implements rivertype.JobInsertMiddleware.
func (t jobTraces) InsertMany(ctx context.Context, jobs []*rivertype.JobInsertParams, insert func(context.Context) ([]*rivertype.JobInsertResult, error)) ([]*rivertype.JobInsertResult, error) {
	var spans []trace.Span
	for _, job := range jobs[:min(len(jobs), tracesPerBatch)] {
		if c := correlationOf(job.EncodedArgs); c != "" {
			_, span := t.tracer.Start(caused(ctx, c), "enqueue "+job.Kind, trace.WithSpanKind(trace.SpanKindProducer))
			spans = append(spans, span)
		}
	}
	out, err := insert(ctx)
	for _, span := range spans {
		end(span, err)
	}
	return out, err
}

// Work implements rivertype.WorkerMiddleware.
func (t jobTraces) Work(ctx context.Context, job *rivertype.JobRow, work func(context.Context) error) error {
	ctx, span := t.tracer.Start(caused(ctx, correlationOf(job.EncodedArgs)), "job "+job.Kind, trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithAttributes(attribute.Int64("canvass.job", job.ID), attribute.Int("canvass.attempt", job.Attempt)))
	defer span.End() // a panic too
	err := work(ctx)
	end(span, err)
	return err
}
