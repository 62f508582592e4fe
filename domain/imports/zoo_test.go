package imports_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain/imports"
)

// A zoo of broken files: the rows that are read of each, and what refuses it.
func TestZoo(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("x", 10<<20)
	wide := func(n int) string { return strings.TrimSuffix(strings.Repeat("c,", n), ",") }
	for _, c := range []struct {
		name, file string
		rows       []string
		code       string
	}{
		{name: "empty", file: "", code: "import.empty"},
		{name: "only a mark of UTF-8", file: "\xef\xbb\xbf", code: "import.empty"},
		{name: "only a mark of UTF-16", file: "\xff\xfe", code: "import.empty"},
		{name: "only blank lines", file: "\r\n  \n\t\n\n", code: "import.empty"},
		{name: "only a sep line", file: "sep=;", code: "import.empty"},
		{name: "no data", file: "name,city"},
		{name: "no data, line end", file: "name,city\r\n"},
		{name: "header of blanks", file: ", ,\n1,2,3\n", code: "import.no_header"},
		{name: "header with a bare quote", file: "na\"me,city\nAnn,Berlin\n", code: "import.header"},
		{name: "header with a NUL", file: "na\x00me,city\nAnn,Berlin\n", code: "import.header"},
		{name: "header that ends nowhere", file: "\"name,city\nAnn,Berlin\n", code: "import.unclosed_quote"},
		{name: "300 columns", file: wide(300) + "\n" + wide(300) + "\n" + wide(299) + "\n", rows: []string{"2! row.header_again", "3! row.ragged"}},
		{name: "500 columns", file: wide(500) + "\n" + wide(501) + "\n" + wide(5_000) + "\n", rows: []string{"2! row.ragged", "3! row.ragged"}},
		{name: "501 columns", file: wide(501) + "\n", code: "import.too_many_columns"},
		{name: "ragged", file: "a,b,c\n1,2,3\n1,2\n1,2,3,4\n1,2,3,,\n1,2,3\n", rows: []string{"2 1|2|3", "3! row.ragged", "4! row.ragged", "5! row.ragged", "6 1|2|3"}},
		{name: "blank lines", file: "\n\na,b\n\n1,2\n   \n3,4\n\n\n", rows: []string{"5 1|2", "7 3|4"}},
		{name: "empty values", file: "a,b\n,\n\"\",\"\"\n", rows: []string{"2 |", "3 |"}},
		{name: "one column, a value of nothing", file: "a\n\"\"\n\nx\n", rows: []string{"2 ", "4 x"}},
		{name: "header again", file: "a,b\n1,2\n a ,b\n3,4\n", rows: []string{"2 1|2", "3! row.header_again", "4 3|4"}},
		{name: "names twice, header again", file: "a,a\n1,2\na,a\n", rows: []string{"2 1|2", "3! row.header_again"}},
		{name: "bare quote", file: "a,b\n1,5\" disk\n3,4\n", rows: []string{"2! row.quote", "3 3|4"}},
		{name: "text behind a quote", file: "a,b\n\"1\"x,2\n3,4\n", rows: []string{"2! row.quote", "3 3|4"}},
		{name: "quote behind a space", file: "a,b\n1, \"2,3\"\n3,4\n", rows: []string{"2! row.quote", "3 3|4"}},
		{name: "a quote that the next row's ends", file: "a,b\n\"1,2\n3,\"4\"\n5,6\n", rows: []string{"2! row.quote", "4 5|6"}},
		{name: "unclosed in line 4", file: "a,b\n1,2\n3,4\n5,\"6\n7,8\n", rows: []string{"2 1|2", "3 3|4"}, code: "import.unclosed_quote"},
		{name: "last byte is a quote", file: "a,b\n1,\"", code: "import.unclosed_quote"},
		{name: "bare quote in the last line", file: "a,b\n1,2\"", rows: []string{"2! row.quote"}},
		{name: "no line end at the end", file: "a,b\n1,2", rows: []string{"2 1|2"}},
		{name: "delimiter at the end", file: "a,b\n1,", rows: []string{"2 1|"}},
		{name: "NUL bytes", file: "a,b\n1,\x00\n\x00\x00\n3,4\n", rows: []string{"2! row.nul", "3! row.nul", "4 3|4"}},
		{name: "10 MB field", file: "a,b\n1," + big + "\n\"" + big + "\",2\n3,4\n", rows: []string{"2! row.too_long", "3! row.too_long", "4 3|4"}},
		{name: "a value of just 64 KiB", file: "a,b\n1," + big[:64<<10] + "\n1," + big[:64<<10+1] + "\n", rows: []string{"2 1|" + big[:64<<10], "3! row.too_long"}},
		{name: "a record of 33 MiB", file: "a,b\n1,2\n1," + big + big + big + big, rows: []string{"2 1|2"}, code: "import.record_too_long"},
		{name: "a quoted record of 33 MiB", file: "a,b\n1,2\n1,\"" + big + big + big + big, rows: []string{"2 1|2"}, code: "import.unclosed_quote"},
		{name: "mixed line ends", file: "a,b\r1,2\n3,4\r\n5,6\r\r\n7,8", rows: []string{"2 1|2", "3 3|4", "4 5|6", "6 7|8"}},
		{name: "line ends in quotes", file: "a,b\r\n\"1\r\n2\n3\r4\",5\r\n6,7\r\n", rows: []string{"2 1\r\n2\n3\r4|5", "6 6|7"}},
		{name: "sep line", file: "sep=;\r\na;b\r\n1;2\r\n", rows: []string{"3 1|2"}},
		{name: "a date in three styles", file: "day\n2024-05-01\n01.05.2024\n5/1/2024\n", rows: []string{"2 2024-05-01", "3 01.05.2024", "4 5/1/2024"}},
		{name: "one JSON array", file: "[\n {\"a\":1}]", code: "import.json_array"},
		{name: "UTF-8 with a mark", file: "\xef\xbb\xbfname,city\nJörg,Köln\n", rows: []string{"2 Jörg|Köln"}},
		{name: "Latin-1", file: "name,city\nJ\xf6rg,K\xf6ln\n", rows: []string{"2 Jörg|Köln"}},
		{name: "Windows-1252", file: "name,price\nJ\xf6rg,\x80 5\n", rows: []string{"2 Jörg|€ 5"}},
		{name: "UTF-8 with one stray byte", file: "name,city\nJörg,Köln\nJ\xf6rg,Bonn\nUwe,Düren\n", rows: []string{"2 Jörg|Köln", "3! row.encoding", "4 Uwe|Düren"}},
		{name: "halves of a letter in two values", file: "name,city,x\nä,ö,ü\nä,\xc3,\xbc\n", rows: []string{"2 ä|ö|ü", "3! row.encoding"}},
		{name: "stray byte beyond the sample", file: "name\n" + strings.Repeat("Ann\n", 20_000) + "J\xf6rg\nJörg\n", rows: append(times(20_000, "Ann"), "20002! row.encoding", "20003 Jörg")},
		{name: "half a pair in UTF-16", file: "\xff\xfea\x00\n\x00\x00\xd8b\x00\n\x00c\x00", rows: []string{"2! row.encoding", "3 c"}},
		{name: "odd byte at the end of UTF-16", file: "\xfe\xff\x00a\x00\n\x00b\x00\n\x00c\x00", rows: []string{"2 b", "3! row.encoding"}},
	} {
		_, rows, err := read(c.file)
		if got := shown(rows); !slices.Equal(got, c.rows) || code(err) != c.code {
			t.Errorf("%s: %.300q, %v", c.name, got, err)
		}
	}
}

func times(n int, value string) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("%d %s", i+2, value))
	}
	return out
}

func TestMessagesNameTheLine(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"a,b\n1,2\n\"x\ny\",2\n1,\"2\n3\n":     "the quote that opens in line 5 is not closed within the file",
		"\n\n" + strings.Repeat("c,", 600):     "the header in line 3 has 601 columns, and 500 is the most",
		"\n,,\n":                               "the header in line 2 names no column",
		"a\n" + strings.Repeat("x", 33<<20):    "the record that begins in line 2 is longer than 32 MiB",
		"a\n\"" + strings.Repeat("\n", 33<<20): "the quote that opens in line 2 is not closed within the next 32 MiB",
		"a,b\"\n":                              "the header in line 1 cannot be read: a quote stands in the middle of the value of field 2: put such a value in quotes, and double the quotes in it",
		"{\n\"a\":1}\n":                        "no line from line 1 on is a JSON object with a key: one object a line is read",
	} {
		if _, _, err := read(file); err == nil || !strings.HasSuffix(err.Error(), ": "+want) {
			t.Errorf("%.40q: %v; want %q", file, err, want)
		}
	}
}

func TestFaultsInWords(t *testing.T) {
	t.Parallel()
	for row, want := range map[string]string{
		"1,2":                        `2 fields, and the header has 4: nothing for "City", "E-mail"`,
		"1":                          `1 field, and the header has 4: nothing for "Last name", "City", "E-mail"`,
		"1,2,3,4,,":                  "6 fields, and the header has 4: the last 2, all empty, have no column",
		"1,2,3,4,5":                  "5 fields, and the header has 4: the last 1 have no column",
		"1,2,3\"":                    `a quote stands in the middle of the value of "City": put such a value in quotes, and double the quotes in it`,
		"1,2,\"3\"4":                 `the quoted value of "City" is followed by more text: double the quotes within it`,
		"1,\"2\n\n3,\"4\",5":         `the quote that opens in line 2, in "Last name", ends in line 4 and is followed by more text: lines 2 to 4 were passed over`,
		"1,2,\x00,4":                 `the value of "City" holds a NUL byte`,
		"ü,2,\xff,4":                 `the value of "City" holds bytes that are no text in the encoding of the file`,
		"Name,Last name,City,E-mail": "the header stands here once more",
		strings.Repeat("x", 70_000):  `the value of "Name" is longer than 64 KiB`,
	} {
		_, rows, err := read("Name,Last name,City,E-mail\n" + row + "\n")
		if err != nil || len(rows) != 1 || rows[0].Fault == nil || rows[0].Fault.Message != want {
			t.Errorf("%.40q: %+v, %v; want %q", row, rows, err, want)
		}
	}
}

