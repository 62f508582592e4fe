package lead

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Masked is the person for who may not see where they are reached: of an address the first
// letter is left, of a phone the last two digits, so that two of them can be told apart.
func (d Details) Masked() Details {
	d.Email, d.Phone = MaskedAddress(d.Email), maskedPhone(d.Phone)
	d.Emails, d.Phones = slices.Clone(d.Emails), slices.Clone(d.Phones)
	for i := range d.Emails {
		d.Emails[i].Address = MaskedAddress(d.Emails[i].Address)
	}
	for i := range d.Phones {
		d.Phones[i].Number = maskedPhone(d.Phones[i].Number)
	}
	return d
}

// Masked is a fact for who may not see where people are reached.
func Masked(e Event) Event {
	if c, ok := e.(Captured); ok {
		c.Details = c.Masked()
		return c
	}
	edited, ok := e.(Edited)
	if !ok {
		return e
	}
	edited.Changes = slices.Clone(edited.Changes)
	for i, c := range edited.Changes {
		if slices.Contains(MaskedFields(), c.Field) {
			edited.Changes[i].From, edited.Changes[i].To = maskedChange(c.Field, c.From), maskedChange(c.Field, c.To)
		}
	}
	return edited
}

// MaskedFields lists the fields that are masked: to filter, count or search by them would
// tell what they hold.
func MaskedFields() []string { return []string{"email", emailsField, "phone", phonesField} }

// Hidden stands for what is masked.
const Hidden = "***"

func maskedChange(field, v string) string {
	switch field {
	case "email":
		return MaskedAddress(v)
	case "phone":
		return maskedPhone(v)
	}
	return "" // a list: what is in it is not told
}

// MaskedAddress is an address for who may not see it.
func MaskedAddress(v string) string {
	if v == "" {
		return ""
	}
	first, _ := utf8.DecodeRuneInString(v)
	top := ""
	if i := strings.LastIndexByte(v, '.'); i > strings.LastIndexByte(v, '@') {
		top = v[i:]
	}
	return string(first) + Hidden + "@" + Hidden + top
}

func maskedPhone(v string) string {
	if len(v) < 6 {
		if v == "" {
			return ""
		}
		return Hidden
	}
	return Hidden + v[len(v)-2:]
}
