package http

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// A PATCH is a merge patch (RFC 7396): a null takes a value away, as an empty value
// does. Of its body, what a pointer holds can be taken away, and so can the values of a
// map by their keys; a null for anything else is refused, for nobody could tell what was
// meant.

// nullable lets the description of a PATCH say where a null may stand; huma checks by it.
func (s *Server) nullable(input reflect.Type) {
	body, ok := input.FieldByName("Body")
	if !ok {
		return
	}
	schema := s.deref(huma.SchemaFromField(s.api.OpenAPI().Components.Schemas, body, input.Name()+"Body"))
	for _, f := range reflect.VisibleFields(body.Type) {
		of := schema.Properties[jsonName(f)]
		if of == nil {
			continue
		}
		if each, ok := of.AdditionalProperties.(*huma.Schema); ok {
			each.Nullable = true
		}
		of.Nullable = takenByNull(f)
	}
}

// deref is a schema that may be a reference.
func (s *Server) deref(schema *huma.Schema) *huma.Schema {
	if schema.Ref == "" {
		return schema
	}
	return s.api.OpenAPI().Components.Schemas.SchemaFromRef(schema.Ref)
}

func takenByNull(f reflect.StructField) bool {
	return f.Type.Kind() == reflect.Pointer && f.Tag.Get("nullable") != "false"
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// nullError names a value that a null cannot take away.
type nullError struct{ field string }

const cannotBeNull = " cannot be null"

func (e *nullError) Error() string { return e.field + cannotBeNull }

// takeAway makes an empty value of each null that stands for one in a merge patch, into
// which data has been read: what has pointers is one.
func takeAway(data []byte, into any) error {
	v := reflect.ValueOf(into).Elem()
	if v.Kind() != reflect.Struct || !bytes.Contains(data, []byte("null")) {
		return nil
	}
	fields := reflect.VisibleFields(v.Type())
	patch := false
	for _, f := range fields {
		patch = patch || f.Type.Kind() == reflect.Pointer
	}
	var members map[string]json.RawMessage
	if !patch {
		return nil
	}
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	for _, f := range fields {
		switch raw, there := members[jsonName(f)]; {
		case !there || string(raw) != "null":
		case takenByNull(f):
			v.FieldByIndex(f.Index).Set(emptyOf(f.Type.Elem()))
		default:
			return &nullError{jsonName(f)}
		}
	}
	return nil
}

// emptyOf points to an empty value; a list is one that is there.
func emptyOf(t reflect.Type) reflect.Value {
	p := reflect.New(t)
	if t.Kind() == reflect.Slice {
		p.Elem().Set(reflect.MakeSlice(t, 0, 0))
	}
	return p
}
