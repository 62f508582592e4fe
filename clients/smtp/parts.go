package smtp

import (
	"bytes"
	"io"
	"slices"
	"strings"

	gomail "github.com/wneessen/go-mail"
)

// part is a text of a mail, and how it is written.
type part struct {
	text     string
	encoding gomail.Encoding
}

// quotedPrintable is written into the mail as it is made; the one of the library, which
// differs in its letters alone (RFC 2045, 6.1), is made aside first.
const quotedPrintable gomail.Encoding = "Quoted-Printable"

// partsOf is how the texts of a mail are written: as they stand where every server takes them
// so (7bit, RFC 2045, 2.7), which is less to read and to write, and else quoted.
func partsOf(texts ...string) []part {
	parts := make([]part, len(texts))
	labels := slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, eightBit) }) // to be taken for the mail's own
	for i, text := range texts {
		if parts[i] = (part{text, quotedPrintable}); labels || !plain(text) {
			continue
		}
		if strings.Contains(text, "\n") {
			text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
		}
		parts[i] = part{text, gomail.NoEncoding}
	}
	return parts
}

// eightBit is the library's label of what it writes as it stands.
const eightBit = "Content-Transfer-Encoding: 8bit"

// longestLine is the longest line of a mail, in bytes, without its end (RFC 5322, 2.1.1).
const longestLine = 998

// plain tells whether a text is ASCII in lines that no server on the way changes: not too long,
// without blanks at their ends, and not like the head of a mail in a mailbox file.
func plain(text string) bool {
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		if len(line) > longestLine || strings.HasPrefix(line, "From ") || strings.HasSuffix(line, " ") || strings.HasSuffix(line, "\t") {
			return false
		}
		for i := range len(line) {
			if c := line[i]; c >= 0x7f || c < ' ' && c != '\t' {
				return false
			}
		}
	}
	return true
}

// write writes the text piece by piece: a writer that takes no strings would be given a copy
// of the whole.
func (p part) write(w io.Writer) (n int64, err error) {
	var piece [512]byte
	for text := p.text; len(text) > 0 && err == nil; {
		var done int
		size := copy(piece[:], text)
		done, err = w.Write(piece[:size])
		n, text = n+int64(done), text[size:]
	}
	return n, err
}

// labelled tells the true encoding of the parts that are written as they stand, for which the
// library has no name but 8bit.
func labelled(raw []byte, parts []part) {
	const line = "\r\n" + eightBit + "\r\n"
	for _, p := range parts {
		if p.encoding != gomail.NoEncoding {
			continue
		}
		at := bytes.Index(raw, []byte(line))
		if at < 0 {
			return
		}
		raw[at+len(line)-len("8bit\r\n")] = '7'
		raw = raw[at+len(line)+len(p.text):]
	}
}
