package imports_test

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/imports"
)

// read takes a whole file: its header, its rows, and what refuses it.
func read(file string) (header []string, rows []imports.Row, err error) {
	r, err := imports.Open(strings.NewReader(file))
	if err != nil {
		return nil, nil, err
	}
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return r.Header(), rows, nil
		}
		if err != nil {
			return r.Header(), rows, err
		}
		rows = append(rows, row)
	}
}

// shown writes rows so that a table of tests can be read: "2 Ann|Berlin" or
// "3! row.ragged".
func shown(rows []imports.Row) []string {
	var out []string
	for _, r := range rows {
		if r.Fault != nil {
			out = append(out, fmt.Sprintf("%d! %s", r.Line, r.Fault.Code))
			continue
		}
		out = append(out, fmt.Sprintf("%d %s", r.Line, strings.Join(r.Values, "|")))
	}
	return out
}

func code(err error) string {
	if refusal, ok := errors.AsType[*domain.Error](err); ok && refusal.Kind == domain.Invalid {
		return refusal.Code
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func TestDelimiter(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, file, delimiter, header, first string }{
		{"comma", "a,b\n1,2\n", ",", "a|b", "2 1|2"},
		{"semicolon with decimal commas", "a;b\n1,5;2,5\n3,5;4,5\n", ";", "a|b", "2 1,5|2,5"},
		{"tab", "a\tb\n1,1\t2;2\n", "\t", "a|b", "2 1,1|2;2"},
		{"pipe", "a|b\n1|2\n", "|", "a|b", "2 1|2"},
		{"quotes hide others", "\"a\";\"b\"\n\"x,y,z\";\"1,2\"\n", ";", "a|b", "2 x,y,z|1,2"},
		{"more fields win", "a,b;c,d;e,f\n1,2;3,4;5,6\n", ",", "a|b;c|d;e|f", "2 1|2;3|4;5|6"},
		{"header only", "a;b;c", ";", "a|b|c", ""},
		{"one column", "email\nann@example.org\n", ",", "email", "2 ann@example.org"},
		{"one column with commas", "name\nDoe, Ann\nRoe, Bob\nPoe, Cat\n", ";", "name", "2 Doe, Ann"},
		{"one column, a comma in its name", "Company, Inc.\nAcme\nBeta\nCeta\n", ";", "Company, Inc.", "2 Acme"},
		{"a list in one column", "name,tags\nAnn,a|b\nBob,a|c\nCat,d|e\n", ",", "name|tags", "2 Ann|a|b"},
		{"some rows ragged", "a,b,c\n1,2\n1,2,3\n1\n", ",", "a|b|c", "2! row.ragged"},
		{"few rows, all ragged", "a,b\n1\n", ",", "a|b", "2! row.ragged"},
		{"sep line", "sep=;\na,x;b\n1;2\n", ";", "a,x|b", "3 1|2"},
		{"sep line in quotes", "\"sep=|\"\r\na|b\r\n1|2\r\n", "|", "a|b", "3 1|2"},
		{"sep line with an odd one", "SEP=^\na^b\n1^2\n", "^", "a|b", "3 1|2"},
		{"sep line wins", "sep=,\na;b\n1;2\n", ",", "a;b", "3 1;2"},
		{"no sep line", "sep=\na,b\n", ";", "sep=", "2 a,b"},
	} {
		r, err := imports.Open(strings.NewReader(c.file))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var first string
		if row, err := r.Next(); err == nil {
			first = shown([]imports.Row{row})[0]
		}
		if r.Delimiter() != c.delimiter || strings.Join(r.Header(), "|") != c.header || first != c.first || r.Format() != imports.CSV {
			t.Errorf("%s: %q, header %q, first row %q", c.name, r.Delimiter(), r.Header(), first)
		}
	}
}

func TestHeader(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a,b":              "a|b",
		" a , b ":          "a|b",
		"a,a,a":            "a|a (2)|a (3)",
		"a,a,a (2)":        "a|a (3)|a (2)",
		"a,,b,":            "a|Column 2|b|Column 4",
		"Column 2,,x":      "Column 2|Column 2 (2)|x",
		"\"two\nlines\",b": "two\nlines|b",
		"\ufeff\ufeffa,b":  "a|b", // marked twice
		"a,A":              "a|A",
	} {
		header, _, err := read(in)
		if got := strings.Join(header, "|"); got != want || err != nil {
			t.Errorf("%q: %q, %v; want %q", in, got, err, want)
		}
	}
}

// Where encoding/csv is right, rows are what it reads.
func TestLikeEncodingCSV(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		body := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "ö", ",", ",", `"`, `"`, `""`, "\n", "\n"}), 0, 40).Draw(t, "body"), "")
		_, rows, err := read("sep=,\nh1,h2\n" + body)
		var got, want []string
		for _, r := range rows {
			if r.Fault != nil && r.Fault.Code != imports.RowRagged {
				got = append(got, r.Fault.Code)
				continue
			}
			got = append(got, strings.Join(r.Values, "|"))
		}
		theirs := csv.NewReader(strings.NewReader(body))
		theirs.FieldsPerRecord = -1
		for {
			values, theirErr := theirs.Read()
			if errors.Is(theirErr, io.EOF) {
				break
			}
			if theirErr != nil {
				want = append(want, imports.RowQuote)
				continue
			}
			want = append(want, strings.Join(values, "|"))
		}
		if errors.Is(err, imports.ErrUnclosedQuote) { // to encoding/csv it is one more broken row
			err, got = nil, append(got, imports.RowQuote)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%q: %q, %v; encoding/csv says %q", body, got, err, want)
		}
	})
}

func TestErrorOfTheFileIsHandedOn(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is gone")
	failing := func(text string) io.Reader { return io.MultiReader(strings.NewReader(text), failingReader{broken}) }
	if _, err := imports.Open(failing("a,b\n1,2\n")); !errors.Is(err, broken) {
		t.Errorf("in the sample: %v", err)
	}
	r, err := imports.Open(failing("a,b\n" + strings.Repeat("1,2\n", 1_000_000)))
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = r.Next()
	}
	if _, again := r.Next(); !errors.Is(err, broken) || !errors.Is(again, broken) || r.Offset() < 4_000_000 {
		t.Errorf("%v and then %v at %d", err, again, r.Offset())
	}
}

type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }
