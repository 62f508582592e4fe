package values

import (
	"encoding/json"
	"strings"
)

// separators stand between the parts of a list in one value of a file.
const separators = ",;|"

// Joined is a list as one value of a file: its parts behind each other, or JSON where
// one of them holds what would part it.
func Joined(list []string) string {
	text := strings.Join(list, ",")
	for _, v := range list {
		if strings.ContainsAny(v, separators) || strings.HasPrefix(v, "[") {
			raw, _ := json.Marshal(list) // texts always encode
			return string(raw)
		}
	}
	return text
}

// Parted reads a list out of one value, as Joined or a person has written it.
func Parted(v string) []string {
	var list []string
	if strings.HasPrefix(v, "[") && json.Unmarshal([]byte(v), &list) == nil {
		return list
	}
	return strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune(separators, r) })
}
