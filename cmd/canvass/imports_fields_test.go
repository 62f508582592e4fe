package main

import (
	"fmt"
	"net/url"
	"testing"

	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

// TestImportFields brings in a file whose columns fill fields of the organization's own,
// some of which are defined: what is planned fits them, and the commit defines the others.
func TestImportFields(t *testing.T) {
	t.Parallel()
	s := dev(t, dataDir(t))
	s.ask(t, "POST", "/v1/fields", `{"key":"tier","kind":"enum","options":["Gold","Silver"],"filterable":true}`, 201)
	for n := range 10 { // no slot is left for another number
		s.ask(t, "POST", "/v1/fields", fmt.Sprintf(`{"key":"n%d","kind":"number","filterable":true}`, n), 201)
	}
	file := "Email,Tier,Deal Size,Member Since\nann@people.example,GOLD,12,31.01.2026\nbo@people.example,silver,1.5,28.02.2026\ncy@people.example,tin,7,01.03.2026\ndi@people.example,Gold,large,02.03.2026\n"
	plan := `{"columns":[{"header":"Email","field":"email"},{"header":"Tier","field":"custom:tier","kind":"text"},` +
		`{"header":"Deal Size","field":"custom:deal_size","kind":"number"},{"header":"Member Since","field":"custom:since","kind":"date","date_format":"02.01.2006"}]}`
	i := s.planned(t, file, plan)
	if c := *i.Plan; c.Create != 2 || c.Error != 2 {
		t.Fatalf("the plan is %+v", c)
	}
	faulty := all[projections.ImportRow](t, s, "/v1/imports/"+i.ID+"/rows?outcome=error")
	if len(faulty) != 2 || faulty[0].Reasons[0].Field != "custom:tier" || faulty[1].Reasons[0].Field != "custom:deal_size" {
		t.Errorf("the rows at fault are %+v", faulty)
	}
	list := func() apphttp.FieldList {
		return parse[apphttp.FieldList](t, s.ask(t, "GET", "/v1/fields", "", 200))
	}
	if got := list(); len(got.Items) != 11 {
		t.Errorf("a plan has defined fields: %+v", got.Items)
	}
	if done := s.committed(t, i.ID); done.Result.Counts.Create != 2 || done.Result.Changed != 0 {
		t.Errorf("the result is %+v", done.Result)
	}
	shown := map[string]string{}
	for _, f := range list().Items {
		shown[f.Key] = fmt.Sprintf("%s %t %s", f.Kind, f.Filterable, f.Label)
	}
	if len(shown) != 13 || shown["deal_size"] != "number false Deal size" || shown["since"] != "date true Since" {
		t.Errorf("the fields are %v", shown)
	}
	eventually(t, "the leads are found by their values", func() bool {
		return total(t, s, "/v1/leads?filter="+url.QueryEscape("custom.tier eq gold and custom.since lt 2026-02-01")) == 1
	})
	if l := parse[apphttp.List[projections.Lead]](t, s.ask(t, "GET", "/v1/leads?email=bo@people.example", "", 200)).Items[0]; fmt.Sprint(l.Custom) != "map[deal_size:1.5 since:2026-02-28 tier:Silver]" {
		t.Errorf("a lead holds %v", l.Custom)
	}
	s.interrupt()
}
