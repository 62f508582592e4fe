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

// collectAtWork is for as long as rows of an import or a bulk action are worked on, which
// make garbage by the megabyte.
const collectAtWork = 50

// frugal keeps the heap small while such a job is at work.
type frugal struct {
	mu     sync.Mutex
	atWork int
}

// IsMiddleware implements rivertype.Middleware.
func (*frugal) IsMiddleware() bool { return true }

// Work implements rivertype.WorkerMiddleware.
func (f *frugal) Work(ctx context.Context, job *rivertype.JobRow, work func(context.Context) error) error {
	if kind := job.Kind; kind == (reactors.ImportStage{}).Kind() || kind == (reactors.BulkStage{}).Kind() {
		f.change(+1)
		defer f.change(-1)
	}
	return work(ctx)
}

func (f *frugal) change(by int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.atWork += by; f.atWork > 0 {
		collect(collectAtWork)
	} else {
		collect(collectAt)
	}
}

func collect(at int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(at)
	}
}
