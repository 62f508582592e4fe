package eventstore_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/eventstore"
)

var (
	orgA, subjectA, eventA = uuid.NewString(), uuid.NewString(), uuid.NewString()
	keyA                   = bytes.Repeat([]byte{7}, 32)
)

func TestWalk(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, path, want string }{
		{`{"a":1,"b":[2,{"c":"x"}]}`, "a", `{"a":R,"b":[2,{"c":"x"}]}`},
		{`{"a":1,"b":[2,{"c":"x"}]}`, "b.0", `{"a":1,"b":[R,{"c":"x"}]}`},
		{`{"a":1,"b":[2,{"c":"x"}]}`, "b.1.c", `{"a":1,"b":[2,{"c":R}]}`},
		{`{"a":1,"b":[2,{"c":"x"}]}`, "b", `{"a":1,"b":R}`},
		{`{"a":1,"b":[2,{"c":"x"}]}`, "", `R`},
		{`{"a":{"b":1},"b":2}`, "b", `{"a":{"b":1},"b":R}`},
		{`[[1],[2,3]]`, "1.1", `[[1],[2,R]]`},
		{`{"a":"\"}{[]\\","b":2}`, "b", `{"a":"\"}{[]\\","b":R}`},
		{`{"a":"x\\","b":2}`, "a", `{"a":R,"b":2}`},
		{` { "a" : [ ] , "b" : { } } `, "c", `{"a":[],"b":{}}`},
		{`{"a":-1.5e+9,"b":true,"c":null,"d":false}`, "c", `{"a":-1.5e+9,"b":true,"c":R,"d":false}`},
		{`"x"`, "c", `"x"`},
		{`12`, "c", `12`},
	} {
		got, _, err := eventstore.WalkOfTest([]byte(c.in), "R", c.path)
		if string(got) != c.want || err != nil {
			t.Errorf("%s at %q: %s, %v; want %s", c.in, c.path, got, err, c.want)
		}
	}
	for _, bad := range []string{
		``, ` `, `{`, `[`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `[1,]`, `[1 2]`, `{"a" 1}`, `{a:1}`, `"x`, `"x\`, `{}}`, `[]]`, `1 2`, `,`, `:`, `]`, `{"a":]}`,
		strings.Repeat("[", 1<<20), strings.Repeat("[", eventstore.MaxDepthOfTest+2) + strings.Repeat("]", eventstore.MaxDepthOfTest+2),
	} {
		if got, _, err := eventstore.WalkOfTest([]byte(bad), "R"); err == nil {
			t.Errorf("%.40s: taken as %.40s", bad, got)
		}
	}
	_, seen, _ := eventstore.WalkOfTest([]byte(`{"a":{"b":[1,{"c":2}]},"d":3}`), "R")
	if want := []string{"", "a", "a.b", "a.b.0", "a.b.1", "a.b.1.c", "d"}; !slices.Equal(seen, want) {
		t.Errorf("paths: %q", seen)
	}
}

func TestSealOpen(t *testing.T) {
	t.Parallel()
	raw := []byte(`{"name":"Ann \"x\" {}","tags":["a",{"deep":[1,2]}],"clear":"c","none":null,"empty":""}`)
	stored, err := eventstore.SealOfTest(raw, orgA, subjectA, eventA, keyA, "name", "tags.1", "none", "empty", "absent")
	if err != nil || !json.Valid(stored) {
		t.Fatalf("%s, %v", stored, err)
	}
	if bytes.Contains(stored, []byte("Ann")) || bytes.Contains(stored, []byte("deep")) || !bytes.Contains(stored, []byte(`"clear":"c"`)) || !bytes.Contains(stored, []byte(`"none":null`)) {
		t.Errorf("stored: %s", stored)
	}
	if got := eventstore.SubjectsOfTest(stored); !slices.Equal(got, []string{subjectA}) {
		t.Errorf("subjects: %v", got)
	}
	back, erased, err := eventstore.OpenOfTest(stored, orgA, eventA, subjectA, keyA)
	if err != nil || erased || !bytes.Equal(back, raw) {
		t.Errorf("opened: %s, %v, %v", back, erased, err)
	}
	const nulls = `{"name":null,"tags":["a",null],"clear":"c","none":null,"empty":null}`
	gone, erased, err := eventstore.OpenOfTest(stored, orgA, eventA, subjectA, nil)
	if err != nil || !erased || string(gone) != nulls {
		t.Errorf("erased: %s, %v, %v", gone, erased, err)
	}
	if left, err := eventstore.WithoutSealedOfTest(stored); err != nil || string(left) != nulls {
		t.Errorf("without: %s, %v", left, err)
	}
	// The same value is never the same ciphertext: equal values would show.
	again, _ := eventstore.SealOfTest(raw, orgA, subjectA, eventA, keyA, "name")
	more, _ := eventstore.SealOfTest(raw, orgA, subjectA, eventA, keyA, "name")
	if bytes.Equal(again, more) {
		t.Error("equal ciphertexts")
	}
}

// A ciphertext opens only where it was made.
func TestSealedIsBound(t *testing.T) {
	t.Parallel()
	stored, err := eventstore.SealOfTest([]byte(`{"a":"x","b":"y"}`), orgA, subjectA, eventA, keyA, "a", "b")
	if err != nil {
		t.Fatal(err)
	}
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(stored, &parts); err != nil {
		t.Fatal(err)
	}
	other := uuid.NewString()
	swapped := []byte(`{"a":` + string(parts["b"]) + `,"b":` + string(parts["a"]) + `}`)
	renamed := bytes.ReplaceAll(stored, []byte(subjectA), []byte(other))
	flipped := bytes.Replace(stored, []byte(`"c":"`), []byte(`"c":"A`), 1)
	for name, c := range map[string]struct {
		raw                 []byte
		org, event, subject string
		key                 []byte
	}{
		"another organization": {stored, other, eventA, subjectA, keyA}, "another fact": {stored, orgA, other, subjectA, keyA},
		"another place": {swapped, orgA, eventA, subjectA, keyA}, "another subject": {renamed, orgA, eventA, other, keyA},
		"another key": {stored, orgA, eventA, subjectA, bytes.Repeat([]byte{8}, 32)}, "no such key": {stored, orgA, eventA, other, keyA},
		"a changed text": {flipped, orgA, eventA, subjectA, keyA},
	} {
		if got, erased, err := eventstore.OpenOfTest(c.raw, c.org, c.event, c.subject, c.key); err == nil {
			t.Errorf("%s: opened as %s, %v", name, got, erased)
		} else if strings.Contains(err.Error(), `"x"`) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSealOpenProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		fact := map[string]any{"own": rapid.String().Draw(t, "own"), "list": rapid.SliceOf(rapid.String()).Draw(t, "list"), "map": rapid.MapOf(rapid.StringMatching(`[a-z_]{1,8}`), rapid.String()).Draw(t, "map")}
		raw, err := json.Marshal(fact)
		if err != nil {
			t.Fatal(err)
		}
		_, paths, err := eventstore.WalkOfTest(raw, "")
		if err != nil {
			t.Fatal(err)
		}
		some := rapid.SliceOfDistinct(rapid.SampledFrom(paths), rapid.ID).Draw(t, "paths")
		stored, err := eventstore.SealOfTest(raw, orgA, subjectA, eventA, keyA, some...)
		if err != nil {
			t.Fatal(err)
		}
		back, _, err := eventstore.OpenOfTest(stored, orgA, eventA, subjectA, keyA)
		if err != nil || !bytes.Equal(back, raw) {
			t.Fatalf("%s\nsealed %v\n%s\n%v", raw, some, back, err)
		}
	})
}

// Valid JSON comes out as it was when nothing is replaced; anything else is refused or
// comes out as JSON's equal, and never panics.
func FuzzWalker(f *testing.F) {
	for _, s := range []string{`{"a":[1,"x\"",{"b":null}],"":{}}`, `[]`, `"\u0000\\"`, ` [ 1 , 2 ] `, `{"a":1,"a":2}`, `-0.1E-9`, `{"$enc":{"s":"`, `[[[[`, "\"\xff\""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		out, _, err := eventstore.WalkOfTest(raw, "R")
		if !json.Valid(raw) {
			return
		}
		if err != nil {
			if depth(raw) <= eventstore.MaxDepthOfTest {
				t.Fatalf("%q: %v", raw, err)
			}
			return
		}
		var a, b any
		if json.Unmarshal(raw, &a) != nil {
			return // a number that no float64 holds
		}
		if err := json.Unmarshal(out, &b); err != nil || !reflect.DeepEqual(a, b) {
			t.Fatalf("%q comes out as %q, %v", raw, out, err)
		}
	})
}

