package filter_test

import (
	"testing"
	"time"

	"github.com/canvass-hq/canvass/domain/filter"
)

// TestMatches: what each operator says of one lead.
func TestMatches(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 31, 23, 59, 59, 999_999_999, time.UTC)
	ann := map[string]filter.Value{
		"status": filter.TextValue("new"), "country": filter.TextValue(""), "title": filter.TextValue("Leiterin der STRASSENMEISTEREI, Müller & Co"),
		"custom.tier": filter.NumberValue(3), "created_at": filter.TimeValue(at), "archived": filter.BoolValue(false),
		"tags": filter.ListValue([]string{"vip", "Berlin"}), "source": filter.NumberValue(1), // once a keyword, now a number
	}
	for _, c := range []struct {
		holds  []string
		denied []string
	}{
		{
			[]string{"", "status eq new", "status in (working, new)", "status ne working", "status not_in (working)", "status is_not_empty"},
			[]string{"status eq working", "status ne new", "status not_in (working, new)", "status is_empty", "not status eq new"},
		},
		{
			[]string{"country ne DE", "country not_in (DE)", "country is_empty", "not country eq DE", "not country is_not_empty"},
			[]string{"country eq DE", "country in (DE)", "not country ne DE"},
		},
		{
			[]string{`title contains "MÜLLER"`, "title starts_with leiterin", `title contains "straßenmeisterei"`, "title contains \"mu\u0308ller\"", "title ne a"},
			[]string{"title eq leiterin", "title starts_with der", `title contains "%"`, "title in (a, b)"},
		},
		{
			[]string{"custom.tier eq 3.0", "custom.tier ge 3", "custom.tier le 3", "custom.tier gt 2", "custom.tier lt 4", "custom.tier in (1, 3)"},
			[]string{"custom.tier gt 3", "custom.tier lt 3", "custom.tier ne 3", "custom.tier not_in (3)"},
		},
		{
			[]string{
				"created_at eq 2026-01-31", "created_at le 2026-01-31", "created_at ge 2026-01-31", "created_at lt 2026-02-01", "created_at gt 2026-01-30", "created_at ne 2026-02-01",
				"created_at eq 2026-01-31T23:59:59.999999Z", "created_at gt 2026-01-31T23:59:59Z", "created_at lt 2026-01-31T23:59:59.999999-01:00",
			},
			[]string{"created_at lt 2026-01-31", "created_at gt 2026-01-31", "created_at ne 2026-01-31", "created_at eq 2026-01-31T23:59:59Z", "created_at ge 2026-02-01"},
		},
		{[]string{"archived eq false", "archived ne true", "not archived eq true"}, []string{"archived eq true", "archived ne false", "archived is_empty"}},
		{
			[]string{"tags has vip", "tags has_any (a, Berlin)", "tags contains erl", "tags is_not_empty"},
			[]string{"tags has berlin", "tags has vi", "tags has_any (a, b)", "tags contains a", "tags is_empty"},
		},
		{[]string{"source is_empty", "source ne a", "phone is_empty", "phone ne a"}, []string{"source eq a", "phone eq a", "phone contains a", "phone starts_with a"}},
		{
			[]string{"status eq working or status eq new and archived eq false", "not (status eq new and archived eq true)"},
			[]string{"(status eq working or status eq new) and archived eq true", "not (status eq new or archived eq true)"},
		},
	} {
		for want, texts := range map[bool][]string{true: c.holds, false: c.denied} {
			for _, text := range texts {
				e, err := filter.Parse(text, fields())
				if err != nil {
					t.Errorf("%s: %+v", text, err)
				} else if e.Matches(func(field string) filter.Value { return ann[field] }) != want {
					t.Errorf("%s: not %v", text, want)
				}
			}
		}
	}
}
