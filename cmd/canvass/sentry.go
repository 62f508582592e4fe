package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/getsentry/sentry-go"
)

// reporter tells Sentry of every error that is logged, panics among them. It says which
// one by class and code, and where in the code: no text of an error, no request but its
// id, nothing of who asked.
type reporter struct {
	slog.Handler

	client  *sentry.Client
	attrs   []slog.Attr
	grouped bool // what comes now is in a group
}

const flushPatience = 3 * time.Second

// newReporter reports what is logged by way of next.
func newReporter(dsn string, next slog.Handler) (*reporter, error) {
	client, err := sentry.NewClient(sentry.ClientOptions{
		Dsn: dsn, Release: "canvass@" + version(), Environment: "production", ServerName: "canvass", BeforeSend: bare,
		Integrations: func([]sentry.Integration) []sentry.Integration { return nil }, // they add sources, modules and the environment
	})
	if err != nil {
		return nil, errors.New("SENTRY_DSN: cannot be used") // the error quotes it, and it is a secret
	}
	return &reporter{Handler: next, client: client}, nil
}

func (r *reporter) flush() { r.client.Flush(flushPatience) }

// Enabled implements slog.Handler: errors are reported whatever the level of the log.
func (r *reporter) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelError || r.Handler.Enabled(ctx, l)
}

// Handle implements slog.Handler.
func (r *reporter) Handle(ctx context.Context, record slog.Record) error {
	if record.Level >= slog.LevelError {
		r.client.CaptureEvent(r.event(record), nil, nil)
	}
	if !r.Handler.Enabled(ctx, record.Level) {
		return nil
	}
	return r.Handler.Handle(ctx, record)
}

// WithAttrs implements slog.Handler.
func (r *reporter) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *r
	next.Handler = r.Handler.WithAttrs(attrs)
	if !r.grouped {
		next.attrs = append(slices.Clip(r.attrs), attrs...)
	}
	return &next
}

// WithGroup implements slog.Handler. What is in a group is not reported.
func (r *reporter) WithGroup(name string) slog.Handler {
	next := *r
	next.Handler, next.grouped = r.Handler.WithGroup(name), r.grouped || name != ""
	return &next
}

// told are the values of the log that a report may hold: ids, names and numbers of ours.
var told = map[string]bool{ //nolint:gochecknoglobals // a constant
	"class": true, "request_id": true, "route": true, "method": true, "status": true, "trace": true,
	"projection": true, "version": true, "position": true, "type": true, "log": true, "commands": true, "kind": true, "job": true, "attempt": true,
}

func (r *reporter) event(record slog.Record) *sentry.Event {
	e := sentry.NewEvent()
	e.Level, e.Timestamp = sentry.LevelError, record.Time
	e.Tags = map[string]string{}
	note := func(a slog.Attr) bool {
		if told[a.Key] {
			e.Tags[a.Key] = a.Value.String()
		}
		return true
	}
	for _, a := range r.attrs {
		note(a)
	}
	if !r.grouped {
		record.Attrs(note)
	}
	class := e.Tags["class"]
	if class == "" {
		class = record.Message
	}
	e.Exception = []sentry.Exception{{Type: class, Value: record.Message, Stacktrace: place()}}
	return e
}

// place is where in the code the caller of the log stands, or what panicked.
func place() *sentry.Stacktrace {
	trace := sentry.NewStacktrace()
	if trace == nil {
		return nil
	}
	var frames []sentry.Frame
	for _, f := range trace.Frames {
		if strings.HasPrefix(f.Module, "log/slog") || strings.Contains(f.Function, "reporter") {
			break // from here on it is the log
		}
		frames = append(frames, f)
	}
	return &sentry.Stacktrace{Frames: frames}
}

// bare is what leaves the house: whatever else has got into an event stays here.
func bare(e *sentry.Event, _ *sentry.EventHint) *sentry.Event {
	out := sentry.NewEvent()
	out.EventID, out.Timestamp, out.Level, out.Platform = e.EventID, e.Timestamp, e.Level, "go"
	out.Release, out.Environment, out.Sdk = e.Release, e.Environment, e.Sdk
	for key, value := range e.Tags {
		if told[key] {
			out.Tags[key] = value
		}
	}
	for _, x := range e.Exception {
		clean := sentry.Exception{Type: x.Type, Value: x.Value}
		if x.Stacktrace != nil {
			clean.Stacktrace = &sentry.Stacktrace{}
			for _, f := range x.Stacktrace.Frames {
				clean.Stacktrace.Frames = append(clean.Stacktrace.Frames, sentry.Frame{Function: f.Function, Module: f.Module, Lineno: f.Lineno, InApp: f.InApp})
			}
		}
		out.Exception = append(out.Exception, clean)
	}
	return out
}