func depth(raw []byte) (deepest int) {
	now := 0
	for _, c := range raw { // counts those in texts too: an upper bound will do
		switch c {
		case '{', '[':
			now++
			deepest = max(deepest, now)
		case '}', ']':
			now--
		}
	}
	return deepest
}

// What lies in the log is opened or refused, whatever it is.
func FuzzOpen(f *testing.F) {
	stored, err := eventstore.SealOfTest([]byte(`{"a":"x","b":["y"]}`), orgA, subjectA, eventA, keyA, "a", "b.0")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(stored)
	f.Add([]byte(`{"a":{"$enc":{"s":"`))
	f.Add([]byte(`{"a":{"$enc":{"s":"` + subjectA + `","k":1,"c":"AA=="}}}`))
	f.Add([]byte(`{"a":{"$enc":{"s":"` + subjectA + `"}}}`))
	f.Add([]byte(`[{"$enc":{"s":"` + subjectA + `","k":1,"c":""}},]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		eventstore.SubjectsOfTest(raw)
		for _, key := range [][]byte{keyA, nil} {
			out, _, err := eventstore.OpenOfTest(raw, orgA, eventA, subjectA, key)
			if err == nil && json.Valid(raw) && !json.Valid(out) {
				t.Fatalf("%q opens to %q", raw, out)
			}
		}
		if out, err := eventstore.WithoutSealedOfTest(raw); err == nil && json.Valid(raw) && !json.Valid(out) {
			t.Fatalf("%q is stripped to %q", raw, out)
		}
	})
}