// What is shown of a row at fault can be stored.
func TestValuesOfRowAtFault(t *testing.T) {
	t.Parallel()
	_, rows, err := read("ä,ö\n\x00,\xff,x\n")
	if err != nil || len(rows) != 1 || !slices.Equal(rows[0].Values, []string{"\ufffd", "\ufffd", "x"}) {
		t.Errorf("%q, %v", shown(rows), err)
	}
}

func TestZooInEveryEncoding(t *testing.T) {
	t.Parallel()
	const text = "name,city\r\n\"Jörg\r\nUwe\",Köln\r\nAnn,Bern\r\n"
	for _, encoding := range []string{"utf-8", "utf-16le", "utf-16be", "windows-1252"} {
		for _, bom := range []bool{false, true} {
			_, rows, err := read(writing{encoding: encoding, bom: bom}.encoded(text))
			if got := shown(rows); !slices.Equal(got, []string{"2 Jörg\r\nUwe|Köln", "4 Ann|Bern"}) || err != nil {
				t.Errorf("%s, mark %v: %q, %v", encoding, bom, got, err)
			}
		}
	}
}

func TestNDJSON(t *testing.T) {
	t.Parallel()
	many := strings.Repeat("{\"a\":1}\n", 1_000)
	for _, c := range []struct {
		name, file, header string
		rows               []string
		code               string
	}{
		{name: "keys as they appear", file: "{\"b\":1,\"a\":\"x\"}\n{\"c\":true,\"a\":null}\n", header: "b|a|c", rows: []string{"1 1|x|", "2 ||true"}},
		{name: "numbers keep their text", file: "{\"a\":12345678901234567890,\"b\":1.50,\"c\":1e3}", header: "a|b|c", rows: []string{"1 12345678901234567890|1.50|1e3"}},
		{name: "nested", file: "{\"a\":{\"b\":{\"c\":1}},\"d\":{}}\n", header: "a.b.c", rows: []string{"1 1"}},
		{name: "arrays", file: "{\"a\":[\"x\",2,null,{\"k\": 1},[3, 4]],\"b\":[]}\n", header: "a|b", rows: []string{`1 x; 2; ; {"k":1}; [3,4]|`}},
		{name: "blank lines and mixed ends", file: "\n {\"a\":1}\r\n\r\n{\"a\":2}\r{\"a\":3}", header: "a", rows: []string{"2 1", "4 2", "5 3"}},
		{
			name: "broken lines", file: "{\"a\":1}\n{\"a\":\nnull\n[1]\n{\"a\":2} {}\n{\"a\":3,\"a\":4}\n{\"z\":1\n{\"a\":5}\n", header: "a",
			rows: []string{"1 1", "2! row.json", "3! row.json", "4! row.json", "5! row.json", "6! row.json", "7! row.json", "8 5"},
		},
		{name: "only broken lines", file: "{\n\"a\": 1\n}\n", code: "import.no_header"},
		{name: "no keys", file: "{}\n{}\n", code: "import.no_header"},
		{name: "a blank key", file: "{\"\":1,\"a\":2}", header: "Column 1|a", rows: []string{"1 1|2"}},
		{
			name: "no text", file: "{\"a\":\"ä\"}\n{\"a\":\"\xff\"}\n{\"a\":\"\x00\"}\n{\"a\":\"\\u0000\"}\n{\"a\":\"\\ud800\"}\n{\"a\":\"\ufffd\"}\n", header: "a",
			rows: []string{"1 ä", "2! row.encoding", "3! row.nul", "4! row.nul", "5! row.encoding", "6 \ufffd"},
		},
		{name: "a long value", file: "{\"a\":\"" + strings.Repeat("x", 70_000) + "\"}\n{\"a\":[" + strings.Repeat("1,", 70_000) + "1]}\n{\"a\":1}\n", header: "a", rows: []string{"1! row.too_long", "2! row.too_long", "3 1"}},
		{name: "a long line", file: "{\"a\":1}\n{\"a\":\"" + strings.Repeat("x", 5<<20) + "\"}\n{\"a\":2}\n", header: "a", rows: []string{"1 1", "2! row.too_long", "3 2"}},
		{name: "an endless line", file: "{\"a\":1}\n{\"a\":\"" + strings.Repeat("x", 33<<20), header: "a", rows: []string{"1 1"}, code: "import.record_too_long"},
		{name: "a key that comes late", file: many + "{\"a\":1,\"b\":2}\n{\"a\":3}\n", header: "a", rows: append(lines(1_000, "1"), "1001! row.unknown_key", "1002 3")},
		{name: "too deep", file: "{\"a\":1}\n" + strings.Repeat("{\"a\":", 30) + "1" + strings.Repeat("}", 30), header: "a", rows: []string{"1 1", "2! row.json"}},
		{name: "too many keys", file: manyKeys(501), code: "import.too_many_columns"},
	} {
		header, rows, err := read(c.file)
		if got := shown(rows); !slices.Equal(got, c.rows) || strings.Join(header, "|") != c.header || code(err) != c.code {
			t.Errorf("%s: header %q, %.200q, %v", c.name, header, got, err)
		}
	}
	if header, _, err := read(manyKeys(500)); len(header) != 500 || err != nil {
		t.Errorf("500 keys: %d, %v", len(header), err)
	}
}

func lines(n int, value string) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("%d %s", i+1, value))
	}
	return out
}

func manyKeys(n int) string {
	var keys []string
	for i := range n {
		keys = append(keys, fmt.Sprintf("\"k%d\":1", i))
	}
	return "{" + strings.Join(keys, ",") + "}\n"
}

func TestNDJSONIsNamed(t *testing.T) {
	t.Parallel()
	r, err := imports.Open(strings.NewReader(writing{encoding: "utf-16le", bom: true}.encoded("{\"a\":\"ö\"}\n")))
	if err != nil || r.Format() != imports.NDJSON || r.Encoding() != imports.UTF16LE || r.Delimiter() != "" {
		t.Fatalf("%+v, %v", r, err)
	}
	if row, err := r.Next(); err != nil || row.Values[0] != "ö" {
		t.Errorf("%+v, %v", row, err)
	}
}
