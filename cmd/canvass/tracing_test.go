package main

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	spans "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/canvass-hq/canvass/projections"
)

// collectorFake takes traces as an OTLP collector does.
type collectorFake struct {
	*httptest.Server

	mu   sync.Mutex
	got  []*spans.Span
	text strings.Builder
	keys []string // that came with them
}

func newCollectorFake(t *testing.T) *collectorFake {
	t.Helper()
	f := &collectorFake{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(r.Body)
		var m collector.ExportTraceServiceRequest
		if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(data, &m) != nil {
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
			return
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.text.WriteString(m.String())
		f.keys = append(f.keys, r.Header.Get("X-Key"))
		for _, resource := range m.ResourceSpans {
			for _, scope := range resource.ScopeSpans {
				f.got = append(f.got, scope.Spans...)
			}
		}
	}))
	t.Cleanup(f.Close)
	return f
}

// trace gives the spans of the trace whose first span has a name.
func (f *collectorFake) trace(name string) (out []*spans.Span) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, first := range f.got {
		if first.Name != name || len(first.ParentSpanId) > 0 {
			continue
		}
		for _, s := range f.got {
			if string(s.TraceId) == string(first.TraceId) {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

func named(all []*spans.Span, name string) *spans.Span {
	i := slices.IndexFunc(all, func(s *spans.Span) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return all[i]
}

// A request, what it writes, the projections that show it, and the jobs that it leads to
// are one trace, and all of it hangs together.
func TestTraces(t *testing.T) {
	t.Parallel()
	fake := newCollectorFake(t)
	s := dev(t, dataDir(t), "OTEL_EXPORTER_OTLP_ENDPOINT="+fake.URL, "OTEL_EXPORTER_OTLP_HEADERS=X-Key=hunter2,X-Other=1")
	asked := "4bf92f3577b34da6a3ce929d0e0e4736"
	id := parse[struct{ ID string }](t, s.ask(t, "POST", "/v1/leads", `{"name":"Ada Lovelace","email":"ada@people.example"}`, 201, "Traceparent", "00-"+asked+"-00f067aa0ba902b7-01")).ID
	s.ask(t, "POST", "/v1/leads/"+id+"/erase", "", 200)
	var facts []projections.Event
	eventually(t, "the erasure is carried out and shown", func() bool {
		facts = all[projections.Event](t, s, "/v1/events?limit=100&stream="+id)
		return len(facts) == 3
	})
	if code := s.interrupt(); code != 0 { // sends what is left
		t.Fatalf("exit code %d", code)
	}

	capture := fake.trace("POST /v1/leads")
	root := named(capture, "POST /v1/leads")
	for name, parent := range map[string]*spans.Span{"append": root, "project leads": root, "project event_index": root} {
		if span := named(capture, name); span == nil || string(span.ParentSpanId) != string(parent.SpanId) {
			t.Errorf("%s is not below %s: %v", name, parent.Name, span)
		}
	}
	if len(root.Links) != 1 || hex.EncodeToString(root.Links[0].TraceId) != asked || hex.EncodeToString(root.TraceId) == asked {
		t.Errorf("the caller's trace is not linked: %v", root)
	}
	if got := strings.ReplaceAll(facts[0].Correlation, "-", ""); got != hex.EncodeToString(root.TraceId) {
		t.Errorf("the fact's correlation is %s, the trace %x", got, root.TraceId)
	}
	if named(capture, "project segments") != nil {
		t.Error("a projection that is not about leads is in the trace")
	}

	erasure := fake.trace("POST /v1/leads/:id/erase")
	for _, name := range []string{"load lead", "append", "project leads", "enqueue shred", "job shred"} {
		if named(erasure, name) == nil {
			t.Errorf("%s is not in the trace of the erasure", name)
		}
	}
	job := named(erasure, "job shred")
	if !slices.ContainsFunc(erasure, func(s *spans.Span) bool { return s.Name == "append" && string(s.ParentSpanId) == string(job.SpanId) }) {
		t.Error("what the job records is not below it")
	}
	for _, leak := range []string{"Lovelace", "people.example", id, s.token, "hunter2", "/v1/leads/0"} {
		if strings.Contains(fake.text.String(), leak) {
			t.Errorf("a trace holds %s", leak)
		}
	}
	if !slices.Contains(fake.keys, "hunter2") {
		t.Errorf("the headers for the collector are %q", fake.keys)
	}
}

// A collector that is away is no harm.
func TestCollectorAway(t *testing.T) {
	t.Parallel()
	s := dev(t, dataDir(t), "OTEL_EXPORTER_OTLP_ENDPOINT=http://user:hunter2@127.0.0.1:1")
	s.capture(t, `{"name":"Ada"}`)
	if code := s.interrupt(); code != 0 || strings.Contains(s.err.String()+s.out.String(), "hunter2") {
		t.Errorf("exit code %d: %s", code, s.err.String())
	}
}

// Every process takes the same part of the traces, and the part that is asked for.
func TestShareOfTraces(t *testing.T) {
	t.Parallel()
	for share1000, want := range map[int]int{0: 0, 1000: 4000, 250: 1000} {
		taken := 0
		for range 4000 {
			id, span := traceIDs{}.NewIDs(t.Context())
			in := func() bool {
				return share(float64(share1000)/1000).ShouldSample(sdk.SamplingParameters{ParentContext: t.Context(), TraceID: id}).Decision == sdk.RecordAndSample
			}
			first := in()
			if first {
				taken++
			}
			if again := in(); again != first {
				t.Fatal("one trace is taken and not taken")
			}
			found := trace.SpanContextFromContext(caused(t.Context(), uuid.UUID(id).String()))
			if found.TraceID() != id || found.SpanID() != span || !found.IsValid() {
				t.Fatal("a correlation does not lead back to its trace")
			}
		}
		if taken < want*8/10 || taken > want*12/10 {
			t.Errorf("%d thousandths: %d of 4000", share1000, taken)
		}
	}
	if c := trace.SpanContextFromContext(caused(t.Context(), "no id")); c.IsValid() {
		t.Error("what is no id leads to a trace")
	}
}
