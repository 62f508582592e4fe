package filter

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"
)

// A search by words looks at runs of letters and digits, as Fold leaves them.

// The longest part of a word that is looked at, in characters.
const maxWord = 40

// Words are the words of some texts.
func Words(texts ...string) []string {
	var out []string
	for _, text := range texts {
		for word := range strings.FieldsFuncSeq(Fold(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) }) {
			if utf8.RuneCountInString(word) > maxWord {
				word = string([]rune(word)[:maxWord])
			}
			out = append(out, word)
		}
	}
	return out
}

// AddressWords are the words of addresses, but for what stands behind the last dot of
// most of them.
func AddressWords(addresses ...string) []string {
	var out []string
	for _, a := range addresses {
		out = append(out, Words(withoutSuffix(a))...)
	}
	return out
}

// withoutSuffix is a domain, or an address at one, without the suffix under which names
// are given out (com, co.uk), which tells nobody from anybody.
func withoutSuffix(text string) string {
	at := strings.LastIndexByte(text, '@')
	host := strings.ToLower(strings.TrimSuffix(text[at+1:], "."))
	suffix, given := publicsuffix.PublicSuffix(host)
	if !given || len(suffix) >= len(host) {
		return text
	}
	return text[:at+1] + host[:len(host)-len(suffix)-1]
}

// SearchWords are the words that somebody looks for, as rows hold them.
func SearchWords(text string) []string {
	var out []string
	for part := range strings.FieldsSeq(text) {
		if strings.Contains(part, ".") {
			part = withoutSuffix(part)
		}
		out = append(out, Words(part)...)
	}
	return out
}

// PhoneWords are a phone number with and without the code of its country.
func PhoneWords(phone string) []string {
	words := Words(strings.TrimPrefix(phone, "+"))
	if len(words) == 0 || !strings.HasPrefix(phone, "+") || !isNumber(words[0]) {
		return words
	}
	if n := codeLength(words[0]); n < len(words[0]) {
		words = append(words, words[0][n:])
	}
	return words
}

// codeLength is how many digits of an international number are the code of its country
// (ITU-T E.164, Annex): one for 1 and 7, two for those that are listed, else three.
func codeLength(digits string) int {
	switch {
	case digits[0] == '1' || digits[0] == '7':
		return 1
	case len(digits) > 1 && strings.Contains(" 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 ", " "+digits[:2]+" "):
		return 2
	}
	return 3
}

func isNumber(word string) bool {
	return !strings.ContainsFunc(word, func(r rune) bool { return r < '0' || r > '9' })
}
