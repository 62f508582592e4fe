package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// bars show long work: a bar on a terminal, a plain line now and then elsewhere.
type bars struct {
	w        io.Writer
	terminal bool

	mu   sync.Mutex
	name string
	bar  *progressbar.ProgressBar
	said time.Time
	at   time.Time
	from int64
}

const sayEvery = 5 * time.Second

func newBars(w io.Writer) *bars {
	f, ok := w.(*os.File)
	return &bars{w: w, terminal: ok && term.IsTerminal(int(f.Fd()))}
}

// show implements projections.Progress.
func (b *bars) show(name string, position, head int64) {
	b.step("building "+name, "facts", position, head)
}

// step shows how far a piece of work is.
func (b *bars) step(name, unit string, position, head int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.name != name {
		b.finish()
		b.name, b.at, b.from, b.said = name, time.Now(), position, time.Now()
		if b.terminal {
			b.bar = progressbar.NewOptions64(head, progressbar.OptionSetWriter(b.w), progressbar.OptionSetDescription(name),
				progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString(unit), progressbar.OptionClearOnFinish())
		}
	}
	switch {
	case b.bar != nil:
		b.bar.ChangeMax64(head)
		_ = b.bar.Set64(position)
	case time.Since(b.said) >= sayEvery:
		b.said = time.Now()
		rate := float64(position-b.from) / time.Since(b.at).Seconds()
		left := time.Duration(float64(head-position) / max(rate, 1) * float64(time.Second)).Round(time.Second)
		_, _ = fmt.Fprintf(b.w, "%s: %d of %d %s, %.0f/s, %s left\n", name, position, head, unit, rate, left)
	}
}

func (b *bars) finish() {
	if b.bar != nil {
		_ = b.bar.Finish()
		b.bar = nil
	}
}

func (b *bars) done() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.finish()
}
