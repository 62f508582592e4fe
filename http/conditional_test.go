package http_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
)

// The lead of these specs is at version 2.
func TestIfMatch(t *testing.T) {
	t.Parallel()
	given := []lead.Event{captured(), lead.StatusChanged{From: lead.New, To: lead.Working}}
	var specs []spec
	for name, c := range map[string]struct {
		tags   []string
		status int
		fields []string
	}{
		"the newest":                      {tags: []string{`"2"`}, status: 200},
		"an older one":                    {tags: []string{`"1"`}, status: 412},
		"one that is yet to come":         {tags: []string{`"3"`}, status: 412},
		"any":                             {tags: []string{`*`}, status: 200},
		"any with space":                  {tags: []string{` * `}, status: 200},
		"a list with the newest":          {tags: []string{`"1", "2"`}, status: 200},
		"a list without space":            {tags: []string{`"2","1"`}, status: 200},
		"a list without the newest":       {tags: []string{`"1", "7"`}, status: 412},
		"empty elements (RFC 9110 5.6.1)": {tags: []string{`, "1",, "2" ,`}, status: 200},
		"a list over two lines":           {tags: []string{`"1"`, `"2"`}, status: 200},
		"weak never matches":              {tags: []string{`W/"2"`}, status: 412},
		"weak in a list":                  {tags: []string{`W/"1", "2"`}, status: 200},
		"another server's tag":            {tags: []string{`"abc"`}, status: 412},
		"a comma inside a tag":            {tags: []string{`"a,b", "2"`}, status: 200},
		"a second name of the version":    {tags: []string{`"02"`}, status: 412},
		"the empty tag":                   {tags: []string{`""`}, status: 412},
		"no quotes":                       {tags: []string{`2`}, status: 422, fields: []string{"If-Match"}},
		"an open quote":                   {tags: []string{`"2`}, status: 422, fields: []string{"If-Match"}},
		"no comma":                        {tags: []string{`"1" "2"`}, status: 422, fields: []string{"If-Match"}},
		"any among tags":                  {tags: []string{`"1", *`}, status: 422, fields: []string{"If-Match"}},
		"a weak mark alone":               {tags: []string{`W/`}, status: 422, fields: []string{"If-Match"}},
		"commas alone":                    {tags: []string{`, ,`}, status: 422, fields: []string{"If-Match"}},
		"lower-case weak":                 {tags: []string{`w/"2"`}, status: 422, fields: []string{"If-Match"}},
	} {
		s := spec{name: name, given: given, ask: request{method: "PATCH", path: "/v1/leads/$lead", body: `{"title":"CEO"}`}, status: c.status, fields: c.fields}
		for _, tag := range c.tags {
			s.ask.headers = append(s.ask.headers, "If-Match", tag)
		}
		switch c.status {
		case http.StatusOK:
			s.facts, s.header = []string{`lead.edited {"changes":[{"field":"title","from":"","to":"CEO"}]}`}, map[string]string{"ETag": `"3"`}
		case http.StatusPreconditionFailed:
			s.code = "precondition.failed"
		default:
			s.code = "request.invalid"
		}
		specs = append(specs, s)
	}
	run(t, specs)
}

func TestIfMatchElsewhere(t *testing.T) {
	t.Parallel()
	match := func(method, path, body, tag string) request {
		return request{method: method, path: path, body: body, headers: []string{"If-Match", tag}}
	}
	run(t, []spec{
		{name: "a command", given: []lead.Event{captured()}, ask: match("POST", "/v1/leads/$lead/archive", "", `"1"`), status: 200, facts: []string{"lead.archived {}"}},
		{name: "a stale command", given: []lead.Event{captured(), archived}, ask: match("POST", "/v1/leads/$lead/restore", "", `"1"`), status: 412, code: "precondition.failed"},
		{name: "an erasure of what has changed", given: []lead.Event{captured(), archived}, ask: match("POST", "/v1/leads/$lead/erase", "", `"1"`), status: 412, code: "precondition.failed"},
		{name: "no lead", ask: match("PATCH", "/v1/leads/$lead", `{"title":"CEO"}`, `"1"`), status: 404, code: "lead.not_found"},
		{name: "any of no lead", ask: match("PATCH", "/v1/leads/$lead", `{"title":"CEO"}`, `*`), status: 404, code: "lead.not_found"},
		{name: "a lead that is to be made has no version", ask: match("POST", "/v1/leads", `{"name":"Persona"}`, `"1"`), status: 412, code: "precondition.failed"},
		{name: "even though nothing would change", given: []lead.Event{captured(), archived}, ask: match("POST", "/v1/leads/$lead/archive", "", `"1"`), status: 412, code: "precondition.failed"},
	})
}

func TestIfNoneMatch(t *testing.T) {
	t.Parallel()
	given := []lead.Event{captured(), archived}
	var specs []spec
	for name, c := range map[string]struct {
		tags   []string
		status int
	}{
		"the newest":                  {[]string{`"2"`}, 304},
		"weak matches here":           {[]string{`W/"2"`}, 304},
		"any":                         {[]string{`*`}, 304},
		"a list":                      {[]string{`"1", "2"`}, 304},
		"a list over two lines":       {[]string{`"1"`, `"2"`}, 304},
		"an older one":                {[]string{`"1"`}, 200},
		"what cannot be read is none": {[]string{`2`}, 200},
	} {
		s := spec{name: name, given: given, ask: request{method: "GET", path: "/v1/leads/$lead"}, status: c.status, header: map[string]string{"ETag": `"2"`}}
		for _, tag := range c.tags {
			s.ask.headers = append(s.ask.headers, "If-None-Match", tag)
		}
		specs = append(specs, s)
	}
	run(t, specs)
}

