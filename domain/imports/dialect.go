package imports

import (
	"bufio"
	"bytes"
	"strings"
)

// delimiters are those that are looked for, in the order in which a tie is decided.
const delimiters = ",;\t|"

// sniffed is how many records of the sample the delimiter is judged by.
const sniffed = 100

// dialect is how a CSV file separates its fields.
type dialect struct {
	comma  byte
	marked bool // by a first line that only says so, as Excel writes and reads it
}

// sniff judges by the beginning of a file; whole says that it is all of it.
func sniff(sample []byte, whole bool) dialect {
	if comma, ok := marked(sample); ok {
		return dialect{comma, true}
	}
	best, most := byte(','), -1.0
	for _, comma := range []byte(delimiters) {
		if score := weigh(sample, comma, whole); score > most {
			best, most = comma, score
		}
	}
	return dialect{comma: best}
}

// marked reads a first line such as sep=; and takes any character of ASCII in it that
// can delimit.
func marked(sample []byte) (comma byte, ok bool) {
	end := bytes.IndexAny(sample, "\r\n")
	if end < 0 {
		end = len(sample)
	}
	line := sample[:end]
	if len(line) == 7 && line[0] == '"' && line[6] == '"' {
		line = line[1:6]
	}
	if len(line) != 5 || !strings.EqualFold(string(line[:4]), "sep=") {
		return 0, false
	}
	comma = line[4]
	return comma, comma != '"' && comma != 0 && comma < 0x7f
}

// weigh says how well a delimiter fits: the share of records with as many fields as
// the header, less the more easily so many fields come about by chance. A delimiter
// that is not in the header, or hardly in the records below it, weighs less than any
// other: if all do so, the file has one column, and is best read with a delimiter that
// it does not have at all.
func weigh(sample []byte, comma byte, whole bool) float64 {
	s := newScanner(input{r: bufio.NewReader(bytes.NewReader(sample)), line: 1}, comma)
	var header, records, alike, several int
	for records < sniffed {
		rec, err := s.read()
		if err != nil {
			break
		}
		if _, more := s.r.Peek(1); more != nil && !whole && records > 0 {
			break // the sample may cut the last record
		}
		records++
		if records == 1 {
			header = rec.fields
		}
		if rec.quote == 0 && rec.fields == header {
			alike++
		}
		if rec.quote == 0 && rec.fields > 1 {
			several++
		}
		if records == 1 && rec.quote > 0 {
			return 0
		}
	}
	if records == 0 {
		return 0
	}
	share := float64(alike) / float64(records)
	if header > 1 && several*3 >= records {
		return 1 + share*(1-1/float64(header))
	}
	return share / 2
}
