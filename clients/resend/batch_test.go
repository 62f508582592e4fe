package resend_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/clients/resend"
	"github.com/canvass-hq/canvass/domain/mail"
)

// letters are mails of a campaign, a hundred in each batch.
func letters(n int) (out []mail.Mail) {
	for i := range n {
		out = append(out, mail.Mail{
			Key: "mail-" + strconv.Itoa(i), From: "Canvass <team@canvass.example>", To: fmt.Sprintf("p%d@example.com", i), Subject: "Hello", Text: "Hello", Batch: "b-" + strconv.Itoa(i/100),
			ReplyTo: "answers@canvass.example", Tags: map[string]string{"org": "o", "mail": strconv.Itoa(i)},
			Headers: []mail.Header{{Name: "List-Unsubscribe", Value: "<https://canvass.example/u/x>"}, {Name: "List-Unsubscribe-Post", Value: "List-Unsubscribe=One-Click"}},
		})
	}
	return out
}

// landing is where mails end.
type landing struct {
	mu    sync.Mutex
	left  []int
	ended map[int]*mail.Error
	ids   map[int]string
	twice bool
}

func (l *landing) Leaving(i int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left = append(l.left, i)
	return nil
}

func (l *landing) Ended(i int, id string, failed *mail.Error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, before := l.ended[i]
	l.twice = l.twice || before
	l.ended[i], l.ids[i] = failed, id
}

// batches answers as Resend does to many mails.
type batches struct {
	mu     sync.Mutex
	seen   map[string]string // bodies by key
	taken  int
	sizes  []int
	answer func(n int) (status int, body string) // for the n-th request; 0 to take it
}

func (b *batches) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	var mails []map[string]any
	_ = json.Unmarshal(body, &mails)
	b.sizes = append(b.sizes, len(mails))
	if b.answer != nil {
		if status, text := b.answer(len(b.sizes)); status != 0 {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, text)
			return
		}
	}
	key := r.Header.Get("Idempotency-Key")
	if before, there := b.seen[key]; there && before != string(body) {
		w.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(w, `{"name":"invalid_idempotent_request"}`)
		return
	} else if !there {
		b.taken += len(mails)
		b.seen[key] = string(body)
	}
	out := map[string][]map[string]string{"data": {}}
	for i := range mails {
		out["data"] = append(out["data"], map[string]string{"id": key + "/" + strconv.Itoa(i)})
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out)
}

func carried(t *testing.T, b *batches, mails []mail.Mail) *landing {
	t.Helper()
	if b.seen == nil {
		b.seen = map[string]string{}
	}
	s := httptest.NewServer(b)
	t.Cleanup(s.Close)
	client, err := resend.New(resend.Config{APIKey: "re_123", BaseURL: s.URL, Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	l := &landing{ended: map[int]*mail.Error{}, ids: map[int]string{}}
	client.Carry(context.WithoutCancel(t.Context()), mails, l)
	if len(l.ended) != len(mails) || l.twice {
		t.Errorf("%d of %d mails have ended, twice: %t", len(l.ended), len(mails), l.twice)
	}
	return l
}

// TestCarry: mails go a hundred at a time, each with its id; what comes again reaches nobody
// twice, also when some of it is not the same any more.
func TestCarry(t *testing.T) {
	t.Parallel()
	b := &batches{}
	mails := letters(250)
	mails[7].To = "no address"
	for range 2 {
		l := carried(t, b, mails)
		if l.ended[7] == nil || l.ended[7].Class != mail.Refused || l.ended[8] != nil || l.ids[249] != "b-2/49" || len(l.left) != 249 {
			t.Errorf("they have ended %v, %v, %q", l.ended[7], l.ended[8], l.ids[249])
		}
	}
	if b.taken != 249 || len(b.sizes) != 6 || b.sizes[0] != 99 {
		t.Errorf("it has taken %d, in %v", b.taken, b.sizes)
	}
	if l := carried(t, b, append([]mail.Mail{}, mails[:50]...)); l.ended[0] != nil || b.taken != 249 {
		t.Errorf("a part of a batch that was taken: %v, %d", l.ended[0], b.taken)
	}
}

// TestCarryFails: what is answered tells whether a mail may have been taken.
func TestCarryFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer func(n int) (int, string)
		want   mail.Error
	}{
		"too many":   {func(int) (int, string) { return 429, `{"name":"rate_limit_exceeded"}` }, mail.Error{Class: mail.Unavailable, Code: 429, Temporary: true}},
		"no key":     {func(int) (int, string) { return 401, `{}` }, mail.Error{Class: mail.Unauthorized, Code: 401, Temporary: true}},
		"their own":  {func(int) (int, string) { return 500, `{}` }, mail.Error{Class: mail.Unavailable, Code: 500, Temporary: true}},
		"refused":    {func(int) (int, string) { return 422, `{}` }, mail.Error{Class: mail.Refused, Code: 422}},
		"unreadable": {func(int) (int, string) { return 200, `<html>` }, mail.Error{Class: mail.InDoubt}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := carried(t, &batches{answer: c.answer}, letters(3))
			for i, failed := range l.ended {
				if failed == nil || *failed != c.want {
					t.Errorf("%d has ended %v, want %v", i, failed, c.want)
				}
			}
		})
	}
	l := carried(t, &batches{answer: func(int) (int, string) {
		return 200, `{"data":[{"id":"a"},{"id":"c"}],"errors":[{"index":1,"message":"about p1@example.com"}]}`
	}}, letters(3))
	if l.ids[0] != "a" || l.ids[2] != "c" || l.ended[1] == nil || l.ended[1].Class != mail.Refused {
		t.Errorf("one of three is refused: %v %v", l.ids, l.ended)
	}
}
