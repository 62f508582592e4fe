package main

import (
	"context"
	"math"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riverqueue/river/rivertype"

	"github.com/canvass-hq/canvass/reactors"
)

// TestFrugal: while rows or mails are worked on, memory is bounded by what is needed, and no
// longer than that.
func TestFrugal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		limit, live := int64(math.MaxInt64), int64(60<<20)
		f := newFrugal()
		f.limit = func(b int64) { mu.Lock(); defer mu.Unlock(); limit = b }
		f.live = func() int64 { mu.Lock(); defer mu.Unlock(); return live }
		is := func(when string, want int64) {
			t.Helper()
			mu.Lock()
			defer mu.Unlock()
			if limit != want {
				t.Errorf("%s: the limit is %d bytes, want %d", when, limit, want)
			}
		}
		run := func(kind string, work func()) {
			t.Helper()
			err := f.Work(t.Context(), &rivertype.JobRow{Kind: kind}, func(context.Context) error { work(); return nil })
			if err != nil {
				t.Fatal(err)
			}
		}
		run("mail", func() { is("a light job", math.MaxInt64) })
		run((reactors.SendPart{}).Kind(), func() {
			is("a heavy job", memoryAtWork)
			run((reactors.ImportStage{}).Kind(), func() { is("two of them", memoryAtWork) })
			mu.Lock()
			live = 200 << 20
			mu.Unlock()
			time.Sleep(2 * lookAtMemory)
			is("much lives", 320<<20)
		})
		is("the job has just ended", 320<<20)
		time.Sleep(2 * lookAtMemory)
		is("nothing at work", math.MaxInt64)
		live = 60 << 20
		run((reactors.BulkStage{}).Kind(), func() { is("again", memoryAtWork) })
		time.Sleep(2 * lookAtMemory)
	})
}

// TestLiveHeap: the runtime still tells what the limit is fitted to.
func TestLiveHeap(t *testing.T) {
	t.Parallel()
	runtime.GC()
	if got := liveHeap(); got <= 0 {
		t.Errorf("%d bytes live in the heap of a running test", got)
	}
}
