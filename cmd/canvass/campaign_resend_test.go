package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// fakeResend takes batches as Resend does: it knows a request by its key for as long as the
// test lasts.
type fakeResend struct {
	url string

	mu      sync.Mutex
	answers map[string]resendAnswer // by key
	mails   map[string]int          // by recipient
	sum     int
	again   int // requests that came again
}

type resendAnswer struct {
	body, text string
	ready      bool // the first request was answered
}

// resendDelay is how long it takes over a batch, which it has taken at the beginning.
const resendDelay = 300 * time.Millisecond

func newFakeResend(t *testing.T) *fakeResend {
	t.Helper()
	f := &fakeResend{answers: map[string]resendAnswer{}, mails: map[string]int{}}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

func (f *fakeResend) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sum
}

func (f *fakeResend) seen() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.mails)
}

// ServeHTTP implements http.Handler.
func (f *fakeResend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client ended amid its request
	}
	key := r.Header.Get("Idempotency-Key")
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Path != "/emails/batch" || key == "" {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	text, refusal := f.take(key, body)
	if refusal != "" {
		w.WriteHeader(http.StatusConflict)
		_, _ = fmt.Fprintf(w, `{"statusCode":409,"name":%q,"message":"no"}`, refusal)
		return
	}
	time.Sleep(resendDelay)
	f.mu.Lock()
	f.answers[key] = resendAnswer{string(body), text, true}
	f.mu.Unlock()
	_, _ = io.WriteString(w, text)
}

// take counts the mails of a request that was not there before.
func (f *fakeResend) take(key string, body []byte) (text, refusal string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if before, known := f.answers[key]; known {
		f.again++
		switch {
		case before.body != string(body):
			return "", "invalid_idempotent_request"
		case !before.ready:
			return "", "concurrent_idempotent_requests"
		}
		return before.text, ""
	}
	var mails []struct {
		Tags []struct{ Name, Value string } `json:"tags"`
	}
	if err := json.Unmarshal(body, &mails); err != nil {
		return "", "invalid_idempotent_request"
	}
	var ids struct {
		Data []map[string]string `json:"data"`
	}
	for _, m := range mails {
		for _, tag := range m.Tags {
			if tag.Name == "mail" {
				f.mails[tag.Value]++
				f.sum++
				ids.Data = append(ids.Data, map[string]string{"id": "re-" + tag.Value})
			}
		}
	}
	out, _ := json.Marshal(ids)
	f.answers[key] = resendAnswer{string(body), string(out), false}
	return string(out), ""
}
