package projections

import (
	"encoding/base64"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"
)

// Rows keep their words with a mark of the organization in front, so that an organization's
// search reads its own part of the index, however many others there are.

const maxWords = 80 // of a row

// marked are words as a row of the organization keeps them, each once, with spaces
// between; nothing is null.
func marked(org string, words []string) pgtype.Text {
	mark := wordMark(org)
	slices.Sort(words)
	words = slices.Compact(words)
	words = words[:min(len(words), maxWords)]
	var out strings.Builder
	for i, w := range words {
		if i > 0 {
			out.WriteByte(' ')
		}
		out.WriteString(mark + w)
	}
	return orNull(out.String())
}

// wordVector is what the words of a row are indexed as.
const wordVector = "array_to_tsvector(string_to_array(words, ' '))"

// wordMark is in front of an organization's words. Two organizations may share one: that
// costs time, and shows nothing, for the organization is asked for all the same.
func wordMark(org string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(org))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:3])
}

// sought is one word of a search, and how it is found.
type sought struct {
	word   string
	begins bool     // words that begin with it are enough
	like   []string // words that are written almost like it, where there are no others
}

// wordQuery asks for rows that hold each word.
func wordQuery(org string, words ...sought) string {
	mark := wordMark(org)
	parts := make([]string, len(words))
	for i, w := range words {
		alternatives := []string{"'" + mark + w.word + "'"} // letters and digits need no escape
		if w.begins {
			alternatives[0] += ":*"
		}
		for _, l := range w.like {
			alternatives = append(alternatives, "'"+mark+l+"'")
		}
		parts[i] = "(" + strings.Join(alternatives, " | ") + ")"
	}
	return strings.Join(parts, " & ")
}
