package http_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/oasdiff/checker"
	"github.com/oasdiff/oasdiff/diff"
	"github.com/oasdiff/oasdiff/load"
)

const description = "docs/openapi.json"

// Whoever programs against the API is not broken by surprise: what changes in the
// committed description breaks nobody, or the changelog names the operation under
// "Breaking". It is held against the last committed version that is another one, or that
// of the commit OPENAPI_BASE, such as the branch that a change is for.
func TestChangesBreakNobody(t *testing.T) {
	t.Parallel()
	now, err := os.ReadFile("../" + description)
	if err != nil {
		t.Fatal(err)
	}
	changelog, err := os.ReadFile("../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	before := committedBefore(t, now)
	if before == nil {
		t.Skip("there is no other version to hold it against")
	}
	for _, change := range unsaid(t, before, now, string(changelog)) {
		t.Errorf("%s\n(CHANGELOG.md may say so under \"### Breaking\", by the operation's id)", change)
	}
}

// committedBefore is the version of the description to hold this one against.
func committedBefore(t *testing.T, now []byte) []byte {
	t.Helper()
	show := func(commit string) []byte {
		text, err := git(t.Context(), "show", commit+":"+description)
		if err != nil || text == string(now) {
			return nil
		}
		return []byte(text)
	}
	if base := os.Getenv("OPENAPI_BASE"); base != "" {
		fork, err := git(t.Context(), "merge-base", base, "HEAD")
		if err != nil {
			t.Fatalf("OPENAPI_BASE: %v", err)
		}
		return show(strings.TrimSpace(fork))
	}
	commits, err := git(t.Context(), "log", "-n", "5", "--format=%H", "--", description)
	if err != nil {
		return nil // not a working copy
	}
	for commit := range strings.FieldsSeq(commits) {
		if text := show(commit); text != nil {
			return text
		}
	}
	return nil
}

func git(ctx context.Context, args ...string) (string, error) {
	c := exec.CommandContext(ctx, "git", args...)
	c.Dir = ".."
	out, err := c.Output()
	return string(out), err
}

// unsaid are the breaking changes that the changelog does not name.
func unsaid(t *testing.T, before, after []byte, changelog string) (out []string) {
	t.Helper()
	var saying strings.Builder
	// What is not released yet, and the newest release: the version before may be older.
	for i, release := range strings.Split(changelog, "\n## ") {
		if i == 0 || i > 2 {
			continue
		}
		_, breaking, _ := strings.Cut(release, "\n### Breaking\n")
		breaking, _, _ = strings.Cut(breaking, "\n### ")
		saying.WriteString(breaking)
	}
	said := saying.String()
	read := func(text []byte, name string) *load.SpecInfo {
		spec, err := load.NewSpecInfoFromData(openapi3.NewLoader(), text, name)
		if err != nil {
			t.Fatal(err)
		}
		return spec
	}
	changes, sources, err := diff.GetWithOperationsSourcesMap(diff.NewConfig(), read(before, "before"), read(after, "after"))
	if err != nil {
		t.Fatal(err)
	}
	words := checker.NewDefaultLocalizer()
	for _, c := range checker.CheckBackwardCompatibilityUntilLevel(checker.NewConfig(checker.GetAllChecks()), changes, sources, checker.ERR) {
		if !strings.Contains(said, "`"+c.GetOperationId()+"`") || c.GetOperationId() == "" {
			out = append(out, fmt.Sprintf("%s %s (%s): %s [%s]", c.GetOperation(), c.GetPath(), c.GetOperationId(), c.GetUncolorizedText(words), c.GetId()))
		}
	}
	return out
}

// A description that was broken on purpose is found out, and one that only grew is not.
func TestBreakingChangesAreFound(t *testing.T) {
	t.Parallel()
	_, before, err := describe(logged.logger())
	if err != nil {
		t.Fatal(err)
	}
	at := func(doc map[string]any, steps ...string) map[string]any {
		for _, step := range steps {
			doc, _ = doc[step].(map[string]any)
		}
		return doc
	}
	const one, schemas = "/v1/leads/{id}", "schemas"
	for name, c := range map[string]struct {
		change   func(doc map[string]any)
		breaking string // the operation that is named first
	}{
		"an operation is gone":             {func(d map[string]any) { delete(at(d, "paths", one), "patch") }, "editLead"},
		"a value is not answered any more": {func(d map[string]any) { delete(at(d, "components", schemas, "Receipt", "properties"), "version") }, "captureLead"},
		"a value is of another kind": {func(d map[string]any) {
			at(d, "components", schemas, "Receipt", "properties", "position")["type"] = "string"
		}, "captureLead"},
		"a value has to be sent": {func(d map[string]any) { at(d, "components", schemas, "TaskBody")["required"] = []any{"title", "lead"} }, "createTask"},
		"a choice is not taken any more": {func(d map[string]any) {
			of := at(d, "components", schemas, "StatusInputBody", "properties", "status")
			choices, _ := of["enum"].([]any)
			of["enum"] = choices[1:]
		}, "changeLeadStatus"},
		"a success is another one": {func(d map[string]any) {
			of := at(d, "paths", "/v1/leads", "post", "responses")
			of["200"] = of["201"]
			delete(of, "201")
		}, "captureLead"},
		"a value may be sent": {func(d map[string]any) {
			at(d, "components", schemas, "TaskBody", "properties")["more"] = map[string]any{"type": "string"}
		}, ""},
		"more is answered": {func(d map[string]any) {
			at(d, "components", schemas, "Receipt", "properties")["more"] = map[string]any{"type": "string"}
		}, ""},
		"another example and a code": {func(d map[string]any) {
			at(d, "components", "responses", "lead.not_found")["x-codes"] = []any{"lead.not_found", "lead.lost"}
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var doc map[string]any
			if err := json.Unmarshal(before, &doc); err != nil {
				t.Fatal(err)
			}
			c.change(doc)
			after, err := json.Marshal(doc)
			if err != nil {
				t.Fatal(err)
			}
			found := unsaid(t, before, after, "# Changelog\n\n## Unreleased\n")
			if (c.breaking != "") != (len(found) > 0) || c.breaking != "" && !slices.ContainsFunc(found, func(f string) bool { return strings.Contains(f, "("+c.breaking+")") }) {
				t.Errorf("found %d: %v", len(found), found)
			}
			if c.breaking != "" && len(unsaid(t, before, after, "# Changelog\n\n## Unreleased\n\n### Breaking\n\n- `"+c.breaking+"`: told\n\n## 1.0\n")) >= len(found) {
				t.Error("what the changelog says is held against it all the same")
			}
		})
	}
}
