package main

import (
	"context"
	"math"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"

	"github.com/riverqueue/river/rivertype"

	"github.com/canvass-hq/canvass/reactors"
)

// collectAt lets the heap, which is small, grow to three times what lives in it: less
// collecting. GOGC says otherwise.
const collectAt = 200

// While rows of an import or a bulk action are worked on, which make garbage by the megabyte,
// or mail is sent, it grows no further than to memoryAtWork, unless more than that is needed.
// GOMEMLIMIT says otherwise.
const (
	memoryAtWork = 140 << 20 // bytes, without the program itself
	besideHeap   = 20 << 20  // bytes of them that are no heap: stacks, what the runtime keeps
)

// lookAtMemory is how often the limit is fitted to what lives in the heap.
const lookAtMemory = time.Second

// heavy tells which kinds of jobs these are.
func heavy(kind string) bool {
	switch kind {
	case (reactors.ImportStage{}).Kind(), (reactors.BulkStage{}).Kind(), (reactors.SettleAudience{}).Kind(), (reactors.SendPart{}).Kind():
		return true
	}
	return false
}

// frugal keeps the heap small while such a job is at work.
type frugal struct {
	limit func(bytes int64)
	live  func() int64 // what lived in the heap when it was last collected, in bytes

	mu      sync.Mutex
	jobs    int
	watched bool
}

func newFrugal() *frugal { return &frugal{limit: limitMemory, live: liveHeap} }

// IsMiddleware implements rivertype.Middleware.
func (*frugal) IsMiddleware() bool { return true }

// Work implements rivertype.WorkerMiddleware.
func (f *frugal) Work(ctx context.Context, job *rivertype.JobRow, work func(context.Context) error) error {
	if heavy(job.Kind) {
		f.enter()
		defer f.leave()
	}
	return work(ctx)
}

func (f *frugal) enter() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.jobs++; f.watched {
		return
	}
	f.watched = true
	f.limit(frugalLimit(f.live()))
	go f.watch()
}

func (f *frugal) leave() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.jobs--
}

// watch goes on until it finds nothing at work: to change the limit stops everybody for a moment,
// and jobs follow one another closely.
func (f *frugal) watch() {
	for f.look() {
		time.Sleep(lookAtMemory)
	}
}

func (f *frugal) look() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.jobs > 0 {
		f.limit(frugalLimit(f.live()))
		return true
	}
	f.watched = false
	f.limit(math.MaxInt64)
	return false
}

// frugalLimit is how much memory a process at work may take: the heap may always grow by half,
// or one that needs much would do nothing but collect.
func frugalLimit(live int64) int64 { return max(memoryAtWork, live+live/2+besideHeap) }

func collect(percent int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

func limitMemory(bytes int64) {
	if os.Getenv("GOMEMLIMIT") == "" && debug.SetMemoryLimit(-1) != bytes {
		debug.SetMemoryLimit(bytes)
	}
}

func liveHeap() int64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64()) //nolint:gosec // of a machine's memory
}
