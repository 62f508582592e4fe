package imports_test

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/imports"
)

// endless begins as a file does, and then says the same for ever.
type endless struct {
	head, body string
	at, read   int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.head)
	e.head = e.head[n:]
	for n < len(p) {
		took := copy(p[n:], e.body[e.at:])
		n, e.at = n+took, (e.at+took)%len(e.body)
	}
	e.read += n
	return n, nil
}

// However long a record goes on, no more than 33 MiB of the file are read, and no more
// than 40 MiB are allocated all in all.
func TestMemoryIsBounded(t *testing.T) { //nolint:paralleltest // it measures what is allocated, so nothing may run beside it
	const many = 1_000 // a byte at a time is slow
	for _, c := range []struct{ name, head, body, code string }{
		{"a quote that never closes", "a,b\n1,\"", "x", "import.unclosed_quote"},
		{"a quote that never closes over lines", "a,b\n1,\"", "x,y\n", "import.unclosed_quote"},
		{"only quotes", "a,b\n", `"`, "import.record_too_long"},
		{"no line end", "a,b\n1,", "x", "import.record_too_long"},
		{"no line end in a line given up", "a,b\n1,x\"", "x", "import.record_too_long"},
		{"no line end from the first byte", "", "x", "import.record_too_long"},
		{"only delimiters", "", ",", "import.record_too_long"},
		{"only delimiters in a row", "a,b\n", "x,", "import.record_too_long"},
		{"values that are just not too long", "a,b\n", strings.Repeat("x", 64) + ",", "import.record_too_long"},
		{"zeros", "", "\x00", "import.record_too_long"},
		{"stray bytes", "", "\xff", "import.record_too_long"},
		{"UTF-16", "\xff\xfea\x00", "x\x00", "import.record_too_long"},
		{"half pairs", "\xff\xfea\x00", "\x00\xd8", "import.record_too_long"},
		{"a line of JSON", "{\"a\":1}\n{\"a\":\"", "x", "import.record_too_long"},
		{"a line of JSON from the first byte", "{\"a\":\"", "x", "import.record_too_long"},
	} {
		var before, after runtime.MemStats
		file := &endless{head: c.head, body: strings.Repeat(c.body, many)}
		runtime.ReadMemStats(&before)
		r, err := imports.Open(file)
		for err == nil {
			_, err = r.Next()
		}
		runtime.ReadMemStats(&after)
		factor := 1
		if strings.HasPrefix(c.head, "\xff\xfe") {
			factor = 2 // the bound is on the text
		}
		if allocated := after.TotalAlloc - before.TotalAlloc; code(err) != c.code || file.read > factor*33<<20 || allocated > 40<<20 {
			t.Errorf("%s: %d MiB read, %d MiB allocated, %v", c.name, file.read>>20, allocated>>20, err)
		}
	}
}

// What does not end in one record is read for as long as it goes on, and not kept.
func TestMemoryOfManyRows(t *testing.T) { //nolint:paralleltest // it measures what is held, so nothing may run beside it
	for _, c := range []struct {
		name, head, body string
		size, most       uint64 // in MiB
	}{
		{"blank lines", "a,b\n", strings.Repeat("\n", 1_000), 24, 10},
		{"rows at fault", "a,b\n", "x\"" + strings.Repeat("y", 1_000) + "\n", 48, 10},
		{"long values", "a,b\n", strings.Repeat("x", 1<<20) + "\n", 48, 10},
		{"wide rows", strings.Repeat("c,", 499) + "c\n", strings.Repeat("x,", 499) + "x\n", 48, 10},
		{"JSON", "{\"a\":1}\n", "{\"a\":[1,2,{\"b\":3}],\"c\":{\"d\":\"" + strings.Repeat("x", 1_000) + "\"}}\n", 24, 10},
		{"long lines of JSON", "{\"a\":1}\n", "{\"a\":\"" + strings.Repeat("x", 3<<20) + "\"}\n", 60, 40},
	} {
		r, err := imports.Open(io.LimitReader(&endless{head: c.head, body: c.body}, int64(c.size)<<20))
		if err != nil {
			t.Fatal(err)
		}
		var most uint64
		for rows := 0; err == nil; rows++ {
			if _, err = r.Next(); rows%5_000 == 0 || rows < 20 {
				var now runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&now)
				most = max(most, now.HeapAlloc>>20)
			}
		}
		if !errors.Is(err, io.EOF) || most > c.most {
			t.Errorf("%s: %d MiB held, %v", c.name, most, err)
		}
	}
}

// Whatever a file holds, it is read to an end: rows in the order of their lines, their
// values fit to be stored, and a refusal that has a code.
func FuzzReader(f *testing.F) {
	for _, s := range []string{
		"a,b\n1,2\n", "sep=;\na;b\n1;2", "a\r\"x\r\n\ny\"\r", "\xff\xfea\x00,\x00b\x00\n\x00", "\xfe\xff\x00a", "\xef\xbb\xbfa\n", "a;b\n\"1;2\n3\"x\n4;5", "\xe4\n\xf6",
		"{\"a\":1}\n{\"a\":{\"b\":[1,\"x\",{}]}}\n", "{\"a\":\"\\ud800\"}\n{", "[{", "a,a,,\n\x00,1\n", "{}\n{\"\":1}", "a|b\t", "\"", "{\"a\":[[],{}]}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		header, rows, err := read(string(raw))
		if _, refusal := errors.AsType[*domain.Error](err); err != nil && !refusal {
			t.Fatalf("%v is no refusal", err)
		}
		own := map[string]bool{}
		for _, h := range header {
			own[h] = true
		}
		if len(own) != len(header) || err == nil && len(header) == 0 || len(header) > imports.MaxColumns || len(rows) > len(raw) {
			t.Fatalf("header %q, %d rows", header, len(rows))
		}
		last := 0
		for _, r := range rows {
			for _, v := range r.Values {
				if !utf8.ValidString(v) || strings.ContainsRune(v, 0) || len(v) > 3*imports.MaxValue {
					t.Fatalf("%q cannot be stored", v)
				}
			}
			if r.Line <= last || r.Fault == nil && len(r.Values) != len(header) || r.Fault != nil && (r.Fault.Code == "" || !utf8.ValidString(r.Fault.Message)) {
				t.Fatalf("line %d: %q, %+v after line %d", r.Line, r.Values, r.Fault, last)
			}
			last = r.Line
		}
	})
}
