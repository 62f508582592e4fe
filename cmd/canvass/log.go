package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"sync"

	"github.com/canvass-hq/canvass/clients/redis"
)

// newLogger writes what operators read; no personal data ever goes in. As JSON, each
// line is one object, for machines.
func newLogger(w io.Writer, level slog.Level, format string) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if format == formatJSON {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

const (
	formatText = "text"
	formatJSON = "json"
)

// newSession prepares what every subcommand gets. Its end must be called: faults that
// are still to be reported are sent then.
func newSession(ctx context.Context, cfg Config, streams Streams) (*session, error) {
	s := &session{Context: ctx, cfg: cfg, streams: streams}
	s.log = newLogger(streams.Err, cfg.LogLevel, cfg.LogFormat)
	if cfg.LogFormat == formatJSON { // what is said to people stands among the lines for machines
		s.streams.Err = &lineLog{log: s.log}
	}
	libraries.Do(func() { redis.LogLibrary(s.log) })
	s.end = func() {}
	if cfg.SentryDSN != "" {
		r, err := newReporter(cfg.SentryDSN, s.log.Handler())
		if err != nil {
			return nil, err
		}
		s.log, s.end = slog.New(r), r.flush
	}
	return s, nil
}

// libraries have one log for the whole process.
var libraries sync.Once //nolint:gochecknoglobals // guards a global of a library

// lineLog makes a record of each line that is written.
type lineLog struct {
	log *slog.Logger

	mu   sync.Mutex
	rest []byte
}

func (l *lineLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, p...)
	for {
		line, rest, ok := bytes.Cut(l.rest, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		l.rest = rest
		if text := string(bytes.TrimSpace(line)); text != "" {
			l.log.Info(text)
		}
	}
}
