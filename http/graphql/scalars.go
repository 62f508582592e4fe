package graphql

import (
	"encoding/json"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/values"
)

// misfit refuses a value that cannot be read; where it stood is known from the error's path.
func misfit(message string) error { return domain.Refuse(values.Fault("value", message)) }

// MarshalText writes a text; what is not known is null.
func MarshalText(text string) graphql.Marshaler {
	if text == "" {
		return graphql.Null
	}
	return graphql.MarshalString(text)
}

// UnmarshalText reads a text.
func UnmarshalText(v any) (string, error) {
	text, ok := v.(string)
	if !ok || strings.ContainsRune(text, 0) {
		return "", misfit("is not a text")
	}
	return text, nil
}

// MarshalUUID writes an id; none is null.
func MarshalUUID(id string) graphql.Marshaler { return MarshalText(id) }

// UnmarshalUUID reads an id as the REST API does: a UUID in lower case.
func UnmarshalUUID(v any) (string, error) {
	text, ok := v.(string)
	if parsed, err := uuid.Parse(text); !ok || err != nil || parsed.String() != text {
		return "", misfit("is not a UUID in lower case")
	}
	return text, nil
}

// MarshalWhole writes a whole number.
func MarshalWhole(n int) graphql.Marshaler { return graphql.MarshalInt(n) }

// UnmarshalWhole reads a whole number of 32 bits.
func UnmarshalWhole(v any) (int, error) {
	n, err := UnmarshalPosition(v)
	if err != nil || n > math.MaxInt32 || n < math.MinInt32 {
		return 0, misfit("is not a whole number of 32 bits")
	}
	return int(n), nil
}

// MarshalPosition writes a whole number that may be large.
func MarshalPosition(n int64) graphql.Marshaler { return graphql.MarshalInt64(n) }

// UnmarshalPosition reads a whole number that may be large.
func UnmarshalPosition(v any) (int64, error) {
	switch n := v.(type) {
	case int64:
		return n, nil
	case int:
		return int64(n), nil
	case json.Number:
		if whole, err := strconv.ParseInt(n.String(), 10, 64); err == nil {
			return whole, nil
		}
	}
	return 0, misfit("is not a whole number")
}

// MarshalFraction writes a number.
func MarshalFraction(n float64) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = io.WriteString(w, strconv.FormatFloat(n, 'g', -1, 64)) })
}

// UnmarshalFraction reads a number, but for those that JSON has not.
func UnmarshalFraction(v any) (float64, error) {
	switch n := v.(type) {
	case int64:
		return float64(n), nil
	case int:
		return float64(n), nil
	case float64:
		return n, nil
	case json.Number:
		if number, err := n.Float64(); err == nil {
			return number, nil
		}
	}
	return 0, misfit("is not a number")
}

// MarshalMoment writes a time.
func MarshalMoment(at time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		_, _ = io.WriteString(w, strconv.Quote(at.UTC().Format(time.RFC3339Nano)))
	})
}

// UnmarshalMoment reads a time.
func UnmarshalMoment(v any) (time.Time, error) {
	text, _ := v.(string)
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, misfit("is not a time (RFC 3339)")
	}
	return at, nil
}

// MarshalRaw writes JSON as it is.
func MarshalRaw(raw json.RawMessage) graphql.Marshaler {
	if len(raw) == 0 {
		return graphql.Null
	}
	return graphql.WriterFunc(func(w io.Writer) { _, _ = w.Write(raw) })
}

// UnmarshalRaw refuses: JSON is shown only.
func UnmarshalRaw(any) (json.RawMessage, error) { return nil, misfit("is not read") }
