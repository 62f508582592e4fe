package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/projections"
)

type benchHTTPCmd struct {
	benchFlags

	Leads int `help:"How many leads there are before the reads are measured." default:"20000"`
}

// Help implements kong's detailed help.
func (benchHTTPCmd) Help() string {
	return `http.capture: POST /v1/leads with every projection running, beside a bare Echo handler with one INSERT.
http.list: GET /v1/leads, a page of 50, read anew each time, beside a bare Echo handler with the same page.
http.list.cached: the same page as it is remembered, and http.search.cached one with a filter, words and a facet, each beside itself read anew.
http.show: GET /v1/leads/{id} beside a bare Echo handler with one SELECT. Every request is authenticated and counted against its limits; with REDIS_URL, in Redis.
Example: canvass bench http --writers 32`
}

// Run implements the subcommand.
func (c benchHTTPCmd) Run(s *session) error {
	return s.bench(c.benchFlags, func(ctx context.Context, r *benchRig) (figures []figure, err error) {
		err = r.serving(ctx, func(ctx context.Context, url string) error {
			bare, err := newBareServer(ctx, r.plain)
			if err != nil {
				return err
			}
			defer bare.close()
			b, err := c.newBench(r, url, bare.url)
			if err != nil {
				return err
			}
			figures, err = b.measure(ctx)
			return err
		})
		return figures, err
	})
}

// serving runs the whole product while do asks it.
func (r *benchRig) serving(ctx context.Context, do func(ctx context.Context, url string) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- r.app.Run(ctx, Parts{Listener: listener, Worker: true, Ready: func() { close(ready) }})
	}()
	select {
	case <-ready:
	case err := <-ended:
		return err
	}
	err = do(ctx, "http://"+listener.Addr().String())
	stop()
	return errors.Join(err, <-ended)
}

type httpBench struct {
	cmd         benchHTTPCmd
	rig         *benchRig
	ours, bare  string
	token, org  string
	client      *http.Client
	people      []lead.Details
	next        atomic.Int64
	ids, bareID []string
}

func (c benchHTTPCmd) newBench(r *benchRig, ours, bare string) (*httpBench, error) {
	b := &httpBench{
		cmd: c, rig: r, ours: ours, bare: bare, org: newOrg(),
		client: &http.Client{Transport: &http.Transport{MaxIdleConns: 2 * c.Writers, MaxIdleConnsPerHost: 2 * c.Writers}},
	}
	var err error
	b.token, err = r.app.cfg.token(demoPrincipal(b.org, access.Admin), time.Hour)
	if err != nil {
		return nil, err
	}
	for who := newPeople("posted"); len(b.people) < 2_000; {
		b.people = append(b.people, who.next())
	}
	return b, nil
}

// body is the next person; no address comes twice.
func (b *httpBench) body() []byte {
	n := int(b.next.Add(1))
	p := b.people[n%len(b.people)]
	return fmt.Appendf(nil, `{"name":%q,"email":"%d.%s","phone":%q,"title":%q,"company":%q,"country":%q,"source":%q}`,
		p.Name, n, p.Email, p.Phone, p.Title, p.Company, p.Country, p.Source)
}

func (b *httpBench) do(ctx context.Context, method, url string, body []byte, want int, answer any, headers ...string) error {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+b.token)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1]) //nolint:gosec // they are pairs
	}
	res, err := b.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != want {
		err = fmt.Errorf("%s %s: status %d: %s", method, strings.TrimPrefix(url, b.ours), res.StatusCode, data)
	}
	if err == nil && answer != nil {
		err = json.Unmarshal(data, answer)
	}
	return err
}

func (b *httpBench) each(ctx context.Context, request func(ctx context.Context, n int) error) func(time.Duration) (measured, error) {
	var n atomic.Int64
	return func(long time.Duration) (measured, error) {
		return measure(ctx, b.cmd.Writers, long, 1, func(ctx context.Context, _, _ int) error { return request(ctx, int(n.Add(1))) })
	}
}

