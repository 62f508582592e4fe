package main

import (
	"context"
	"os"
	"runtime/debug"
	"sync"

	"github.com/riverqueue/river/rivertype"

	"github.com/canvass-hq/canvass/reactors"
)

// collectAt lets the heap, which is small, grow to three times what lives in it: less
// collecting. GOGC says otherwise.
const collectAt = 200

// While rows of an import or a bulk action are worked on, which make garbage by the megabyte,
// or mail is sent, it grows less.
const (
	collectAtWork    = 50
	collectAtSending = 65
)

// collectDuring is how far the heap grows while a job of a kind is at work.
func collectDuring(kind string) int {
	switch kind {
	case (reactors.ImportStage{}).Kind(), (reactors.BulkStage{}).Kind():
		return collectAtWork
	case (reactors.SettleAudience{}).Kind(), (reactors.SendPart{}).Kind():
		return collectAtSending
	}
	return collectAt
}

// frugal keeps the heap small while such a job is at work.
type frugal struct {
	mu     sync.Mutex
	atWork map[int]int // jobs, by how far the heap grows
}

// IsMiddleware implements rivertype.Middleware.
func (*frugal) IsMiddleware() bool { return true }

// Work implements rivertype.WorkerMiddleware.
func (f *frugal) Work(ctx context.Context, job *rivertype.JobRow, work func(context.Context) error) error {
	if at := collectDuring(job.Kind); at != collectAt {
		f.change(at, +1)
		defer f.change(at, -1)
	}
	return work(ctx)
}

func (f *frugal) change(at, by int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.atWork[at] += by
	lowest := collectAt
	for at, jobs := range f.atWork {
		if jobs > 0 {
			lowest = min(lowest, at)
		}
	}
	collect(lowest)
}

func collect(at int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(at)
	}
}
