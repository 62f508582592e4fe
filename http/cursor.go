package http

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/fnv"

	"github.com/canvass-hq/canvass/domain"
)

// A cursor is where a list goes on: a version, the list that it belongs to, and a
// position. It is opaque, and refused by another list or other filters.
const (
	cursorVersion = 1
	cursorLength  = 1 + 8 + 8
)

func listID(query ...any) uint64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%q", query)
	return h.Sum64()
}

func cursor(list uint64, position int64) string {
	b := make([]byte, 0, cursorLength)
	b = append(b, cursorVersion)
	b = binary.BigEndian.AppendUint64(b, list)
	b = binary.BigEndian.AppendUint64(b, uint64(position)) //nolint:gosec // positions are not negative
	return base64.RawURLEncoding.EncodeToString(b)
}

// parseCursor gives the position of a cursor, 0 for none.
func parseCursor(text string, list uint64) (int64, error) {
	if text == "" {
		return 0, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != cursorLength || b[0] != cursorVersion {
		return 0, badCursor("is not a cursor of this API")
	}
	if binary.BigEndian.Uint64(b[1:9]) != list {
		return 0, badCursor("belongs to another list or to other filters")
	}
	position := int64(binary.BigEndian.Uint64(b[9:])) //nolint:gosec // checked below
	if position <= 0 {
		return 0, badCursor("is not a cursor of this API")
	}
	return position, nil
}

func badCursor(message string) error {
	return &domain.Error{Kind: domain.Invalid, Code: "cursor.invalid", Message: "the cursor " + message, Fields: []domain.Field{{Name: "cursor", Message: message}}}
}

// placeCursor is where a list goes on whose order is not that of positions.
func placeCursor(list uint64, place string) string {
	b := binary.BigEndian.AppendUint64([]byte{placeVersion}, list)
	return base64.RawURLEncoding.EncodeToString(append(b, place...))
}

const placeVersion = 2

// parsePlace gives the place of a cursor, "" for none.
func parsePlace(text string, list uint64) (string, error) {
	if text == "" {
		return "", nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) <= 9 || b[0] != placeVersion || !isText(string(b[9:])) {
		return "", badCursor("is not a cursor of this API")
	}
	if binary.BigEndian.Uint64(b[1:9]) != list {
		return "", badCursor("belongs to another list or to other filters")
	}
	return string(b[9:]), nil
}
