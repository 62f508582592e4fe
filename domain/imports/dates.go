package imports

import (
	"strings"
	"time"
)

// layouts are the ways of writing a date that are known, in the order in which one is
// preferred while several fit. Where the column does not decide between day and month,
// the day is first with - and . as most of the world writes it, and the month first
// with / as the United States do, where a file with slashes mostly comes from.
var layouts = []string{
	"2006-01-02",
	"2006-01-02 15:04",
	"2006-01-02 15:04:05",
	"2006-01-02T15:04:05",
	time.RFC3339,
	"02-01-2006", "01-02-2006", "2-1-2006", "1-2-2006",
	"01/02/2006", "02/01/2006", "1/2/2006", "2/1/2006",
	"02.01.2006", "2.1.2006",
	"2006/01/02", "2006/1/2",
	"Jan 2, 2006",
	"2 Jan 2006",
}

// swapped names the layout that differs in the order of day and month only.
var swapped = map[string]string{
	"02-01-2006": "01-02-2006", "01-02-2006": "02-01-2006", "2-1-2006": "1-2-2006", "1-2-2006": "2-1-2006",
	"01/02/2006": "02/01/2006", "02/01/2006": "01/02/2006", "1/2/2006": "2/1/2006", "2/1/2006": "1/2/2006",
}

// DateLayouts lists the layouts, in the notation of Go, that a column of dates may have.
func DateLayouts() []string { return append([]string(nil), layouts...) }

// DateJudge finds the one way in which a column writes its dates. Its zero value is
// ready; it is shown each value once and keeps none.
type DateJudge struct {
	fit   map[string]int // values by the layouts that they fit
	total int
}

// Add shows the judge one value. An empty one says nothing.
func (j *DateJudge) Add(value string) {
	value = strings.TrimSpace(value)
	if value == "" {
		return
	}
	if j.fit == nil {
		j.fit = map[string]int{}
	}
	j.total++
	like := shapeOf(value)
	for _, layout := range layouts {
		if shapeOf(layout) != like {
			continue
		}
		if _, err := time.Parse(layout, value); err == nil {
			j.fit[layout]++
		}
	}
}

// Verdict gives the layout that every value fits, in the notation of Go. It is
// ambiguous when day and month could change places in all of them, so that a person
// must say; it is not ok when there is no such layout, or no value.
func (j *DateJudge) Verdict() (layout string, ambiguous, ok bool) {
	layout, hits, total := j.Best()
	if hits == 0 || hits < total {
		return "", false, false
	}
	return layout, j.ambiguous(layout), true
}

// Best gives the layout that most values fit, how many do, and how many there are.
func (j *DateJudge) Best() (layout string, hits, total int) {
	for _, l := range layouts {
		if j.fit[l] > hits {
			layout, hits = l, j.fit[l]
		}
	}
	return layout, hits, j.total
}

func (j *DateJudge) ambiguous(layout string) bool {
	other, ok := swapped[layout]
	return ok && j.fit[other] == j.fit[layout]
}

// shape is what two writings of a date must have in common to be tried on each other:
// the byte behind the first number, or a letter in place of the number, and whether
// that number is a year.
type shape struct {
	after byte
	year  bool
}

func shapeOf(v string) shape {
	digits := 0
	for digits < len(v) && v[digits] >= '0' && v[digits] <= '9' {
		digits++
	}
	switch {
	case digits == len(v):
		return shape{}
	case digits == 0:
		return shape{after: 'a'}
	}
	return shape{after: v[digits], year: digits == 4}
}
