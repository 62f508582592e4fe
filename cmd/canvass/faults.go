package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/mail"
	"github.com/canvass-hq/canvass/eventstore"
)

// jobFaults logs what goes wrong in jobs, by class. A fault of the moment is a warning:
// the job is tried again.
type jobFaults struct{ log *slog.Logger }

// HandleError implements river.ErrorHandler.
func (f jobFaults) HandleError(ctx context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	level, class := slog.LevelError, eventstore.Class(err)
	if failed, ok := errors.AsType[*mail.Error](err); ok {
		class = failed.Error()
		if failed.Temporary {
			level = slog.LevelWarn
		}
	}
	if refusal, ok := errors.AsType[*domain.Error](err); ok && refusal.Kind == domain.Unavailable || errors.Is(err, context.Canceled) {
		level = slog.LevelWarn
	}
	f.log.Log(ctx, level, "a job failed", "kind", job.Kind, "job", job.ID, "attempt", job.Attempt, "class", class)
	return nil
}

// HandlePanic implements river.ErrorHandler.
func (f jobFaults) HandlePanic(ctx context.Context, job *rivertype.JobRow, value any, trace string) *river.ErrorHandlerResult {
	f.log.ErrorContext(ctx, "a job panicked", "kind", job.Kind, "job", job.ID, "attempt", job.Attempt, "class", fmt.Sprintf("%T", value), "stack", trace)
	return nil
}
