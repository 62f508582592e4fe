package http

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	gqlgen "github.com/99designs/gqlgen/graphql"
	"github.com/danielgtaylor/huma/v2"

	"github.com/canvass-hq/canvass/domain"
)

// arguments brings the arguments of a GraphQL field into the inputs of REST operations. What
// an input's tags say of a parameter (how long, how many, one of which) holds here too.
type arguments struct {
	plans sync.Map // of an input's type: what it takes
}

// parameter is what an input takes beside its body.
type parameter struct {
	name   string // of the argument
	index  []int
	schema *huma.Schema
	preset string // "" for none
}

// plan is what an input takes.
type plan struct {
	registry   huma.Registry
	parameters []parameter
	body       []int // nil where it takes none
	fresh      []int
	schema     *huma.Schema // of the body
	patch      bool         // the body changes what it names
}

// read makes an input of the arguments of the field that is being resolved; apart are those that
// the caller reads by itself.
func read[I any](ctx context.Context, a *arguments, apart ...string) (*I, error) {
	in := new(I)
	p := a.plan(reflect.TypeFor[I]())
	args := gqlgen.GetFieldContext(ctx).Args
	v := reflect.ValueOf(in).Elem()
	var faults []domain.Field
	taken := slices.Clone(apart)
	for _, param := range p.parameters {
		taken = append(taken, param.name)
		given, ok := argument(args, param.name)
		if !ok {
			if param.preset == "" {
				continue
			}
			given = param.preset
		}
		faults = append(faults, p.faults(param.schema, param.name, given)...)
		if err := set(v.FieldByIndex(param.index), given); err != nil {
			return nil, fmt.Errorf("the argument %s: %w", param.name, err)
		}
	}
	if err := domain.Refuse(faults); err != nil {
		return nil, err
	}
	if p.fresh != nil {
		f, _ := ctx.Value(freshnessKey).(Freshness)
		v.FieldByIndex(p.fresh).Set(reflect.ValueOf(f))
	}
	left := map[string]any{}
	for name := range args {
		if given, ok := argument(args, name); ok && !slices.Contains(taken, name) {
			left[name] = given
		}
	}
	return in, p.readBody(v, left)
}

// argument is what was given under a name; a null is as if it were not there.
func argument(args map[string]any, name string) (any, bool) {
	v := reflect.ValueOf(args[name])
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Invalid:
		return nil, false
	case reflect.Pointer, reflect.Map, reflect.Slice:
		if v.IsNil() {
			return nil, false
		}
	default:
	}
	given := v.Interface()
	switch name {
	case "expectedVersion":
		return etag(given.(int)), true //nolint:forcetypeassert // by the schema
	case "archived":
		return map[any]string{"none": "false", "only": "true", "any": "any"}[given], true
	}
	if at, ok := given.(time.Time); ok && at.IsZero() {
		return at.Add(time.Microsecond), true // no time is what the zero one means
	}
	return given, true
}

func (a *arguments) plan(of reflect.Type) *plan {
	if known, ok := a.plans.Load(of); ok {
		return known.(*plan) //nolint:forcetypeassert // nothing else is put in
	}
	p := &plan{registry: huma.NewMapRegistry("#/components/schemas/", schemaName)}
	p.look(of, nil)
	known, _ := a.plans.LoadOrStore(of, p)
	return known.(*plan) //nolint:forcetypeassert // nothing else is put in
}

// look finds what an input takes.
func (p *plan) look(of reflect.Type, at []int) {
	for i := range of.NumField() {
		f := of.Field(i)
		index := append(slices.Clone(at), i)
		name := f.Tag.Get("query") + f.Tag.Get("path") + f.Tag.Get("header")
		switch {
		case f.Type == reflect.TypeFor[Freshness]():
			p.fresh = index
		case f.Name == "Body":
			p.body, p.schema = index, p.registry.Schema(f.Type, true, of.Name()+"Body")
			p.patch = f.Type.Kind() == reflect.Struct && slices.ContainsFunc(reflect.VisibleFields(f.Type), func(of reflect.StructField) bool { return of.Type.Kind() == reflect.Pointer })
		case name == "If-None-Match" || name == "facets": // a field of its own asks for facets
		case name != "":
			p.parameters = append(p.parameters, parameter{argumentName(name), index, huma.SchemaFromField(p.registry, f, ""), f.Tag.Get("default")})
		case f.Anonymous:
			p.look(f.Type, index)
		}
	}
}

// argumentName is the argument that stands for a parameter of the REST API.
func argumentName(name string) string {
	switch name {
	case "limit":
		return "first"
	case "cursor":
		return "after"
	case "after":
		return "behind"
	case "If-Match":
		return "expectedVersion"
	case "Idempotency-Key":
		return "idempotencyKey"
	}
	return camel(name)
}

// faults says what does not fit.
func (p *plan) faults(schema *huma.Schema, name string, given any) (out []domain.Field) {
	if _, ok := given.(time.Time); ok || schema.Type == huma.TypeInteger && reflect.TypeOf(given).Kind() == reflect.String {
		return nil // a time that could be read is one, and so is a number that stands in a tag
	}
	path, result := huma.NewPathBuffer(nil, 0), &huma.ValidateResult{}
	huma.Validate(p.registry, schema, path, huma.ModeWriteToServer, given, result)
	for _, err := range result.Errors {
		if d, ok := err.(huma.ErrorDetailer); ok {
			detail := d.ErrorDetail()
			out = append(out, domain.Field{Name: cmp.Or(name, fieldName(detail)), Message: detail.Message})
		}
	}
	return out
}

// set puts what was given where an operation reads it.
func set(to reflect.Value, given any) error {
	if text, ok := given.(string); ok && to.Kind() == reflect.Int {
		return json.Unmarshal([]byte(text), to.Addr().Interface())
	}
	v := reflect.ValueOf(given)
	if !v.CanConvert(to.Type()) {
		return fmt.Errorf("%s is no %s", v.Type(), to.Type())
	}
	to.Set(v.Convert(to.Type()))
	return nil
}
