package http_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/domain/access"
)

// setting is a number that the environment may set: SEED to see the same requests again,
// REQUESTS for more of them.
func setting(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// Whatever is asked, of every operation there is, the answer is one that its description
// names, and never that something broke on our side.
func TestAnyRequestIsAnswered(t *testing.T) { //nolint:paralleltest // it would slow those beside it down, some of which wait for moments only
	seed, total := setting(t, "SEED", uint64(time.Now().UnixNano())), setting(t, "REQUESTS", 6_000)
	t.Logf("SEED=%d REQUESTS=%d", seed, total)
	promised.load()
	var all []target
	for path, operations := range promised.doc.Paths {
		for method, o := range operations {
			if !strings.HasPrefix(path, "/docs") { // files, of half a megabyte
				all = append(all, target{method, path, o})
			}
		}
	}
	slices.SortFunc(all, func(a, b target) int { return strings.Compare(a.path+a.method, b.path+b.method) })

	a := start(t)
	const workers = 6
	tally := &tally{statuses: map[int]int{}, answered: map[string]bool{}}
	var next atomic.Uint64
	var running sync.WaitGroup
	for range workers {
		boss := a.founder(t)
		team := []*member{boss, boss, boss, boss, boss, boss.colleague(t, boss.Org, access.User), boss.colleague(t, boss.Org, access.API), a.member(t, access.Manager)}
		nobody := *boss
		nobody.token = "none"
		team = append(team, &nobody)
		// Records do not live long here, so there are some for every stretch of the way.
		var stretches []func(string) string
		for range stretchesOf(total) {
			stretches = append(stretches, boss.records(t))
		}
		running.Go(func() {
			for n := next.Add(1) - 1; n < total && !t.Failed(); n = next.Add(1) - 1 {
				names := stretches[n*uint64(len(stretches))/total]
				ids := []string{someone, boss.ID}
				for _, kind := range []string{"leads", "segments", "imports", "companies", "mappings", "senders", "templates", "campaigns"} {
					ids = append(ids, strings.TrimPrefix(names("/v1/"+kind+"/{id}"), "/v1/"+kind+"/"))
				}
				g := &generator{Rand: rand.New(rand.NewPCG(seed, n)), names: names, ids: ids}
				what := all[n%uint64(len(all))]
				who := pick(g, team)
				if g.calm = n < 3*uint64(len(all)); g.calm {
					who = boss
				}
				asked := g.request(what.method, what.path, what.described)
				if fault := tally.send(t.Context(), who, what, asked); fault != "" {
					t.Errorf("SEED=%d request %d: %s\n%s", seed, n, asked, fault)
				}
			}
		})
	}
	running.Wait()
	t.Logf("statuses: %v", tally.statuses)
	var never []string
	for _, what := range all {
		if !tally.answered[what.OperationID] {
			never = append(never, what.OperationID)
		}
	}
	// What goes on from where a job has come to is refused here, where no jobs are done; no link
	// of an invitation can be guessed, nor the last admin removed; and chance may pass some over.
	if len(never) > 20 && total >= 5_000 && !t.Failed() {
		t.Errorf("never carried out: %v", never)
	}
}

// stretchesOf is how often a worker gets new records.
func stretchesOf(total uint64) uint64 { return min(total/2_000+1, 12) }

type target struct {
	method, path string
	*described
}

// tally counts what was answered.
type tally struct {
	mu       sync.Mutex
	statuses map[int]int
	answered map[string]bool // operations that something was asked of that they could carry out
}

// send asks, and says what is wrong with the answer.
func (y *tally) send(ctx context.Context, m *member, what target, asked generated) string {
	r := httptest.NewRequestWithContext(ctx, asked.method, "/", strings.NewReader(asked.body))
	path, err := url.PathUnescape(asked.path)
	if err != nil {
		return err.Error()
	}
	r.URL = &url.URL{Path: path, RawPath: asked.path, RawQuery: asked.query}
	r.Header.Set("Authorization", "Bearer "+m.token)
	if asked.kind != "" {
		r.Header.Set("Content-Type", asked.kind)
	}
	for _, h := range asked.headers {
		r.Header.Add(h[0], h[1])
	}
	got, cut := m.answer(r, strings.HasSuffix(what.path, "/stream"))
	if cut {
		return "" // an answer that began and broke off, or a request that no client sends
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	y.statuses[got.status]++
	o, at := promised.find(asked.method, r.URL.EscapedPath())
	if got.status < 300 && o == what.described {
		y.answered[o.OperationID] = true
	}
	switch {
	case got.status >= 500 && got.status != http.StatusServiceUnavailable:
		return fmt.Sprintf("%d: %s", got.status, got.body)
	case o == nil || strings.Contains(got.body, `"route.not_found"`):
		return ""
	case asked.method == http.MethodHead:
		got.body = "" // net/http leaves it out
	}
	if fault := promised.fault(o, at, asked.method, got.status, got.header, got.body); fault != "" {
		return fmt.Sprintf("%d: %s", got.status, fault)
	}
	return ""
}

// answer is what the server answers to a request, by a connection where there must be one:
// of a stream the beginning.
func (m *member) answer(r *http.Request, stream bool) (got answer, cut bool) {
	if !stream {
		defer func() {
			if broken := recover(); broken != nil {
				if broken != any(http.ErrAbortHandler) { // with which an answer is cut
					panic(broken)
				}
				cut = true
			}
		}()
		w := httptest.NewRecorder()
		m.server.Handler().ServeHTTP(w, r)
		return answer{w.Code, w.Header(), w.Body.String()}, false
	}
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	out := r.Clone(ctx)
	out.RequestURI, out.Body = "", nil
	out.URL.Scheme, out.URL.Host = "http", strings.TrimPrefix(m.base, "http://")
	res, err := http.DefaultClient.Do(out)
	if err != nil {
		return answer{}, true
	}
	defer func() { _ = res.Body.Close() }()
	body := []byte{}
	if res.StatusCode != http.StatusOK {
		body, err = io.ReadAll(res.Body)
	}
	return answer{res.StatusCode, res.Header, string(body)}, err != nil
}
