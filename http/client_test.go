package http_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/domain/access"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

// Whoever follows the log sees each fact once, in order, although the server stops
// and another comes in its place.
func TestFollowOverARestart(t *testing.T) {
	t.Parallel()
	a := start(t)
	m := a.member(t, access.Admin)
	address := strings.TrimPrefix(a.base, "http://")
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	facts := make(chan projections.Event, 100)
	ended := make(chan error, 1)
	go func() {
		ended <- apphttp.NewClient(a.base+"/", m.token).Follow(ctx, url.Values{"from": {"2"}}, func(e projections.Event) error {
			facts <- e
			return nil
		})
	}()
	var want []int64
	m.capture(t, `{"name":"Persona, before from"}`)
	for round := range 3 {
		for range 3 {
			want = append(want, m.capture(t, fmt.Sprintf(`{"name":"Persona %d"}`, round)).Position)
		}
		within(t, "the facts of a round come", func() bool { return len(facts) >= len(want) })
		m.close()
		http.DefaultClient.CloseIdleConnections() // or the next request goes to the server that is gone
		m.app = a.again(t, address)
	}
	want = append(want, m.capture(t, `{"name":"Persona, while nobody was connected"}`).Position)
	within(t, "the last fact comes", func() bool { return len(facts) >= len(want) })
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("the end: %v", err)
	}
	close(facts)
	var got []int64
	for e := range facts {
		got = append(got, e.Position)
	}
	if !slices.Equal(got, want) {
		t.Errorf("positions %v, want %v", got, want)
	}
}

func TestClient(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Manager)
	client := apphttp.NewClient(m.base, m.token)
	var want []string
	for i := range 5 {
		want = append(want, m.capture(t, fmt.Sprintf(`{"name":"Persona %d"}`, i)).ID)
	}
	m.fresh(t, "/v1/events")
	var got []string
	if err := client.Events(t.Context(), url.Values{"limit": {"2"}}, func(e projections.Event) error {
		got = append(got, e.Stream)
		return nil
	}); err != nil || !slices.Equal(got, want) {
		t.Errorf("%d facts, want %d: %v", len(got), len(want), err)
	}
	if r, err := client.Post(t.Context(), "/v1/leads/"+want[0]+"/archive"); err != nil || r.ID != want[0] || r.Version != 2 {
		t.Errorf("%+v %v", r, err)
	}
	enough := errors.New("enough")
	stop := func(projections.Event) error { return enough }
	for name, err := range map[string]error{
		"Events": client.Events(t.Context(), url.Values{}, stop), "Follow": client.Follow(t.Context(), url.Values{}, stop),
	} {
		if !errors.Is(err, enough) {
			t.Errorf("%s goes on after its reader has failed: %v", name, err)
		}
	}
	var refused *apphttp.Problem
	if _, err := client.Post(t.Context(), "/v1/leads/"+want[0]+"/erase"); !errors.As(err, &refused) || refused.Code != "access.denied" {
		t.Errorf("a refusal: %v", err)
	}
	if err := client.Events(t.Context(), url.Values{"limit": {"0"}}, stop); err == nil || !strings.Contains(err.Error(), "limit") {
		t.Errorf("a refusal does not name the value: %v", err)
	}
	if err := client.Follow(t.Context(), url.Values{"from": {"0"}}, stop); !errors.As(err, &refused) || refused.Status != 422 {
		t.Errorf("a refused Follow: %v", err)
	}
	if err := apphttp.NewClient("http://127.0.0.1:1", m.token).Events(t.Context(), url.Values{}, stop); err == nil {
		t.Error("nobody is there, and Events says nothing")
	}
}

// A server that is unwell for a moment is asked again; what is in front of it need not
// speak our language.
func TestFollowAsksAgain(t *testing.T) {
	t.Parallel()
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked == 1 {
			http.Error(w, "<html>bad gateway</html>", http.StatusBadGateway)
			return
		}
		_, _ = fmt.Fprintf(w, ": hello\n\nid: 7\nevent: x\ndata: {\"position\":7}\n\n")
	}))
	defer server.Close()
	enough := errors.New("enough")
	err := apphttp.NewClient(server.URL, "").Follow(t.Context(), url.Values{}, func(e projections.Event) error {
		if e.Position != 7 {
			t.Errorf("position %d", e.Position)
		}
		return enough
	})
	if !errors.Is(err, enough) || asked != 2 {
		t.Errorf("asked %d times: %v", asked, err)
	}
}
