package imports

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Encoding is how a file writes its characters.
type Encoding string

// The encodings that are read.
const (
	UTF8        Encoding = "utf-8"
	UTF16LE     Encoding = "utf-16le"
	UTF16BE     Encoding = "utf-16be"
	Windows1252 Encoding = "windows-1252" // holds Latin-1
)

// sampleSize is how much of a file its encoding and its dialect are judged by.
const sampleSize = 64 << 10

// Decoded gives the text of a file as UTF-8, without a byte order mark. Bytes that
// are no text in the encoding come out as bytes that are no UTF-8 either, so that
// whoever reads on can tell where they stand; they never become U+FFFD on the way.
func Decoded(r io.Reader) (io.Reader, Encoding, error) {
	in := bufio.NewReaderSize(r, sampleSize)
	sample, err := in.Peek(sampleSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, "", fmt.Errorf("read the import file: %w", err)
	}
	encoding, mark := detect(sample, err != nil)
	if _, err := in.Discard(mark); err != nil {
		return nil, "", fmt.Errorf("read the import file: %w", err)
	}
	switch encoding {
	case UTF16LE, UTF16BE:
		return &utf16Reader{in: in, big: encoding == UTF16BE}, encoding, nil
	case Windows1252:
		return charmap.Windows1252.NewDecoder().Reader(in), encoding, nil
	case UTF8:
	}
	return in, UTF8, nil
}

// detect judges a sample and says how long its byte order mark is. whole says that
// the file ends where the sample does, so that a rune cut off there is a fault.
func detect(sample []byte, whole bool) (encoding Encoding, mark int) {
	switch {
	case bytes.HasPrefix(sample, []byte("\xef\xbb\xbf")):
		return UTF8, 3
	case bytes.HasPrefix(sample, []byte("\xff\xfe")):
		return UTF16LE, 2
	case bytes.HasPrefix(sample, []byte("\xfe\xff")):
		return UTF16BE, 2
	}
	if encoding := zeroPattern(sample); encoding != "" {
		return encoding, 0
	}
	// One stray byte does not make a file with many umlauts in UTF-8 a file of
	// Windows-1252: read as such, every umlaut in it would be wrong and no row at fault.
	if good, bad := multibyte(sample, whole); bad > good {
		return Windows1252, 0
	}
	return UTF8, 0
}

// zeroPattern knows UTF-16 without a mark by the zero that is half of every letter
// of English, and of every delimiter and digit in any language.
func zeroPattern(sample []byte) Encoding {
	var zeros [2]int
	for i, b := range sample {
		if b == 0 {
			zeros[i%2]++
		}
	}
	pairs := len(sample) / 2
	often := func(n int) bool { return n >= 3 && n*10 >= pairs*3 }
	switch first, second := zeros[0], zeros[1]; {
	case often(second) && first*10 <= second:
		return UTF16LE
	case often(first) && second*10 <= first:
		return UTF16BE
	}
	return ""
}

// multibyte counts the characters beyond ASCII, and the bytes that are none.
func multibyte(sample []byte, whole bool) (good, bad int) {
	for len(sample) > 0 {
		if sample[0] < utf8.RuneSelf {
			sample = sample[1:]
			continue
		}
		r, size := utf8.DecodeRune(sample)
		switch {
		case r != utf8.RuneError || size > 1:
			good++
		case !whole && !utf8.FullRune(sample):
			return good, bad // the sample cuts a rune
		default:
			bad++
		}
		sample = sample[size:]
	}
	return good, bad
}

// notText stands for what cannot be decoded: a byte that UTF-8 never has.
const notText = 0xff

// utf16Reader decodes UTF-16. The one of x/text turns half a surrogate pair into
// U+FFFD, which then looks like a value of the file.
type utf16Reader struct {
	in   *bufio.Reader
	big  bool
	high uint16 // the first half of a pair, 0 for none
	raw  [4 << 10]byte
	text []byte // room to decode into
	out  []byte // decoded, and not handed out so far
	err  error
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	left := u.out
	for len(left) == 0 && u.err == nil {
		left = u.decode()
	}
	n := copy(p, left)
	u.out = left[n:]
	if n == 0 && len(p) > 0 {
		return 0, u.err
	}
	return n, nil
}

// decode reads the next stretch of the file.
func (u *utf16Reader) decode() []byte {
	n, err := io.ReadFull(u.in, u.raw[:])
	out := u.text[:0]
	for i := 0; i+1 < n; i += 2 {
		unit := uint16(u.raw[i]) | uint16(u.raw[i+1])<<8
		if u.big {
			unit = unit<<8 | unit>>8
		}
		out = u.unit(out, unit)
	}
	u.text = out
	if err == nil {
		return out
	}
	if u.high != 0 || n%2 != 0 {
		out = append(out, notText)
	}
	u.err = err
	if errors.Is(err, io.ErrUnexpectedEOF) {
		u.err = io.EOF
	}
	return out
}

func (u *utf16Reader) unit(out []byte, unit uint16) []byte {
	pair := utf16.DecodeRune(rune(u.high), rune(unit))
	if u.high != 0 && pair == utf8.RuneError {
		out = append(out, notText)
	}
	half := u.high != 0 && pair != utf8.RuneError
	u.high = 0
	switch {
	case half:
		return utf8.AppendRune(out, pair)
	case unit >= 0xd800 && unit < 0xdc00:
		u.high = unit
		return out
	case unit >= 0xdc00 && unit < 0xe000:
		return append(out, notText)
	}
	return utf8.AppendRune(out, rune(unit))
}
