package template_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/template"
)

var (
	first  = template.Source{Subject: "Hi {{ name }}", Text: "One"}
	second = template.Source{Subject: "Hi {{ name }}", Text: "Two"}
)

func content(src template.Source, revision int) template.Content {
	return template.Content{Source: src, Compiled: template.Compiled{Subject: src.Subject, Text: src.Text, Variables: []string{"name"}}, Revision: revision}
}

// TestTemplate: given what happened, when somebody asks, then this is decided.
func TestTemplate(t *testing.T) {
	t.Parallel()
	created := template.Created{Name: "Spring", Content: content(first, 1)}
	changed := template.Changed{Name: "Spring", Content: content(second, 2)}
	type given []template.Event
	text := func(s string) *string { return &s }
	create := func(name string, src template.Source) func(template.Template) ([]template.Event, error) {
		return func(s template.Template) ([]template.Event, error) { return s.Create(name, src) }
	}
	change := func(name, subject, html, text *string) func(template.Template) ([]template.Event, error) {
		return func(s template.Template) ([]template.Event, error) { return s.Change(name, subject, html, text) }
	}
	for name, c := range map[string]struct {
		given given
		when  func(template.Template) ([]template.Event, error)
		then  []template.Event
		fault string // a code, or the field at fault
	}{
		"created":                {nil, create(" Spring ", first), []template.Event{created}, ""},
		"created twice":          {given{created}, create("Spring", first), nil, "template.exists"},
		"without a name":         {nil, create(" ", first), nil, "name"},
		"without a subject":      {nil, create("Spring", template.Source{Text: "x"}), nil, "subject"},
		"without a body":         {nil, create("Spring", template.Source{Subject: "x"}), nil, "html"},
		"with a fault":           {nil, create("Spring", template.Source{Subject: "x", Text: "{{ nme }}"}), nil, "text"},
		"says something else":    {given{created}, change(nil, nil, nil, text("Two")), []template.Event{changed}, ""},
		"says the same":          {given{created}, change(text("Spring"), text(first.Subject), text(""), nil), nil, ""},
		"asks for nothing":       {given{created}, change(nil, nil, nil, nil), nil, ""},
		"renamed":                {given{created, changed}, change(text("May"), nil, nil, nil), []template.Event{template.Changed{Name: "May", Content: content(second, 2)}}, ""},
		"back to what it said":   {given{created, changed}, change(nil, nil, nil, text("One")), []template.Event{template.Changed{Name: "Spring", Content: content(first, 3)}}, ""},
		"changed to nothing":     {given{created}, change(nil, nil, nil, text("")), nil, "html"},
		"changed before":         {nil, change(text("May"), nil, nil, nil), nil, "template.not_found"},
		"changed though deleted": {given{created, template.Deleted{}}, change(text("May"), nil, nil, nil), nil, "template.not_found"},
		"deleted":                {given{created}, template.Template.Delete, []template.Event{template.Deleted{}}, ""},
		"deleted twice":          {given{created, template.Deleted{}}, template.Template.Delete, nil, ""},
		"deleted before":         {nil, template.Template.Delete, nil, "template.not_found"},
		"restored":               {given{created, template.Deleted{}}, template.Template.Restore, []template.Event{template.Restored{}}, ""},
		"restored though there":  {given{created}, template.Template.Restore, nil, ""},
		"restored before":        {nil, template.Template.Restore, nil, "template.not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := c.when(domain.Fold(template.Template{}, c.given...))
			if !reflect.DeepEqual(got, c.then) || faultOf(err) != c.fault {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func faultOf(err error) string {
	refusal, ok := errors.AsType[*domain.Error](err)
	switch {
	case !ok:
		return ""
	case len(refusal.Fields) > 0:
		return refusal.Fields[0].Name
	}
	return refusal.Code
}

// TestRevisions: a mail that was begun with a revision is written with it, after changes
// and a deletion too.
func TestRevisions(t *testing.T) {
	t.Parallel()
	one := domain.Fold[template.Template, template.Event](template.Template{}, template.Created{Name: "Spring", Content: content(first, 1)})
	two := domain.Fold[template.Template, template.Event](one, template.Changed{Name: "May", Content: content(second, 2)}, template.Deleted{})
	if c, ok := two.At(1); !ok || c.Text != "One" {
		t.Errorf("%+v", c)
	}
	if c, ok := two.At(2); !ok || c.Text != "Two" {
		t.Errorf("%+v", c)
	}
	if _, ok := one.At(2); ok || two.Claims() != nil {
		t.Errorf("%+v", one)
	}
	if claims := one.Claims(); len(claims) != 1 || claims[0] != (domain.Claim{Scope: "template.name", Value: "spring"}) {
		t.Errorf("%+v", claims)
	}
}

// TestStored: what is kept of a template renders as it did when it was saved.
func TestStored(t *testing.T) {
	t.Parallel()
	facts, err := template.Template{}.Create("x", template.Source{Subject: "{{ first_name }}", HTML: `<style>a{color:red}</style><a href="https://a.example/?a&amp;b">{{ company }}</a>`})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(facts[0])
	if err != nil {
		t.Fatal(err)
	}
	fact, err := template.Schema()[0].Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := domain.Fold(template.Template{}, fact.(template.Event)).At(1)
	r, err := c.Parse()
	if err != nil {
		t.Fatal(err)
	}
	m, err := r.Render(ada, func(int) string { return "https://t.example/1" })
	want := template.Message{Subject: "Ada", HTML: `<a style="color:red" href="https://t.example/1">Hara &amp; Sons &lt;b&gt;</a>`, Text: "Hara & Sons <b> <https://a.example/?a&b>\n"}
	if err != nil || m != want {
		t.Errorf("%+v, %v", m, err)
	}
}
