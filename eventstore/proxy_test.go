package eventstore_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

// What a proxy does with an append.
const (
	passes   = iota
	loses    // the request never arrives
	answers  // the request is carried out, and the answer lost
	vanishes // the request arrives, and nobody waits for what comes of it
)

// proxy stands between a store and the server and cuts connections at the worst moment.
type proxy struct {
	url  string
	next func() int // what becomes of the next append
	cuts atomic.Int64
}

func newProxy(t *testing.T, dsn string, next func() int) *proxy {
	t.Helper()
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	network, address := pgconn.NetworkAddress(cfg.Host, cfg.Port)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u := url.URL{Scheme: "postgres", User: url.UserPassword(cfg.User, cfg.Password), Host: l.Addr().String(), Path: "/" + cfg.Database, RawQuery: "sslmode=disable"}
	p := &proxy{url: u.String(), next: next}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := (&net.Dialer{}).DialContext(context.Background(), network, address)
			if err != nil {
				_ = client.Close()
				continue
			}
			wg.Go(func() { p.serve(client, server) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	return p
}

// serve copies both ways.
func (p *proxy) serve(client, server net.Conn) {
	var wg sync.WaitGroup
	var fate atomic.Int64
	end := func() { _, _ = client.Close(), server.Close() }
	wg.Go(func() {
		defer end()
		buf := make([]byte, 1<<20)
		for {
			n, err := client.Read(buf)
			if err != nil {
				return
			}
			if bytes.Contains(buf[:n], []byte(mark)) {
				fate.Store(int64(p.next()))
			}
			if fate.Load() == loses {
				p.cuts.Add(1)
				return
			}
			if _, err := server.Write(buf[:n]); err != nil {
				return
			}
			if fate.Load() == vanishes {
				p.cuts.Add(1)
				return
			}
		}
	})
	wg.Go(func() {
		defer end()
		buf := make([]byte, 1<<20)
		for {
			n, err := server.Read(buf)
			if err != nil {
				return
			}
			if fate.Load() == answers {
				p.cuts.Add(1)
				return
			}
			if _, err := client.Write(buf[:n]); err != nil {
				return
			}
		}
	})
	wg.Wait()
}

// mark is in the meta of every append of these tests, and in nothing else.
const mark = `"actor":"user:1"`

func TestAnswerLost(t *testing.T) {
	t.Parallel()
	direct := eventstoretest.OpenConformant(t, "")
	var fate atomic.Int64
	p := newProxy(t, direct.URL, func() int { return int(fate.Swap(passes)) })
	db := eventstoretest.OpenConformant(t, p.url)
	w := newWorld(1, 1, 0)
	position := int64(0)
	for round := range 30 {
		c := domain.Commit{Org: w.org, Command: uuid.NewString(), Request: []byte("r"), Meta: domain.Meta{Actor: "user:1"}, Streams: []domain.StreamCommit{{
			Stream: w.streams[0], Expected: domain.AnyVersion, Facts: []any{eventstoretest.Noted{}, eventstoretest.Noted{}},
		}}}
		fate.Store(int64(round % 4))
		r, err := db.Store.Append(t.Context(), c)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		position += 2
		if r.Position != position || r.Version != int(position) || r.First != position-1 {
			t.Fatalf("round %d: %+v, want position %d", round, r, position)
		}
		switch round % 4 {
		case passes, loses:
			if r.Replayed {
				t.Errorf("round %d: carried out before, and never arrived", round)
			}
		case answers:
			if !r.Replayed {
				t.Errorf("round %d: not known to be carried out", round)
			}
		}
		fate.Store(passes)
		c.Request = []byte("another")
		if _, err := db.Store.Append(t.Context(), c); !errors.Is(err, domain.ErrCommandReused) {
			t.Errorf("round %d: the id with another request: %v", round, err)
		}
	}
	wholeLog(t, direct, 60)
	if n := p.cuts.Load(); n != 22 {
		t.Errorf("%d connections were cut", n)
	}
}

func TestConnectionsCut(t *testing.T) {
	t.Parallel()
	direct := eventstoretest.OpenConformant(t, "")
	var mu sync.Mutex
	r := dice(t, 98)
	p := newProxy(t, direct.URL, func() int {
		mu.Lock()
		defer mu.Unlock()
		return max(r.IntN(12)-8, passes) // each cut once in twelve
	})
	db := eventstoretest.OpenConformant(t, p.url)
	ctx, cancel := context.WithTimeout(t.Context(), faultTime(t))
	defer cancel()
	w := newWorld(6, 8, 0)
	all := hammer(ctx, t, w, 12, db.Store, direct.Store)
	explained(t, w, all, direct)
	t.Logf("%d connections cut", p.cuts.Load())
	if p.cuts.Load() < 10 {
		t.Error("too few connections were cut to prove anything")
	}
}
