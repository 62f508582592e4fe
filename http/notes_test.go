package http_test

import (
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain/access"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

type noteReceipt struct {
	apphttp.Receipt

	Note string `json:"note"`
}

// TestNotes writes notes about a lead, reads them and takes them away.
func TestNotes(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.User)
	id := m.capture(t, `{"name":"Persona"}`).ID
	at := "/v1/leads/" + id + "/notes"
	before := m.head(t)
	made := m.ask(t, "POST", at, `{"text":" Called.\nTwice. "}`, "Idempotency-Key", "a").wants(t, 201)
	one := into[noteReceipt](t, made)
	if one.ID != id || one.Version != 2 || made.header.Get("ETag") != `"2"` || made.header.Get("Location") != at+"/"+one.Note {
		t.Errorf("%+v, at %q", one, made.header.Get("Location"))
	}
	if again := into[noteReceipt](t, m.ask(t, "POST", at, `{"text":" Called.\nTwice. "}`, "Idempotency-Key", "a").wants(t, 201)); again != one {
		t.Errorf("repeated: %+v, want %+v", again, one)
	}
	m.ask(t, "POST", at, `{"text":"Other"}`, "Idempotency-Key", "a").refuses(t, 409, "idempotency.reused")
	boss := m.colleague(t, m.Org, access.Admin)
	two := into[noteReceipt](t, boss.ask(t, "POST", at, `{"text":"Wrote."}`, "If-Match", `"2"`).wants(t, 201))
	m.ask(t, "POST", at, `{"text":"Late."}`, "If-Match", `"2"`).refuses(t, 412, "precondition.failed")
	for body, field := range map[string]string{`{"text":""}`: "text", `{"text":"` + strings.Repeat("x", 5001) + `"}`: "text", `{"text":"a\u0007"}`: "text", `{}`: "text", `{"text":null}`: "text", `{"text":7}`: "text"} {
		if p := m.ask(t, "POST", at, body).refuses(t, 422, "request.invalid"); len(p.Fields) != 1 || p.Fields[0].Name != field {
			t.Errorf("%s: the fields at fault are %v", body, p.Fields)
		}
	}
	if got := boss.facts(t, before); strings.Count(got, "lead.noted") != 2 || !strings.Contains(got, `lead.noted {"note":"`+one.Note+`","text":"Called.\nTwice."}`) {
		t.Errorf("the facts are %s", got)
	}

	list := into[apphttp.List[projections.Note]](t, m.fresh(t, at).wants(t, 200))
	if len(list.Items) != 2 || list.Total.Value != 2 || list.Items[0].Text != "Wrote." || list.Items[0].Author != "user:"+boss.ID || list.Items[1].ID != one.Note || list.Items[1].Author != "user:"+m.ID {
		t.Errorf("the notes are %+v", list)
	}
	first := into[apphttp.List[projections.Note]](t, m.ask(t, "GET", at+"?limit=1", ""))
	if next := into[apphttp.List[projections.Note]](t, m.ask(t, "GET", at+"?limit=1&cursor="+first.NextCursor, "")); next.Items[0].ID != one.Note || next.NextCursor != "" {
		t.Errorf("the second page holds %+v", next)
	}
	other := m.capture(t, `{"name":"Persona"}`).ID
	m.fresh(t, "/v1/leads/"+other+"/notes?cursor="+first.NextCursor).refuses(t, 422, "cursor.invalid")

	m.ask(t, "DELETE", "/v1/leads/"+other+"/notes/"+one.Note, "").refuses(t, 404, "note.not_found")
	m.ask(t, "DELETE", at+"/"+one.Note, "").wants(t, 200)
	m.ask(t, "DELETE", at+"/"+one.Note, "").wants(t, 200)
	if list := into[apphttp.List[projections.Note]](t, m.fresh(t, at)); len(list.Items) != 1 || list.Items[0].ID != two.Note || list.Total.Value != 1 {
		t.Errorf("one is left: %+v", list)
	}
	m.ask(t, "POST", "/v1/leads/"+id+"/archive", "").wants(t, 200)
	m.ask(t, "POST", at, `{"text":"x"}`).refuses(t, 409, "lead.archived")
	m.fresh(t, at).wants(t, 200)
	boss.ask(t, "POST", "/v1/leads/"+id+"/erase", "").wants(t, 200)
	if body := boss.fresh(t, at).wants(t, 200).body; strings.Contains(body, "Wrote") || !strings.Contains(body, two.Note) {
		t.Errorf("of an erased lead: %s", body)
	}
	boss.ask(t, "DELETE", "/v1/leads/"+other, "").wants(t, 200)
	boss.fresh(t, "/v1/leads/"+other+"/notes").refuses(t, 404, "lead.not_found")
}
