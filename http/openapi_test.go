package http_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// The description is OpenAPI 3.1, as another library reads it.
func TestDescriptionIsValid(t *testing.T) {
	t.Parallel()
	_, raw, err := describe(logged.logger())
	if err != nil {
		t.Fatal(err)
	}
	valid := func(raw []byte) error {
		loader := openapi3.NewLoader()
		d, err := loader.LoadFromData(raw)
		if err != nil {
			return err
		}
		// huma says in words what a pattern means; 3.1 allows keywords of one's own in a schema.
		return d.Validate(loader.Context, openapi3.AllowExtraSiblingFields("patternDescription"))
	}
	if err := valid(raw); err != nil {
		t.Error(err)
	}
	if err := valid([]byte(strings.Replace(string(raw), `"operationId": "getLead"`, `"operationId": "listLeads"`, 1))); err == nil {
		t.Error("a description with one operation id twice is taken for valid")
	}
}

// Everything that an operation takes and answers has an example, and each example is what
// its schema describes.
func TestExamples(t *testing.T) {
	t.Parallel()
	promised.load()
	examples := 0
	content := func(where, at string, kinds map[string]mediaType) {
		for kind, m := range kinds {
			all := map[string]any{"": m.Example}
			if m.Example == nil {
				delete(all, "")
			}
			for name, e := range m.Examples {
				all[name] = e.Value
			}
			if len(all) == 0 {
				t.Errorf("%s: there is no example of %s", where, kind)
			}
			for name, e := range all {
				examples++
				if err := promised.fits(at+pointer("content", kind, "schema"), numbers(e)); err != nil {
					t.Errorf("%s: the example %q does not fit: %v", where, name, err)
				}
			}
		}
	}
	for path, operations := range promised.doc.Paths {
		for method, o := range operations {
			at := pointer("paths", path, method)
			for i, p := range o.Parameters {
				if p.In == "path" {
					if err := promised.fits(at+pointer("parameters", strconv.Itoa(i), "schema"), p.Example); err != nil || p.Example == nil {
						t.Errorf("%s: the example of %s: %v", o.OperationID, p.Name, err)
					}
				}
			}
			if o.RequestBody != nil {
				content(o.OperationID, at+pointer("requestBody"), o.RequestBody.Content)
			}
			for status, r := range o.Responses {
				content(o.OperationID+" "+status, at+pointer("responses", status), r.Content)
			}
		}
	}
	for name, r := range promised.doc.Components.Responses {
		content(name, pointer("components", "responses", name), r.Content)
	}
	if examples < 150 {
		t.Errorf("only %d examples", examples)
	}
}

// What the examples of bodies ask for can be asked: none is refused for what it says.
func TestExamplesAreTaken(t *testing.T) {
	t.Parallel()
	m := shared(t).founder(t)
	names := m.records(t)
	promised.load()
	for path, operations := range promised.doc.Paths {
		for method, o := range operations {
			if o.RequestBody == nil {
				continue
			}
			for kind, media := range o.RequestBody.Content {
				body, ok := media.Example.(string)
				if !ok {
					text, err := json.Marshal(media.Example)
					if err != nil {
						t.Fatal(err)
					}
					body = string(text)
				}
				got := m.ask(t, strings.ToUpper(method), names(path), body, "Content-Type", kind)
				if got.status == 400 || got.status == 422 || got.status == 415 {
					t.Errorf("%s refuses the example of its body: %s\n%s", o.OperationID, got.body, body)
				}
			}
		}
	}
}

// numbers is a value as it comes out of JSON: what is a number in Go is one of JSON then.
func numbers(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		return v
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		return v
	}
	return out
}

// A refusal that can be told from what an operation takes is said of each that takes it.
func TestCodesAreSaid(t *testing.T) {
	t.Parallel()
	promised.load()
	codes := func(o *described, status int) []string {
		r := o.Responses[strconv.Itoa(status)]
		if r == nil {
			return nil
		}
		if r.Ref == "" {
			return r.Codes
		}
		return promised.doc.Components.Responses[strings.TrimPrefix(r.Ref, "#/components/responses/")].Codes
	}
	for path, operations := range promised.doc.Paths {
		for _, o := range operations {
			want := map[int][]string{400: {"request.malformed"}, 422: {"request.invalid"}, 500: {"internal"}}
			if strings.HasPrefix(path, "/v1/") {
				want[401], want[403], want[503] = []string{"token.invalid"}, []string{"access.denied"}, []string{"log.unavailable"}
			}
			if strings.Contains(path, "{id}") {
				want[404] = nil
			}
			for _, p := range o.Parameters {
				switch p.Name {
				case "If-Match":
					want[412] = []string{"precondition.failed"}
				case "Idempotency-Key":
					want[409] = []string{"idempotency.reused"}
				case "If-None-Match":
					if o.Responses[strconv.Itoa(http.StatusNotModified)] == nil {
						t.Errorf("%s takes If-None-Match and never says 304", o.OperationID)
					}
				case "Canvass-Min-Position":
					want[503] = append(want[503], "projection-behind")
				case "cursor":
					want[422] = append(want[422], "cursor.invalid")
				}
			}
			if o.RequestBody != nil {
				want[413] = []string{"request.too_large"}
			}
			for status, names := range want {
				have := codes(o, status)
				if len(have) == 0 {
					t.Errorf("%s does not say with which codes it answers %d", o.OperationID, status)
				}
				for _, name := range names {
					if !slices.Contains(have, name) {
						t.Errorf("%s does not say that it may answer %d %s, but %v", o.OperationID, status, name, have)
					}
				}
			}
		}
	}
}

// What every operation takes, it takes in the same way: writes can be repeated and made
// conditional, reads can wait, lists go on by cursor.
func TestOperationsAreAlike(t *testing.T) {
	t.Parallel()
	promised.load()
	exempt := map[string]bool{
		"countBulkAction": true, "previewTemplate": true, "dryRunCampaign": true, "listFields": true, "listOrganizations": true, // they change nothing; all of them
		"downloadImportErrors": true, "streamEvents": true, "getMe": true, "getMember": true, "openOpsSession": true, // a file; a stream; no record; a part of one; no record
		"receiveMail": true, "exportRecipients": true, // what is told twice is known to be; a file
	}
	for path, operations := range promised.doc.Paths {
		if !strings.HasPrefix(path, "/v1/") {
			continue
		}
		for method, o := range operations {
			takes := map[string]string{}
			for _, p := range o.Parameters {
				schema := maps.Clone(p.Schema)
				delete(schema, "description")
				takes[p.Name] = fmt.Sprint(schema)
			}
			need := []string{"Idempotency-Key", "If-Match"}
			if method == "get" {
				need = []string{"Canvass-Min-Position"}
				if strings.HasPrefix(o.OperationID, "list") {
					need = append(need, "limit", "cursor")
				} else if strings.HasSuffix(path, "/{id}") {
					need = append(need, "If-None-Match")
				}
			}
			for _, name := range need {
				if takes[name] == "" && !exempt[o.OperationID] {
					t.Errorf("%s does not take %s", o.OperationID, name)
				}
			}
			if have, want := takes["cursor"], "map[maxLength:1000 type:string]"; have != "" && have != want {
				t.Errorf("%s takes a cursor of another kind: %s", o.OperationID, have)
			}
		}
	}
}
