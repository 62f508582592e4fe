package main

import (
	"context"
	"errors"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/canvass-hq/canvass/domain"
)

// jobMeter measures the jobs that this process works on.
type jobMeter struct {
	seconds *prometheus.HistogramVec
	now     domain.Clock
}

// IsMiddleware implements rivertype.Middleware.
func (jobMeter) IsMiddleware() bool { return true }

// Work implements rivertype.WorkerMiddleware.
func (m jobMeter) Work(ctx context.Context, job *rivertype.JobRow, work func(context.Context) error) error {
	begun, outcome := m.now(), "error" // a panic too
	defer func() { m.seconds.WithLabelValues(job.Kind, outcome).Observe(m.now().Sub(begun).Seconds()) }()
	err := work(ctx)
	if _, snoozed := errors.AsType[*river.JobSnoozeError](err); err == nil || snoozed { // it makes room for others
		outcome = "ok"
	}
	return err
}
