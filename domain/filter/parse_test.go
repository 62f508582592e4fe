package filter_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/filter"
)

func fields() filter.Fields {
	return filter.NewFields(
		filter.Field{Name: "status", Kind: filter.Keyword, Values: []string{"new", "working", "customer"}},
		filter.Field{Name: "country", Kind: filter.Keyword, Normalise: strings.ToUpper},
		filter.Field{Name: "source", Kind: filter.Keyword},
		filter.Field{Name: "title", Kind: filter.Text},
		filter.Field{Name: "custom.tier", Kind: filter.Number},
		filter.Field{Name: "custom.My tier", Kind: filter.Number},
		filter.Field{Name: "created_at", Kind: filter.Date},
		filter.Field{Name: "archived", Kind: filter.Bool},
		filter.Field{Name: "tags", Kind: filter.List},
		filter.Field{Name: "phone", Kind: filter.Text},
		filter.Field{Name: "not", Kind: filter.Bool},
	)
}

// TestParse: what is understood, as its canonical text tells; "" where that is the same.
func TestParse(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                                           "",
		" \n":                                        "",
		"status eq new":                              "",
		"STATUS_eq":                                  "refused",
		`country EQ "de"`:                            "country eq DE",
		"status In(new,working)":                     "status in (new, working)",
		"status not_in (new)":                        "",
		`title contains "head of"`:                   "",
		`title eq "a \"b\" \\c"`:                     "",
		`title eq "and"`:                             "",
		`title eq eq`:                                "",
		`title eq "Größe"`:                           "",
		`title eq "true"`:                            "title eq true",
		`country eq NO and country ne in`:            "country eq NO and country ne IN",
		"custom.tier gt 3":                           "",
		`custom.tier gt "3.50"`:                      "custom.tier gt 3.5",
		"custom.tier in (+1e2, -0, .5, 1e300)":       "custom.tier in (100, 0, 0.5, 1e+300)",
		`"custom.My tier" le -1`:                     "",
		`"status" eq new`:                            "status eq new",
		`"not" eq true`:                              "",
		"not archived eq TRUE":                       "not archived eq true",
		"NOT not archived eq false":                  "not not archived eq false",
		"created_at ge 2026-01-01":                   "",
		"created_at lt 2026-01-01T00:30:00+01:00":    "created_at lt 2025-12-31T23:30:00Z",
		"created_at eq 2026-01-01T00:00:00.1234567Z": "created_at eq 2026-01-01T00:00:00.123456Z",
		"tags has vip and tags has_any (a, b) and tags contains v":                       "",
		"phone IS_EMPTY or tags is_not_empty":                                            "phone is_empty or tags is_not_empty",
		"(status eq new)":                                                                "status eq new",
		"(status eq new and (phone is_empty and not (tags has a)))":                      "status eq new and phone is_empty and not tags has a",
		"status eq new or (phone is_empty or tags has a)":                                "status eq new or phone is_empty or tags has a",
		"status eq new or (phone is_empty and tags has a)":                               "status eq new or phone is_empty and tags has a",
		"(status eq new or phone is_empty) and tags has a":                               "",
		"not (status eq new or phone is_empty) or not (phone is_empty and tags has a)":   "",
		"status eq new or phone is_empty and tags has a or not phone is_empty":           "",
		"source eq fair+2026/Berlin:hall-3@a_b.c and source ne \"a b\"":                  "",
		strings.Repeat("(", 20) + "phone is_empty" + strings.Repeat(")", 20):             "phone is_empty",
		"tags has_any (" + strings.Repeat("a, ", 199) + "a)":                             "",
		"phone is_empty" + strings.Repeat(" and phone is_empty", 99):                     "",
		"status in (new, working) and (title contains \"head of\" or custom.tier gt 3) ": "status in (new, working) and (title contains \"head of\" or custom.tier gt 3)",
	} {
		e, err := filter.Parse(in, fields())
		switch {
		case want == "refused":
			if err == nil {
				t.Errorf("%s: understood as %s", in, e)
			}
			continue
		case err != nil:
			t.Errorf("%s: %+v", in, err)
			continue
		case want == "":
			want = strings.TrimSpace(in)
		}
		if e.String() != want {
			t.Errorf("%s:\n got %s\nwant %s", in, e, want)
		}
	}
}

