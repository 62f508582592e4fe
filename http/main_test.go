package http_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

// TestMain runs the tests, and then judges what only the whole run can show: what was
// logged, and whether the operations answered as they are described.
func TestMain(m *testing.M) {
	code := eventstoretest.Main(m)
	closeShared()
	for _, fault := range append(logged.leaks(), promised.faults()...) {
		fmt.Fprintln(os.Stderr, "FAIL:", fault)
		code = 1
	}
	os.Exit(code)
}

// logged is everything that all servers of the run wrote.
var logged logCapture //nolint:gochecknoglobals // one log for the whole run

type logCapture struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logCapture) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logCapture) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logCapture) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// The marks of personal data: the tests of this package use addresses, names and
// numbers with these in them and no others, so that a leak is found by looking for them.
const (
	mailMark  = "people.example"
	nameMark  = "Persona"
	phoneMark = "2079460"
	tokenMark = "eyJ"
)

// leaks lists the lines of the log that hold personal data, a token, or a query.
func (l *logCapture) leaks() (out []string) {
	for line := range strings.Lines(l.String()) {
		for _, mark := range []string{mailMark, nameMark, phoneMark, tokenMark} {
			if strings.Contains(line, mark) {
				out = append(out, "the log holds "+mark+": "+line)
			}
		}
		if strings.Contains(line, "?") && !strings.Contains(line, "stack=") {
			out = append(out, "the log holds a query string: "+line)
		}
	}
	return out
}
