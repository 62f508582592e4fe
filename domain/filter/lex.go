package filter

import (
	"strconv"
	"strings"
	"unicode"
)

type class uint8

const (
	end    class = iota
	word         // bare
	quoted       // its text is what the quotes hold
	mark         // ( ) ,
	broken       // its text says what is wrong
)

// token is a part of the text, and the character that it starts with, from 1.
type token struct {
	class class
	text  string
	at    int
}

func (t token) is(keyword string) bool {
	return t.class == word && strings.EqualFold(t.text, keyword)
}

func (t token) isMark(m string) bool { return t.class == mark && t.text == m }

// isValue tells of words that can be a value or the name of a field.
func (t token) isValue() bool { return t.class == quoted || t.class == word && !reserved(t.text) }

// reserved words hold comparisons together, and stand for themselves in quotes only:
// "status eq and country eq DE" would otherwise be read too far.
func reserved(word string) bool {
	switch strings.ToLower(word) {
	case "and", "or", "not":
		return true
	default:
		return false
	}
}

// bare tells of the characters of a bare word.
func bare(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("_.:@+-/", r)
}

// lex takes a text apart. What cannot be read is the last token, so that whatever is
// wrong before it is told first.
func lex(text string) []token {
	var out []token
	runes := []rune(text)
	for i := 0; i < len(runes); {
		t := token{at: i + 1}
		switch r := runes[i]; {
		case unicode.IsSpace(r):
			i++
			continue
		case r == '"':
			i = quote(runes, i, &t)
		case bare(r):
			from := i
			for i < len(runes) && bare(runes[i]) {
				i++
			}
			t.class, t.text = word, string(runes[from:i])
		case strings.ContainsRune("(),", r):
			i++
			t.class, t.text = mark, string(r)
		case strings.ContainsRune("=<>!~&|", r):
			t.class, t.text = broken, "found "+strconv.Quote(string(r))+"; operators are words, such as eq, gt, and, not"
		default:
			t.class, t.text = broken, "found "+strconv.Quote(string(r))+", which can stand in quotes only"
		}
		if out = append(out, t); t.class == broken {
			return out
		}
	}
	return append(out, token{at: len(runes) + 1})
}

// quote reads what stands in quotes from i on, and tells what comes behind.
func quote(runes []rune, i int, t *token) int {
	var b strings.Builder
	for i++; i < len(runes); i++ {
		switch r := runes[i]; r {
		case '"':
			t.class, t.text = quoted, b.String()
			return i + 1
		case 0:
			*t = token{class: broken, at: i + 1, text: "found a character that no text holds"}
			return i
		case '\\':
			if i++; i == len(runes) || runes[i] != '"' && runes[i] != '\\' {
				*t = token{class: broken, at: i, text: `found \, which in quotes is written \\`}
				return i
			}
			b.WriteRune(runes[i])
		default:
			b.WriteRune(r)
		}
	}
	t.class, t.text = broken, "found a quote that is not closed"
	return i
}
