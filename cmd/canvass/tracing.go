package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// tracing ties what comes of a request together: the trace's id is the correlation of
// its facts, so that projections and jobs find the trace in what the log holds anyway.
// nil where nobody collects traces.
type tracing struct {
	trace.Tracer

	provider *sdk.TracerProvider
}

const tracesPath = "/v1/traces"

// newTracing sends traces to where the configuration says.
func newTracing(ctx context.Context, cfg Config, log *slog.Logger) (*tracing, error) {
	if cfg.TracesURL == "" {
		return nil, nil //nolint:nilnil // no tracing is what was asked for
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(strings.TrimSuffix(cfg.TracesURL, "/")+tracesPath), otlptracehttp.WithHeaders(cfg.TracesHeaders))
	if err != nil {
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_ENDPOINT: cannot be used (%T)", err)
	}
	// What the library has to say may quote the endpoint, which may hold a secret.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("traces could not be sent", "class", fmt.Sprintf("%T", err)) }))
	provider := sdk.NewTracerProvider(
		sdk.WithBatcher(exporter), sdk.WithIDGenerator(traceIDs{}), sdk.WithSampler(share(cfg.TracesShare)),
		sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", "canvass"), attribute.String("service.version", version()))),
	)
	return &tracing{Tracer: provider.Tracer("github.com/canvass-hq/canvass"), provider: provider}, nil
}

// close sends what is still to be sent.
func (t *tracing) close() {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	_ = t.provider.Shutdown(ctx)
}

// tracer is nil, and not a nil in an interface, where nothing is traced.
func (t *tracing) tracer() trace.Tracer {
	if t == nil {
		return nil
	}
	return t.Tracer
}

// traceIDs makes the id of a trace a UUID, which correlations are, and lets it tell the
// id of the trace's first span: its second half.
type traceIDs struct{}

// NewIDs implements sdk.IDGenerator.
func (traceIDs) NewIDs(context.Context) (trace.TraceID, trace.SpanID) {
	id := uuid.New()
	return trace.TraceID(id), firstSpan(id)
}

// NewSpanID implements sdk.IDGenerator.
func (traceIDs) NewSpanID(context.Context, trace.TraceID) (id trace.SpanID) {
	for !id.IsValid() {
		_, _ = rand.Read(id[:]) // never fails
	}
	return id
}

func firstSpan(trace uuid.UUID) (id [8]byte) {
	copy(id[:], trace[8:])
	return id
}

// caused is the trace that facts of a correlation belong to, in whichever process they
// were made.
func caused(ctx context.Context, correlation string) context.Context {
	id, err := uuid.Parse(correlation)
	if err != nil {
		return ctx
	}
	return trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID(id), SpanID: firstSpan(id), TraceFlags: trace.FlagsSampled, Remote: true,
	}))
}

// share samples a part of the traces, by their ids: every process decides alike.
type share float64

// ShouldSample implements sdk.Sampler.
func (s share) ShouldSample(p sdk.SamplingParameters) sdk.SamplingResult {
	const whole = 1 << 62 // the first two bits of the second half are the same in every UUID
	part := binary.BigEndian.Uint64(p.TraceID[8:]) & (whole - 1)
	decision := sdk.Drop
	if float64(part) < float64(s)*whole {
		decision = sdk.RecordAndSample
	}
	return sdk.SamplingResult{Decision: decision, Tracestate: trace.SpanContextFromContext(p.ParentContext).TraceState()}
}

// Description implements sdk.Sampler.
func (s share) Description() string { return fmt.Sprintf("share of %g, by trace", float64(s)) }
