package http_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/suppression"
)

// TestSuppressionFileComesBack: what one organization takes out holds back the same in
// another, but for what was forgotten.
func TestSuppressionFileComesBack(t *testing.T) {
	t.Parallel()
	one, other := shared(t).member(t, access.Admin), shared(t).member(t, access.Admin)
	const campaign = "campaign:01980c5e-7a10-7c3e-9b1f-2f6d8e4a5b6c"
	one.brings(t, "", "email,reason,scope,note\n=cmd|x@people.example,unsubscribed,purpose:marketing,\"=HYPERLINK(\"\"http://x\"\",\"\"click\"\"); a, b\"\n"+
		"'q@people.example,manual,all,'s-Hertogenbosch\nute@bücher.example,complaint,,x\n+1@people.example,listed,"+campaign+",\n+1@people.example,bounced,,-1\nErased@people.example,requested,purpose:marketing,about her\n").wants(t, 200)
	gone := one.addressed(t, "erased@people.example")
	system := access.Principal{Org: one.Org, ID: "eraser", Role: access.System}
	if _, err := commands.Execute(t.Context(), &commands.Runner{Store: one.db.Store, Now: time.Now}, commands.Call{Principal: system, ID: commands.NewID()}, commands.ForgetAddress{ID: gone}); err != nil {
		t.Fatal(err)
	}
	file := one.fresh(t, "/v1/suppressions/export").wants(t, 200)
	if file.header.Get("Content-Type") != "text/csv; charset=utf-8" || file.header.Get("Cache-Control") != "no-store" || !strings.Contains(file.header.Get("Content-Disposition"), `filename="suppressions.csv"`) {
		t.Errorf("headers %v", file.header)
	}
	if !strings.Contains(file.body, `,'=cmd|x@people.example,`) || !strings.Contains(file.body, `"'=HYPERLINK(`) || !strings.Contains(file.body, gone+",,purpose:marketing,requested,member,") || strings.Contains(file.body, "about her") || strings.Contains(file.body, "rased@") {
		t.Errorf("the file is %s", file.body)
	}
	before := one.head(t)
	if n := brought(t, one.brings(t, "", file.body)); n.Lines != 6 || n.Addresses != 4 || n.Forgotten != 1 || n.Skipped != 0 || one.facts(t, before) != "" {
		t.Errorf("where it comes from: %+v\n%s", n, one.facts(t, before))
	}
	if n := brought(t, other.brings(t, "", file.body)); n.Lines != 6 || n.Addresses != 4 || n.Forgotten != 0 || n.Skipped != 1 {
		t.Errorf("elsewhere: %+v", n)
	}
	held := func(m *member) (out []string) {
		for _, row := range m.takes(t) {
			if row[1] != "" {
				out = append(out, strings.Join([]string{row[1], row[2], row[3], row[6]}, "|"))
			}
		}
		slices.Sort(out)
		return out
	}
	if a, b := held(one), held(other); len(a) != 5 || !slices.Equal(a, b) {
		t.Errorf("%q, and elsewhere %q", a, b)
	}
	for _, email := range []string{"=cmd|x@people.example", "'q@people.example", "ute@xn--bcher-kva.example", "+1@people.example"} {
		if other.writes(t, email, commands.NewID()) {
			t.Errorf("%s is written to", email)
		}
	}
	if one.writes(t, "erased@people.example", commands.NewID()) || !other.writes(t, "erased@people.example", commands.NewID()) {
		t.Error("who was erased is written to where it was ended, or held back where nobody knows of it")
	}
	// Who was erased is held back still, and can be named again; nothing of them is kept.
	if n := brought(t, one.brings(t, "", "erased@people.example\n")); n.Addresses != 1 {
		t.Errorf("named again %+v", n)
	}
	if got := one.fresh(t, "/v1/suppressions/export").wants(t, 200).body; !strings.Contains(got, gone+",,all,listed,") || strings.Contains(got, "erased@") {
		t.Errorf("named again it is shown as %s", got)
	}
}

// TestLongSuppressionFile: the longest file is taken, in memory that is bounded, and given
// back page by page.
func TestLongSuppressionFile(t *testing.T) { //nolint:paralleltest // it would slow those beside it down
	m := start(t).member(t, access.Admin)
	lines := int(setting(t, "LINES", suppression.MaxLines))
	var file strings.Builder
	file.WriteString("email,reason\n")
	for i := range lines {
		_, _ = fmt.Fprintf(&file, "person-%06d@people.example,%s\n", i, []string{"unsubscribed", "hard bounce", ""}[i%3])
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	most, done := make(chan uint64), make(chan struct{})
	go func() {
		var peak uint64
		for {
			var now runtime.MemStats
			runtime.ReadMemStats(&now)
			peak = max(peak, now.HeapAlloc>>20)
			select {
			case <-done:
				most <- peak
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	}()
	begun, before := time.Now(), m.head(t)
	got, err := m.tryFor(ctx, "POST", "/v1/suppressions/import", file.String(), "Content-Type", "text/csv")
	if err != nil || brought(t, got).Addresses != lines || m.head(t)-before != int64(lines) {
		t.Fatalf("%v, %d facts: %s", err, m.head(t)-before, got.body)
	}
	t.Logf("%d lines in %v", lines, time.Since(begun))
	within(t, "they are shown", func() bool { return m.fresh(t, "/v1/suppressions?limit=1").status == 200 })
	begun = time.Now()
	got, err = m.tryFor(ctx, "GET", "/v1/suppressions/export", "")
	if err != nil || strings.Count(got.body, "\n") != lines+1 {
		t.Errorf("exported %d lines, %v", strings.Count(got.body, "\n"), err)
	}
	close(done)
	peak := <-most
	t.Logf("taken out in %v; %d MB of heap at most, by server and projections together", time.Since(begun), peak)
	if peak > 512 {
		t.Errorf("%d MB of heap", peak)
	}
}
