package http_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/exports"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	apphttp "github.com/canvass-hq/canvass/http"
)

// bulk fills an organization with so much that no socket takes it all unread: more than
// one page of leads, 12 MB.
func (m *member) bulk(t *testing.T) (leads int) {
	t.Helper()
	const each = 1200
	custom := map[string]string{}
	for i := range 5 {
		custom[fmt.Sprint("k", i)] = strings.Repeat("x", lead.MaxCustom)
	}
	for range 3 {
		streams := make([]domain.StreamCommit, each/3)
		for i := range streams {
			streams[i] = domain.StreamCommit{Stream: lead.Stream(eventstoretest.NewID()), Facts: []any{lead.Captured{Status: lead.New, Details: lead.Details{Name: "Persona", Custom: custom}}}}
		}
		m.db.PutAll(t, m.Org, streams...)
	}
	within(t, "the leads are shown", func() bool { return m.fresh(t, "/v1/leads?limit=1").status == http.StatusOK })
	return each
}

// stalled asks for an export and reads no more than its head.
func (m *member) stalled(t *testing.T) (net.Conn, *http.Response) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(m.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := fmt.Fprintf(conn, "GET /v1/leads/export HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", m.token); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReaderSize(conn, 64), nil)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%v %v", res, err)
	}
	return conn, res
}

// A client that goes away is noticed, and the export is recorded as broken off.
func TestExportOfClientThatLeaves(t *testing.T) {
	t.Parallel()
	m := start(t).member(t, access.Admin)
	m.bulk(t)
	before := m.head(t)
	conn, res := m.stalled(t)
	_ = conn.Close()
	_ = res.Body.Close()
	within(t, "the end is recorded", func() bool { return strings.Contains(m.facts(t, before), "export.finished") })
	if facts := m.facts(t, before); !strings.Contains(facts, `"complete":false`) || strings.Contains(facts, `"rows":1200`) {
		t.Errorf("the facts are %s", facts)
	}
}

// A server that stops cuts an export off: the client cannot take it for whole, and the
// export is recorded as broken off. Without that, it is whole.
func TestExportOfServerThatStops(t *testing.T) {
	t.Parallel()
	a := start(t)
	m := a.member(t, access.Admin)
	leads := m.bulk(t)
	before := m.head(t)

	_, whole := m.stalled(t)
	defer func() { _ = whole.Body.Close() }()
	rows, err := lines(whole.Body)
	if err != nil || rows != leads+1 || whole.Trailer.Get("Canvass-Rows") != strconv.Itoa(leads) {
		t.Errorf("unhindered it has %d lines, %v, trailer %v", rows, err, whole.Trailer)
	}
	_, cut := m.stalled(t)
	defer func() { _ = cut.Body.Close() }()
	stopped := make(chan struct{})
	go func() {
		a.close()
		close(stopped)
	}()
	within(t, "the server takes no more requests", func() bool {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(m.base, "http://"))
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
	rows, err = lines(cut.Body)
	if !errors.Is(err, io.ErrUnexpectedEOF) || rows > leads || cut.Trailer.Get("Canvass-Rows") != "" {
		t.Errorf("cut off it has %d lines, %v, trailer %v", rows, err, cut.Trailer)
	}
	<-stopped
	if facts := m.facts(t, before); !strings.Contains(facts, `{"rows":1200,"complete":true}`) || !strings.Contains(facts, `{"rows":1000,"complete":false}`) {
		t.Errorf("the facts are %s", facts)
	}
}

func lines(r io.Reader) (n int, err error) {
	in := bufio.NewReaderSize(r, 1<<20)
	for {
		if _, err = in.ReadString('\n'); err != nil {
			if errors.Is(err, io.EOF) {
				return n, nil
			}
			return n, err
		}
		n++
	}
}

// fullStore refuses facts of exports from the n-th on.
type fullStore struct {
	commands.Store

	left atomic.Int64
}

func (s *fullStore) Append(ctx context.Context, c domain.Commit) (domain.Receipt, error) {
	if c.Streams[0].Stream.Category == exports.Category && s.left.Add(-1) < 0 {
		return domain.Receipt{}, domain.ErrBusy
	}
	return s.Store.Append(ctx, c)
}

// What cannot be recorded is not taken out, and what cannot be recorded as whole does
// not end as if it were.
func TestExportIsRecordedOrNothing(t *testing.T) {
	t.Parallel()
	var store fullStore
	m := start(t, func(c *apphttp.Config) {
		store.Store = c.Run.Store
		c.Run = &commands.Runner{Store: &store, Now: c.Run.Now}
	}).member(t, access.Admin)
	m.capture(t, `{"name":"Persona"}`)
	m.fresh(t, "/v1/leads")
	if got := m.ask(t, "GET", "/v1/leads/export", ""); strings.Contains(got.body, "Persona") {
		t.Errorf("taken out unrecorded: %s", got.body)
	} else {
		got.refuses(t, 503, "log.busy")
	}
	store.left.Store(1)
	if got, err := m.try(t.Context(), "GET", "/v1/leads/export", ""); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("its end is not recorded, and it ends with %v: %+v", err, got)
	}
	store.left.Store(2)
	m.ask(t, "GET", "/v1/leads/export", "").wants(t, 200)
}
