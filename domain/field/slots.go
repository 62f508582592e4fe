package field

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/filter"
)

// How many fields of one organization can be filtered by.
const (
	TextSlots    = 10 // text, choices and URLs together
	NumberSlots  = 10
	DateSlots    = 6
	BooleanSlots = 6
)

// SlotText is how much of a text is filtered by, in characters: an index takes no more.
const SlotText = 200

// slots are the letter of the slots that a kind has, and how many there are.
func (k Kind) slots() (letter string, n int) {
	switch k {
	case Text, Enum, URL:
		return "t", TextSlots
	case Number:
		return "n", NumberSlots
	case Date:
		return "d", DateSlots
	case Boolean:
		return "b", BooleanSlots
	default:
		return "", 0
	}
}

// Compared is how a filter compares what a field of the kind holds.
func (k Kind) Compared() filter.Kind {
	switch k {
	case Number:
		return filter.Number
	case Date:
		return filter.Date
	case Boolean:
		return filter.Bool
	default:
		return filter.Text
	}
}

// Slots lists the slots of the kind: n1, n2, ...
func (k Kind) Slots() []string {
	letter, n := k.slots()
	out := make([]string, n)
	for i := range out {
		out[i] = letter + strconv.Itoa(i+1)
	}
	return out
}

// ErrNoSlot refuses to filter by another field of a kind.
var ErrNoSlot = &domain.Error{Kind: domain.Conflict, Code: "field.no_slot", Message: "as many fields of this kind can be filtered by as there may be"}

func (k Kind) errNoSlot() error {
	e := *ErrNoSlot
	e.Fields = []domain.Field{{Name: "filterable", Message: fmt.Sprintf("all %d slots of the kind %s are taken", len(k.Slots()), k)}}
	return &e
}

// AsText is a value as a slot of text holds it: folded, and its beginning.
func AsText(folded string) string {
	if runes := []rune(folded); len(runes) > SlotText {
		return string(runes[:SlotText])
	}
	return folded
}

// What a value of the other kinds of slot looks like once filter.Fold has been at it. The
// database reads values by the same patterns, so both take the same ones.
const (
	NumberPattern = `^-?[0-9]{1,15}(\.[0-9]{1,15})?$`
	DatePattern   = `^(000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])(t([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?z)?$`
)

var (
	numberForm = regexp.MustCompile(NumberPattern)
	dateForm   = regexp.MustCompile(DatePattern)
)

// AsNumber is a folded value as a slot of numbers holds it; what is none is not there.
func AsNumber(folded string) (float64, bool) {
	if !numberForm.MatchString(folded) {
		return 0, false
	}
	n, err := strconv.ParseFloat(folded, 64)
	if n == 0 {
		return 0, err == nil // zero has no sign
	}
	return n, err == nil
}

// AsTime is a folded value as a slot of dates holds it: a day is its start in UTC.
func AsTime(folded string) (time.Time, bool) {
	if !dateForm.MatchString(folded) {
		return time.Time{}, false
	}
	layout := time.DateOnly
	if len(folded) > len(layout) {
		layout = "2006-01-02t15:04:05z"
	}
	at, err := time.Parse(layout, folded)
	return at, err == nil
}

// AsBoolean is a folded value as a slot of yes and no holds it.
func AsBoolean(folded string) (value, ok bool) {
	return folded == "true", folded == "true" || folded == "false"
}

// slot is the next one to try: those that seem free first, for of the others one may be
// free by now.
func (k Known) slot(of Kind) (string, error) {
	offer := k.Fields.Free(of)
	offer = append(offer, slices.DeleteFunc(of.Slots(), func(slot string) bool { return slices.Contains(offer, slot) })...)
	if k.Tried >= len(offer) {
		return "", of.errNoSlot()
	}
	return offer[k.Tried], nil
}

// Free lists the slots of a kind that none of the fields has, the lowest first.
func (s Set) Free(k Kind) []string {
	return slices.DeleteFunc(k.Slots(), func(slot string) bool {
		for _, f := range s {
			if f.Slot == slot {
				return true
			}
		}
		return false
	})
}
