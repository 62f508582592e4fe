package http

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/canvass-hq/canvass/domain"
)

// needs says which permission an operation needs.
func needs(o *huma.Operation, need domain.Permission) {
	o.Description += fmt.Sprintf("\n\nNeeds the permission `%s`.", need)
	if o.Extensions == nil {
		o.Extensions = map[string]any{}
	}
	o.Extensions[permissionKey] = need
}

// raw registers an operation whose body or answer huma would hold in memory: a file, a
// stream. Its parameters are the tagged fields of I, as huma has them: text and whole numbers.
func raw[I any](s *Server, o huma.Operation, need domain.Permission, do func(echo.Context, *I) error) {
	needs(&o, need)
	fields := paramsOf(s.api.OpenAPI().Components.Schemas, reflect.TypeFor[I]())
	for _, f := range fields {
		o.Parameters = append(o.Parameters, f.param)
	}
	s.add(&o, func(c echo.Context) error {
		if err := principalOf(c.Request().Context()).Allows(need); err != nil {
			return err
		}
		var in I
		if err := s.read(c, &o, fields, reflect.ValueOf(&in).Elem()); err != nil {
			return err
		}
		return do(c, &in)
	})
}

// open registers an operation that answers anybody.
func (s *Server) open(o huma.Operation, do echo.HandlerFunc) {
	o.Security = []map[string][]string{{}}
	o.Description += "\n\nNeeds no token."
	s.add(&o, do)
}

func (s *Server) add(o *huma.Operation, do echo.HandlerFunc) {
	s.api.OpenAPI().AddOperation(o)
	s.echo.Add(o.Method, strings.NewReplacer("{", ":", "}", "").Replace(o.Path), do)
}

// rawParam is a parameter and the field that it fills.
type rawParam struct {
	param *huma.Param
	index []int
}

func paramsOf(registry huma.Registry, t reflect.Type) (out []rawParam) {
	for _, f := range reflect.VisibleFields(t) {
		for _, in := range []string{"path", "query", "header"} {
			name, ok := f.Tag.Lookup(in)
			if !ok {
				continue
			}
			schema := huma.SchemaFromField(registry, f, "")
			schema.PrecomputeMessages()
			out = append(out, rawParam{&huma.Param{In: in, Name: name, Required: in == "path", Description: f.Tag.Get("doc"), Schema: schema}, f.Index})
		}
	}
	return out
}

// read fills the fields of an input, and refuses what its description does.
func (s *Server) read(c echo.Context, o *huma.Operation, fields []rawParam, into reflect.Value) error {
	known := map[string]bool{}
	var faults []domain.Field
	for _, f := range fields {
		text := ""
		switch f.param.In {
		case "path":
			text = c.Param(f.param.Name)
		case "query":
			known[f.param.Name] = true
			text = c.QueryParam(f.param.Name)
		case "header":
			text = c.Request().Header.Get(f.param.Name)
		}
		if text == "" && !f.param.Required {
			continue
		}
		wrong := s.misfit(f.param.Schema, text)
		if wrong != "" {
			faults = append(faults, domain.Field{Name: f.param.Name, Message: wrong})
			continue
		}
		if field := into.FieldByIndex(f.index); field.Kind() == reflect.Int64 {
			n, _ := strconv.ParseInt(text, 10, 64) // it fits
			field.SetInt(n)
		} else {
			field.SetString(text)
		}
	}
	for name := range c.QueryParams() {
		if !known[name] {
			faults = append(faults, domain.Field{Name: name, Message: "is no parameter of " + o.OperationID})
		}
	}
	return domain.Refuse(faults)
}

// misfit says why a parameter is not what its schema describes.
func (s *Server) misfit(schema *huma.Schema, text string) string {
	var value any = text
	if schema.Type == huma.TypeInteger {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return "is not a whole number"
		}
		value = n
	}
	var res huma.ValidateResult
	huma.Validate(s.api.OpenAPI().Components.Schemas, schema, huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, value, &res)
	if len(res.Errors) == 0 {
		return ""
	}
	if d, ok := res.Errors[0].(*huma.ErrorDetail); ok { //nolint:errorlint // huma gives nothing else
		return d.Message
	}
	return "does not fit"
}

// textual describes a body that is text of a kind, with an example.
func textual(kind, example string) map[string]*huma.MediaType {
	return map[string]*huma.MediaType{kind: {Schema: &huma.Schema{Type: huma.TypeString}, Example: example}}
}
