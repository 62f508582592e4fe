package schema_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/company"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/schema"
)

// What the log holds can never change; so a golden file is written once, by -update,
// and never again.
var update = flag.Bool("update", false, "write the golden files that are missing")

const (
	note = "01900000-0000-7000-8000-0000000000f1"
	noon = "2026-01-05T12:00:00Z"
)
const kept = "01900000-0000-7000-8000-0000000000a1"

var (
	columns = []imports.Column{{Header: "Since", Field: "custom:since", Kind: imports.KindDate, DateFormat: "02-01-2006", Why: "dates"}}
	options = imports.Options{Key: imports.ByEmail, OnDuplicate: imports.Skip, System: "crm", Source: "fair", Owner: "01900000-0000-7000-8000-0000000000e1", Tags: []string{"t"}}
	counts  = imports.Counts{Rows: 21, Create: 1, Update: 2, Unchanged: 3, Skip: 4, Error: 5, Refused: 6, Warnings: 7}
)

var acme = company.Details{
	Name: "Acme", Website: "https://acme.example", Domain: "acme.example", Industry: "Anvils", Size: "51-200", City: "Berlin", State: "Berlin", Country: "DE", CountryGiven: "x",
}

func sampleOf(t *testing.T, s domain.Schema, version int) (whole, erased any) {
	t.Helper()
	if old, ok := samples[fmt.Sprintf("%s.v%d", s.Type, version)]; ok && version < s.Version {
		return old.whole, old.erased
	}
	now, ok := samples[s.Type]
	if !ok {
		t.Fatalf("%s has no sample", s.Type)
	}
	return now.whole, now.erased
}

// golden reads a file, or writes it when it is missing and -update asks for that.
func golden(t *testing.T, name string, content func() []byte) []byte {
	t.Helper()
	path := filepath.Join("testdata", name)
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) && *update {
		raw = content()
		err = os.WriteFile(path, raw, 0o600)
	}
	if err != nil {
		t.Fatalf("%v (-update writes what is missing)", err)
	}
	return raw
}

func indented(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(raw, '\n')
}

// Every shape that was ever stored is understood, in whole and erased.
func TestGoldenFacts(t *testing.T) {
	t.Parallel()
	for _, s := range schema.All() {
		for version := 1; version <= s.Version; version++ {
			whole, erased := sampleOf(t, s, version)
			name := fmt.Sprintf("%s.v%d", s.Type, version)
			understood(t, s, version, golden(t, name+".json", func() []byte { return indented(t, whole) }), whole)
			understood(t, s, version, golden(t, name+".erased.json", func() []byte { return nulled(t, s, whole) }), erased)
		}
		// What is written today is what the newest file says.
		whole, _ := sampleOf(t, s, s.Version)
		raw := golden(t, fmt.Sprintf("%s.v%d.json", s.Type, s.Version), func() []byte { return nil })
		if !bytes.Equal(raw, indented(t, whole)) {
			t.Errorf("%s: the shape has changed without a new version:\n%s\nis now\n%s", s.Type, raw, indented(t, whole))
		}
	}
}

func understood(t *testing.T, s domain.Schema, version int, raw []byte, want any) {
	t.Helper()
	lifted, err := s.Lift(version, raw)
	if err != nil {
		t.Errorf("%s: %v", s.Type, err)
		return
	}
	got, err := s.Decode(lifted)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("version %d of %s:\ngot  %#v, %v\nwant %#v", version, s.Type, got, err, want)
	}
}

// nulled is a fact as the log gives it when everybody in it is erased.
func nulled(t *testing.T, s domain.Schema, fact any) []byte {
	t.Helper()
	var tree any
	if err := json.Unmarshal(indented(t, fact), &tree); err != nil {
		t.Fatal(err)
	}
	for _, v := range s.SealedValues(fact) {
		set(t, tree, strings.Split(v.Path, "."))
	}
	return indented(t, tree)
}

func set(t *testing.T, tree any, path []string) {
	t.Helper()
	switch node := tree.(type) {
	case map[string]any:
		if _, ok := node[path[0]]; !ok {
			t.Fatalf("there is no value at %v", path)
		}
		if len(path) == 1 {
			node[path[0]] = nil
			return
		}
		set(t, node[path[0]], path[1:])
	case []any:
		var i int
		if _, err := fmt.Sscan(path[0], &i); err != nil {
			t.Fatal(err)
		}
		if len(path) == 1 {
			node[i] = nil
			return
		}
		set(t, node[i], path[1:])
	default:
		t.Fatalf("there is no value at %v", path)
	}
}

// A sealed path that names nothing would leave the value in clear.
func TestSealedPathsExist(t *testing.T) {
	t.Parallel()
	for _, s := range schema.All() {
		whole, _ := sampleOf(t, s, s.Version)
		nulled(t, s, whole)
	}
}

// shape lists the values of a Go type by their JSON paths.
func shape(t reflect.Type, path string) []string {
	switch t.Kind() {
	case reflect.Struct:
		var out []string
		for f := range t.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			switch {
			case f.Anonymous && name == "":
				out = append(out, shape(f.Type, path)...)
			case name != "-" && f.IsExported():
				out = append(out, shape(f.Type, strings.TrimPrefix(path+"."+name, "."))...)
			}
		}
		return out
	case reflect.Slice, reflect.Array, reflect.Map:
		return shape(t.Elem(), path+".*")
	case reflect.Pointer:
		return shape(t.Elem(), path)
	default:
		return []string{path + ":" + t.Kind().String()}
	}
}

// The names and shapes are data: a line of the list never changes. A new shape is a
// new version, with a lift from the one before.
func TestGoldenNames(t *testing.T) {
	t.Parallel()
	path := filepath.Join("testdata", "names.txt")
	raw, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	listed := strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n")
	current := map[string]bool{}
	for _, s := range schema.All() {
		head := fmt.Sprintf("%s v%d", s.Type, s.Version)
		line := fmt.Sprintf("%s public=%t erases=%t sealed=%s shape=%s", head, s.IsPublic, s.Erases, strings.Join(s.Sealed, ","), strings.Join(shape(s.Go, ""), ","))
		current[s.Type] = true
		at := slices.IndexFunc(listed, func(l string) bool { return strings.HasPrefix(l, head+" ") })
		switch {
		case at >= 0 && listed[at] != line:
			t.Errorf("%s has changed without a new version:\n%s\nis now\n%s", s.Type, listed[at], line)
		case at < 0 && *update:
			listed = append(listed, line)
		case at < 0:
			t.Errorf("%s is not listed (-update adds it)", head)
		}
	}
	for _, l := range listed {
		if name, _, ok := strings.Cut(l, " "); ok && !current[name] {
			t.Errorf("%s has gone: facts of that name lie in logs", name)
		}
	}
	if *update {
		if err := os.WriteFile(path, []byte(strings.TrimPrefix(strings.Join(listed, "\n")+"\n", "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
