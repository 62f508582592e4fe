package imports_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"
	"pgregory.net/rapid"
)

// writing is one way to write a file.
type writing struct {
	comma, end, encoding string
	bom, sep             bool
}

func (w writing) file(records [][]string) string {
	var out strings.Builder
	if w.sep {
		out.WriteString("sep=" + w.comma + w.end)
	}
	for _, values := range records {
		for i, v := range values {
			if i > 0 {
				out.WriteString(w.comma)
			}
			if strings.ContainsAny(v, "\"\r\n,;\t|") || len(values) == 1 && strings.TrimSpace(v) == "" {
				v = `"` + strings.ReplaceAll(v, `"`, `""`) + `"`
			}
			out.WriteString(v)
		}
		out.WriteString(w.end)
	}
	return w.encoded(out.String())
}

func (w writing) encoded(text string) string {
	if w.bom && w.encoding != "windows-1252" {
		text = "\ufeff" + text
	}
	var raw []byte
	switch w.encoding {
	case "utf-16le":
		for _, u := range utf16.Encode([]rune(text)) {
			raw = append(raw, byte(u), byte(u>>8))
		}
	case "utf-16be":
		for _, u := range utf16.Encode([]rune(text)) {
			raw = append(raw, byte(u>>8), byte(u))
		}
	case "windows-1252":
		text, err := charmap.Windows1252.NewEncoder().String(text)
		if err != nil {
			panic(err)
		}
		return text
	default:
		return text
	}
	return string(raw)
}

// Whatever is written is read again, by whoever wrote it.
func TestWrittenIsRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := writing{
			comma:    rapid.SampledFrom([]string{",", ";", "\t", "|"}).Draw(t, "comma"),
			end:      rapid.SampledFrom([]string{"\n", "\r\n", "\r"}).Draw(t, "end"),
			encoding: rapid.SampledFrom([]string{"utf-8", "utf-16le", "utf-16be", "windows-1252"}).Draw(t, "encoding"),
			bom:      rapid.Bool().Draw(t, "bom"),
			sep:      rapid.Bool().Draw(t, "sep"),
		}
		runes := []rune("ab 1,;|\t\"\r\näöüß'{}[]=#")
		if w.bom && w.encoding != "windows-1252" { // without it the text itself must show the encoding
			runes = append(runes, '€', '例', '😀', '\u0308', '\ufffd', '\u2028')
		}
		columns := rapid.IntRange(1, 6).Draw(t, "columns")
		row := rapid.SliceOfN(rapid.StringOfN(rapid.SampledFrom(runes), 0, 12, -1), columns, columns)
		want := rapid.SliceOfN(row, 0, 12).Draw(t, "rows")
		header := make([]string, columns)
		for i := range header {
			header[i] = fmt.Sprintf("heading %d", i)
		}
		got, rows, err := read(w.file(append([][]string{header}, want...)))
		if err != nil || !slices.Equal(got, header) || len(rows) != len(want) {
			t.Fatalf("header %q, %d rows, %v", got, len(rows), err)
		}
		for i, r := range rows {
			if r.Fault != nil || !slices.Equal(r.Values, want[i]) {
				t.Fatalf("row %d: %q, %v; want %q", i, r.Values, r.Fault, want[i])
			}
		}
	})
}