// TestRefusals: what is wrong is told with its place, what was found and what was expected.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"status":                                 `7: found the end, expected an operator of status, which is a keyword: eq, ne, in, not_in, is_empty, is_not_empty`,
		"status gt new":                          `8: found "gt", expected an operator of status, which is a keyword: eq, ne, in, not_in, is_empty, is_not_empty`,
		"archived in (true)":                     `10: found "in", expected an operator of archived, which is a boolean: eq, ne, is_empty, is_not_empty`,
		`title "eq" a`:                           `7: found "eq", expected an operator of title, which is a text: eq, ne, in, not_in, contains, starts_with, is_empty, is_not_empty`,
		"status eq neww":                         `11: found "neww", expected one of new, working, customer`,
		"status in (new, neww)":                  `17: found "neww", expected one of new, working, customer`,
		`status eq ""`:                           `11: found "", expected one of new, working, customer`,
		`source eq ""`:                           `11: found "", expected a value; that there is none is asked with is_empty`,
		"state eq new":                           `1: found "state", expected a field; is it status?`,
		"Status eq new":                          `1: found "Status", expected a field; is it status?`,
		"phone is_empty and tag has a":           `20: found "tag", expected a field; is it tags?`,
		"tier gt 3":                              `1: found "tier", expected a field; is it custom.tier, "custom.My tier"?`,
		"zzzzzz eq 1":                            `1: found "zzzzzz", expected a field, such as archived, country, created_at, "custom.My tier", custom.tier`,
		"custom.tier gt three":                   `16: found "three", expected a number`,
		"custom.tier gt 0x10":                    `16: found "0x10", expected a number`,
		"custom.tier gt NaN":                     `16: found "NaN", expected a number`,
		"custom.tier gt 1e999":                   `16: found "1e999", expected a number`,
		"custom.tier gt 1-2":                     `16: found "1-2", expected a number`,
		"created_at eq 2026-02-30":               `15: found "2026-02-30", expected a day (2026-01-31) or a time (2026-01-31T10:00:00Z)`,
		"created_at eq 0000-01-01":               `15: found "0000-01-01", expected a day (2026-01-31) or a time (2026-01-31T10:00:00Z)`,
		"archived eq yes":                        `13: found "yes", expected true or false`,
		"status eq and country eq DE":            `11: found "and", expected a value of status (as a value it stands in quotes)`,
		"status eq":                              `10: found the end, expected a value of status`,
		"status in new":                          `11: found "new", expected ( and values`,
		"status in ()":                           `12: found ")", expected a value of status`,
		"status in (new working)":                `16: found "working", expected "," or ")"`,
		"status in (new,":                        `16: found the end, expected a value of status`,
		"tags has_any (a":                        `16: found the end, expected "," or ")"`,
		"status eq (new)":                        `11: found "(", expected a value of status`,
		"status eq new country eq DE":            `15: found "country", expected and, or, or the end`,
		"status eq new)":                         `14: found ")", expected and, or, or the end`,
		"(status eq new":                         `15: found the end, expected and, or, or )`,
		"and":                                    `1: found "and", expected a field, not, or ( (as a value it stands in quotes)`,
		"phone is_empty or":                      `18: found the end, expected a field, not, or (`,
		"()":                                     `2: found ")", expected a field, not, or (`,
		"status = new":                           `8: found "="; operators are words, such as eq, gt, and, not`,
		"title eq Größe":                         `12: found "ö", which can stand in quotes only`,
		`tags has "ü" and status eq "ne`:         `28: found a quote that is not closed`,
		`title eq "a\n"`:                         `12: found \, which in quotes is written \\`,
		"title eq \"a\x00\"":                     `12: found a character that no text holds`,
		"title eq \"ü\xff\"":                     `12: found what is not UTF-8`,
		"title eq " + strings.Repeat("a", 3_992): `4001: the filter is longer than 4,000 characters`,
		"custom.tier in (" + strings.Repeat("9e9,", 199) + "9e9)" + strings.Repeat(" or custom.tier in ("+strings.Repeat("9e9,", 199)+"9e9)", 3): `1: the filter is longer than 4,000 characters in its canonical form`,
		strings.Repeat("(", 20) + "not phone is_empty" + strings.Repeat(")", 20):                                                                 `21: found more than 20 groups and negations within each other`,
		strings.Repeat("phone is_empty or ", 100) + "phone is_empty":                                                                             `1801: found more than 100 comparisons`,
		"tags has_any (" + strings.Repeat("a,", 200) + "a)":                                                                                      `415: found more than 200 values in a list`,
		"title eq a and " + strings.Repeat("x", 60) + " eq a":                                                                                    `16: found "` + strings.Repeat("x", 40) + `…", expected a field, such as archived, country, created_at, "custom.My tier", custom.tier`,
	} {
		e, err := filter.Parse(in, fields())
		if got := message(err); e != nil || got != "character "+want {
			t.Errorf("%s:\n got %s\nwant character %s", in, got, want)
		}
	}
	if _, err := filter.Parse("a", nil); !errors.Is(err, filter.ErrInvalid) || filter.ErrInvalid.Fields != nil {
		t.Errorf("%v, %+v", err, filter.ErrInvalid)
	}
}

// TestClosed: a field about which nobody may ask says why.
func TestClosed(t *testing.T) {
	t.Parallel()
	known := filter.NewFields(filter.Field{Name: "custom.size", Kind: filter.Number, Closed: "is not filterable"})
	if _, err := filter.Parse("not custom.size gt 1", known); message(err) != "character 5: custom.size is not filterable" {
		t.Errorf("%+v", err)
	}
}

// message is what a refusal says of the filter.
func message(err error) string {
	var refusal *domain.Error
	if !errors.As(err, &refusal) || refusal.Kind != domain.Invalid || refusal.Code != "filter.invalid" || len(refusal.Fields) != 1 || refusal.Fields[0].Name != "filter" {
		return fmt.Sprintf("no refusal: %#v", err)
	}
	return refusal.Fields[0].Message
}

func TestFields(t *testing.T) {
	t.Parallel()
	e, err := filter.Parse("title eq a or not (status eq new and tags has a) or title eq b", fields())
	if err != nil || fmt.Sprint(e.Fields()) != "[status tags title]" {
		t.Errorf("%v, %v", e, err)
	}
	if e, err = filter.Parse("", fields()); err != nil || len(e.Fields()) != 0 {
		t.Errorf("%v, %v", e, err)
	}
}

func TestAll(t *testing.T) {
	t.Parallel()
	var parts []filter.Expr
	for _, text := range []string{"", "title eq a or title eq b", "tags has a and tags has b", "phone is_empty"} {
		e, err := filter.Parse(text, fields())
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, e, nil)
	}
	for want, got := range map[string]filter.Expr{
		"":               filter.All(nil, parts[0]),
		"phone is_empty": filter.All(parts[0], parts[6]),
		"(title eq a or title eq b) and tags has a and tags has b and phone is_empty": filter.All(parts...),
	} {
		if got.String() != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