// A write that is conditional never lands on a version that its writer has not seen,
// and one that is not conditional is carried out although others write too.
func TestRacingEdits(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, "admin")
	id := m.capture(t, `{"name":"Persona"}`).ID
	const writers = 6
	answers := make(chan answer, writers)
	for i := range writers {
		go func() {
			a, err := m.try(t.Context(), http.MethodPatch, "/v1/leads/"+id, `{"title":"writer `+string(rune('a'+i))+`"}`, "If-Match", `"1"`)
			if err != nil {
				a.body = err.Error()
			}
			answers <- a
		}()
	}
	won := 0
	for range writers {
		switch a := <-answers; a.status {
		case http.StatusOK:
			won++
		default:
			a.refuses(t, http.StatusPreconditionFailed, "precondition.failed")
		}
	}
	if won != 1 {
		t.Errorf("%d conditional writes on one version", won)
	}
}

// Every read of one record knows If-None-Match, and every tag that it shows does for
// If-Match.
func TestEverySingleReadIsConditional(t *testing.T) {
	t.Parallel()
	m := shared(t).founder(t)
	names := m.records(t)
	promised.load()
	singles := 0
	for path, operations := range promised.doc.Paths {
		if !strings.HasPrefix(path, "/v1/") || !strings.HasSuffix(path, "/{id}") || operations["get"] == nil || operations["get"].OperationID == "getMember" {
			continue
		}
		singles++
		at := names(path)
		tag := m.fresh(t, at).wants(t, 200).header.Get("ETag")
		for _, c := range []struct {
			value string
			want  int
		}{{tag, 304}, {"W/" + tag, 304}, {`"0", ` + tag, 304}, {"*", 304}, {`"7"`, 200}, {strings.Trim(tag, `"`), 200}} {
			got := m.ask(t, "GET", at, "", "If-None-Match", c.value).wants(t, c.want)
			if got.header.Get("ETag") != tag {
				t.Errorf("%s: the tag is %s, and was %s", at, got.header.Get("ETag"), tag)
			}
		}
		if operations["patch"] != nil {
			m.ask(t, "PATCH", at, `{}`, "If-Match", "W/"+tag).refuses(t, 412, "precondition.failed")
			m.ask(t, "PATCH", at, `{}`, "If-Match", tag).wants(t, 200)
		}
	}
	if singles < 8 {
		t.Errorf("only %d reads of one record", singles)
	}
}

// What is shown beside a record's own facts is in its tag: who holds an old count is
// shown the new one.
func TestTagsOfCounts(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	at := "/v1/segments/" + m.ask(t, "POST", "/v1/segments", `{"name":"New","filter":"status eq new"}`).wants(t, 201).receipt(t).ID
	before := m.fresh(t, at).wants(t, 200)
	m.capture(t, `{"name":"Persona"}`)
	m.fresh(t, at)
	after := m.ask(t, "GET", at, "", "If-None-Match", before.header.Get("ETag")).wants(t, 200)
	if after.body == before.body {
		t.Errorf("the count stays %s", after.body)
	}
	m.ask(t, "PATCH", at, `{"name":"Newer"}`, "If-Match", before.header.Get("ETag")).wants(t, 200) // it is at that version
	m.ask(t, "PATCH", at, `{"name":"Newest"}`, "If-Match", before.header.Get("ETag")).refuses(t, 412, "precondition.failed")
}

// Nothing that is to be made has a version.
func TestNothingIsMadeUnderACondition(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	before := m.head(t)
	for path, body := range map[string]string{
		"/v1/leads": `{"name":"Persona"}`, "/v1/companies": `{"name":"Engines"}`, "/v1/segments": `{"name":"All","kind":"list"}`, "/v1/fields": `{"key":"tier","kind":"text"}`,
		"/v1/tasks": `{"title":"Call"}`, "/v1/imports": "name\nPersona\n", "/v1/mappings": `{"name":"Fairs","columns":[{"header":"Mail","field":"email"}]}`,
		"/v1/suppressions": `{"email":"ada@people.example"}`, "/v1/senders": `{"name":"Ada","email":"ada@mail.example"}`, "/v1/templates": `{"name":"Spring","subject":"Hello","text":"Hello"}`,
		"/v1/campaigns":    `{"name":"Spring","sender":"` + someone + `","template":"` + someone + `","audience":{"all":true}}`,
		"/v1/bulk-actions": `{"action":{"kind":"tag","add":["x"]},"selection":{"all":true}}`,
	} {
		m.ask(t, "POST", path, body, "If-Match", `"1"`).refuses(t, 412, "precondition.failed")
	}
	if news := m.facts(t, before); news != "" {
		t.Errorf("refused requests added facts:\n%s", news)
	}
}
