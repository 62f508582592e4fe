package template

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// arithmetic are the filters of numbers. What is no number counts as 0; what has no
// result, such as a division by 0, is empty.
func arithmetic() map[string]filter {
	two := func(of func(a, b float64) float64) filter {
		return filter{apply: func(a, b any) any { return number(of(numberOr(a, 0), numberOr(b, 0))) }, least: 1}
	}
	one := func(of func(float64) float64) filter {
		return filter{apply: func(a any) any { return number(of(numberOr(a, 0))) }}
	}
	return map[string]filter{
		"plus":       two(func(a, b float64) float64 { return a + b }),
		"minus":      two(func(a, b float64) float64 { return a - b }),
		"times":      two(func(a, b float64) float64 { return a * b }),
		"divided_by": {apply: quotient, least: 1},
		"modulo":     two(math.Mod),
		"abs":        one(math.Abs),
		"ceil":       one(math.Ceil),
		"floor":      one(math.Floor),
		"round": {apply: func(a, places any) any {
			exp := math.Pow10(int(min(max(numberOr(places, 0), 0), 9)))
			return number(math.Floor(numberOr(a, 0)*exp+0.5) / exp)
		}},
	}
}

// quotient of two whole numbers is a whole number.
func quotient(a, b any) any {
	x, y := numberOr(a, 0), numberOr(b, 0)
	if x == math.Trunc(x) && y == math.Trunc(y) {
		return number(math.Floor(x / y))
	}
	return number(x / y)
}

func number(v float64) any {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return nil
	case v == math.Trunc(v) && math.Abs(v) < 1<<53:
		return int(v)
	}
	return v
}

func numberOr(v any, other float64) float64 {
	switch v := v.(type) {
	case int:
		return float64(v)
	case float64:
		return v
	case string:
		if f, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err == nil {
			return f
		}
	}
	return other
}

// date writes a day, or a moment, in the form that the author asks for. What is no date
// stays as it is.
func date(v any, form string) (string, error) {
	at, ok := v.(time.Time)
	text := written(v)
	for _, layout := range []string{time.RFC3339, time.DateTime, time.DateOnly} {
		if ok {
			break
		}
		var err error
		at, err = time.Parse(layout, text)
		ok = err == nil
	}
	if !ok {
		return text, nil
	}
	var b strings.Builder
	for i := 0; i < len(form) && b.Len() <= MaxValue; i++ {
		if form[i] != '%' || i+1 == len(form) {
			b.WriteByte(form[i])
			continue
		}
		i++
		bare := form[i] == '-' && i+1 < len(form)
		if bare {
			i++
		}
		b.WriteString(directive(at, form[i], bare))
	}
	return bounded(b.Len(), b.String)
}

func directive(at time.Time, c byte, bare bool) string {
	if bare {
		return strings.TrimLeft(directive(at, c, false), "0 ")
	}
	layouts := map[byte]string{
		'Y': "2006", 'y': "06", 'm': "01", 'B': "January", 'b': "Jan", 'd': "02", 'e': "_2", 'A': "Monday", 'a': "Mon",
		'H': "15", 'I': "03", 'M': "04", 'S': "05", 'p': "PM", 'F': "2006-01-02", 'D': "01/02/06", 'T': "15:04:05",
	}
	if layout, there := layouts[c]; there {
		return at.Format(layout)
	}
	if c == '%' {
		return "%"
	}
	return "%" + string(rune(c))
}

// written is a value as it stands in a mail.
func written(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}