func (b *httpBench) measure(ctx context.Context) ([]figure, error) {
	post := func(base string) func(time.Duration) (measured, error) {
		return b.each(ctx, func(ctx context.Context, _ int) error {
			return b.do(ctx, http.MethodPost, base+"/v1/leads", b.body(), http.StatusCreated, nil)
		})
	}
	ours, limit, err := sideBySide(b.cmd.Seconds, post(b.ours), post(b.bare))
	if err != nil {
		return nil, err
	}
	figures := []figure{ours.figure("http.capture", "requests/s").beside(limit)}
	if err := b.settle(ctx); err != nil {
		return nil, err
	}
	lists, err := b.lists(ctx)
	if err != nil {
		return nil, err
	}
	figures = append(figures, lists...)
	show := func(base string, ids []string) func(time.Duration) (measured, error) {
		return b.each(ctx, func(ctx context.Context, n int) error {
			return b.do(ctx, http.MethodGet, base+"/v1/leads/"+ids[n%len(ids)], nil, http.StatusOK, nil)
		})
	}
	if ours, limit, err = sideBySide(b.cmd.Seconds, show(b.ours, b.ids), show(b.bare, b.bareID)); err != nil {
		return nil, err
	}
	return append(figures, ours.figure("http.show", "requests/s").beside(limit)), nil
}

// lists measures pages that are read anew, beside the bare one, and as they are remembered,
// beside themselves read anew.
func (b *httpBench) lists(ctx context.Context) ([]figure, error) {
	const page, search = "/v1/leads?limit=50", "/v1/leads?limit=50&filter=status+eq+new&q=a&facets=country"
	get := func(url string, anew bool) func(time.Duration) (measured, error) {
		return b.each(ctx, func(ctx context.Context, _ int) error {
			if anew {
				return b.do(ctx, http.MethodGet, url, nil, http.StatusOK, nil, "Cache-Control", "no-cache")
			}
			return b.do(ctx, http.MethodGet, url, nil, http.StatusOK, nil)
		})
	}
	var figures []figure
	for _, f := range []struct {
		name        string
		ours, limit func(time.Duration) (measured, error)
	}{
		{"http.list", get(b.ours+page, true), get(b.bare+page, true)},
		{"http.list.cached", get(b.ours+page, false), get(b.ours+page, true)},
		{"http.search.cached", get(b.ours+search, false), get(b.ours+search, true)},
	} {
		ours, limit, err := sideBySide(b.cmd.Seconds, f.ours, f.limit)
		if err != nil {
			return nil, err
		}
		figures = append(figures, ours.figure(f.name, "requests/s").beside(limit))
	}
	return figures, nil
}

// settle fills up to the leads that are asked for, lets the projections catch up, and
// gives the bare table as many rows.
func (b *httpBench) settle(ctx context.Context) error {
	var page struct {
		Items []projections.Lead `json:"items"`
		Total projections.Total  `json:"total"`
	}
	if err := b.rig.fill(ctx, b.org, max(b.cmd.Leads-int(b.next.Load()), 1)); err != nil {
		return err
	}
	head, err := b.rig.app.store.Head(ctx, 0)
	if err != nil {
		return err
	}
	leads := projections.Leads()
	patience, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := b.rig.app.positions.Wait(patience, leads, head); err != nil {
		return err
	}
	if err := b.do(ctx, http.MethodGet, b.ours+"/v1/leads?limit=200", nil, http.StatusOK, &page); err != nil {
		return err
	}
	for _, l := range page.Items {
		b.ids = append(b.ids, l.ID)
	}
	_, err = b.rig.plain.Exec(ctx, `truncate bare_people; insert into bare_people select id, status, source, country, name, email, phone, title, company, created_at from `+leads.Live().Table("leads"))
	if err != nil {
		return err
	}
	if _, err := b.rig.plain.Exec(ctx, `analyze bare_people`); err != nil {
		return err
	}
	b.bareID = b.ids
	return nil
}
