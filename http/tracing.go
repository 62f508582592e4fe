package http

import (
	"context"
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// trace begins a trace with every request. One that the caller is in is linked, not
// continued: whoever asks must not be able to put several requests into one chain of
// causes, by which imports and bulk actions are undone.
func (s *Server) trace(next echo.HandlerFunc) echo.HandlerFunc {
	if s.tracer == nil {
		return next
	}
	return func(c echo.Context) error {
		r := c.Request()
		options := []trace.SpanStartOption{trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
			attribute.String("http.request.method", methodOf(c)), attribute.String("http.route", templateOf(c)), attribute.String("canvass.request_id", requestID(r.Context())))}
		asked := trace.SpanContextFromContext(propagation.TraceContext{}.Extract(context.Background(), propagation.HeaderCarrier(r.Header)))
		if asked.IsValid() {
			options = append(options, trace.WithLinks(trace.Link{SpanContext: asked}))
		}
		ctx, span := s.tracer.Start(r.Context(), methodOf(c)+" "+templateOf(c), options...)
		defer span.End()
		c.SetRequest(r.WithContext(ctx))
		err := next(c)
		status := c.Response().Status
		span.SetAttributes(attribute.Int("http.response.status_code", status))
		if status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, "")
		}
		return err
	}
}

// chain is the correlation of what a request does, where it is traced; else "".
func chain(ctx context.Context) string {
	if c := trace.SpanContextFromContext(ctx); c.IsValid() {
		return uuid.UUID(c.TraceID()).String()
	}
	return ""
}
