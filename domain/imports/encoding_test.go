package imports_test

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/canvass-hq/canvass/domain/imports"
)

func TestDecoded(t *testing.T) {
	t.Parallel()
	fill := strings.Repeat("x", 64<<10-1)
	for _, c := range []struct {
		name, file string
		encoding   imports.Encoding
		text       string
	}{
		{"nothing", "", imports.UTF8, ""},
		{"ASCII", "abc", imports.UTF8, "abc"},
		{"UTF-8", "aäb€😀", imports.UTF8, "aäb€😀"},
		{"UTF-8 with a mark", "\xef\xbb\xbfaä", imports.UTF8, "aä"},
		{"UTF-8 cut by the sample", fill + "äöü", imports.UTF8, fill + "äöü"},
		{"UTF-8 cut by the end", "aäöü\xc3", imports.UTF8, "aäöü\xc3"},
		{"UTF-8 with a stray byte", "äöü\xff", imports.UTF8, "äöü\xff"},
		{"stray byte behind a mark", "\xef\xbb\xbfa\xff", imports.UTF8, "a\xff"},
		{"stray byte beyond the sample", fill + "xx\xff", imports.UTF8, fill + "xx\xff"},
		{"Windows-1252", "M\xfcller \x80 5", imports.Windows1252, "Müller € 5"},
		{"Windows-1252, the last byte", "a\xfc", imports.Windows1252, "aü"},
		{"Windows-1252 whose first umlaut the sample does not have whole", fill + "\xe4 \xf6", imports.UTF8, fill + "\xe4 \xf6"},
		{"UTF-16LE", "\xff\xfea\x00\xe4\x00\x3d\xd8\x00\xde", imports.UTF16LE, "aä😀"},
		{"UTF-16BE", "\xfe\xff\x00a\x00\xe4\xd8\x3d\xde\x00", imports.UTF16BE, "aä😀"},
		{"UTF-16LE without a mark", "a\x00,\x00b\x00", imports.UTF16LE, "a,b"},
		{"UTF-16BE without a mark", "\x00a\x00,\x00b", imports.UTF16BE, "a,b"},
		{"some zeros are no UTF-16", "a,b\n\x00,1\n2,\x00\n3,4\n", imports.UTF8, "a,b\n\x00,1\n2,\x00\n3,4\n"},
		{"halves of pairs", "\xfe\xff\xd8\x3d\x00a\xde\x00\xd8\x3d\xd8\x3d\xde\x00\xd8\x3d", imports.UTF16BE, "\xffa\xff\xff😀\xff"},
		{"half a unit", "\xfe\xff\x00a\x00", imports.UTF16BE, "a\xff"},
	} {
		for how, r := range map[string]io.Reader{"at once": strings.NewReader(c.file), "by bytes": iotest.OneByteReader(strings.NewReader(c.file))} {
			text, encoding, err := imports.Decoded(r)
			if err != nil {
				t.Errorf("%s, %s: %v", c.name, how, err)
				continue
			}
			if err := iotest.TestReader(text, []byte(c.text)); err != nil || encoding != c.encoding {
				t.Errorf("%s, %s: %s, %v", c.name, how, encoding, err)
			}
		}
	}
}
