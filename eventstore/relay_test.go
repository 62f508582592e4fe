package eventstore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	wsql "github.com/ThreeDotsLabs/watermill-sql/v3/pkg/sql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/schema"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

// receive takes n messages from the topic as another service would, with nothing of
// ours but the shape of the topic.
func (c *counter) receive(t *testing.T, n int64) []eventstore.CloudEvent {
	t.Helper()
	cfg, err := pgx.ParseConfig(c.URL)
	if err != nil {
		t.Fatal(err)
	}
	db := stdlib.OpenDB(*cfg)
	t.Cleanup(func() { _ = db.Close() })
	s, err := wsql.NewSubscriber(db, wsql.SubscriberConfig{
		ConsumerGroup: "another service", PollInterval: 20 * time.Millisecond, InitializeSchema: true,
		SchemaAdapter: eventstore.RelaySchema(),
		OffsetsAdapter: wsql.DefaultPostgreSQLOffsetsAdapter{
			GenerateMessagesOffsetsTableName: func(topic string) string { return `public."offsets_` + topic + `"` },
		},
	}, watermill.NopLogger{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	messages, err := s.Subscribe(t.Context(), eventstore.RelayTopic)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]eventstore.CloudEvent, 0, n)
	for int64(len(out)) < n {
		select {
		case m := <-messages:
			var e eventstore.CloudEvent
			if err := json.Unmarshal(m.Payload, &e); err != nil || e.ID != m.UUID {
				t.Fatalf("message %s is %s: %v", m.UUID, m.Payload, err)
			}
			out = append(out, e)
			m.Ack()
		case <-time.After(eventstoretest.Patience):
			t.Fatalf("%d messages of %d came", len(out), n)
		}
	}
	return out
}

func newRelay(t *testing.T) *counter {
	t.Helper()
	c := newCounter(t, "relay")
	c.sub = eventstore.Relay()
	if err := c.Store.MakeRelayTopic(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestChildRelay is no test: it is the worker of TestRelayKilled.
func TestChildRelay(t *testing.T) {
	t.Parallel()
	db := eventstoretest.OnlyInChild(t)
	sub := eventstore.Relay()
	sub.Batch = 20
	s := db.Store.NewSubscriber(sub, eventstore.NewFeed(db.Store, eventstore.DefaultLog), nil)
	s.Reached(dieAt(eventstoretest.ChildValue(endAt)))
	db.FollowWith(t, s, sub, db.Store.PublishFacts)
	eventstoretest.Tell("following")
	<-t.Context().Done()
}

// TestRelayKilled kills the relay at every step of a batch, again and again: each fact
// is published once, in the order of the log.
func TestRelayKilled(t *testing.T) { //nolint:paralleltest // it kills processes
	c := newRelay(t)
	stop := c.appending()
	kills := 0
	for kills = range eventstoretest.Rounds(len(steps)) {
		step := steps[kills%len(steps)]
		child := eventstoretest.StartChild(t, c.DB, "TestChildRelay", endAt+"="+step+" "+strconv.Itoa(1+kills%3)+" kill")
		child.Expect("at " + step)
		child.Ended()
	}
	stop()
	c.Follow(t, c.sub, c.Store.PublishFacts)
	c.Await(t, c.sub, c.Head(t))
	c.contiguous()
	t.Logf("%d kills over %d facts", kills+1, c.Head(t))
	if n := c.Count(t, `select count(*) from relay.`+eventstore.RelayTopic); n != c.Head(t) {
		t.Errorf("%d messages of %d facts", n, c.Head(t))
	}
	for i, e := range c.receive(t, c.Head(t)) {
		if e.Position != int64(i+1) {
			t.Fatalf("message %d is of position %d", i+1, e.Position)
		}
	}
}

// TestRelayTellsNobody: what leaves the log holds ids and clear values only.
func TestRelayTellsNobody(t *testing.T) {
	t.Parallel()
	c := newRelay(t)
	id, owner := eventstoretest.NewID(), eventstoretest.NewID()
	c.Put(t, c.org, lead.Stream(id),
		lead.Captured{Status: lead.New, Owner: owner, Details: lead.Details{
			Name: "Ann Secret", Email: "ann@secret.example", Phone: "+49-secret", PhoneStatus: "secret", Title: "Secret", Company: "Secret & Co", CountryGiven: "Secretland", Source: "fair", Country: "DE",
		}},
		lead.Edited{Changes: []lead.Change{{Field: "name", From: "Ann Secret", To: "Bo Secret"}, {Field: "source", From: "fair", To: "web"}}},
		lead.StatusChanged{From: lead.New, To: lead.Disqualified, Reason: "a secret"}, lead.Archived{Reason: "a secret"}, lead.Erased{})
	c.Follow(t, c.sub, c.Store.PublishFacts)
	c.Await(t, c.sub, 5)
	got := c.receive(t, 5)
	for i, want := range []string{
		`{"name":null,"email":null,"phone":null,"phone_status":null,"title":null,"company":null,"country":"DE","country_given":null,"source":"fair","status":"new","owner":"` + owner + `"}`,
		`{"changes":[{"field":"name","from":null,"to":null},{"field":"source","from":"fair","to":"web"}]}`,
		`{"from":"new","to":"disqualified","reason":null}`, `{"reason":null}`, `{}`,
	} {
		if string(got[i].Data) != want {
			t.Errorf("fact %d leaves as\n%s, want\n%s", i+1, got[i].Data, want)
		}
	}
	e := got[0]
	if e.SpecVersion != "1.0" || e.Type != "lead.captured" || e.Subject != "lead/"+id || e.Org != c.org || e.Version != 1 || e.Source == "" || e.Time.IsZero() || e.DataContentType != "application/json" {
		t.Errorf("a message reads %+v", e)
	}
	for _, table := range c.Strings(t, `select format('%I.%I', table_schema, table_name) from information_schema.tables where table_schema = 'relay'`) {
		all := strings.ToLower(strings.Join(c.Strings(t, `select r::text from `+table+` r`), "\n"))
		if all == "" || strings.Contains(all, "secret") || strings.Contains(all, "$enc") {
			t.Errorf("%s holds what is sealed: %s", table, all)
		}
	}
}

// noted is a fact that is nobody's business outside.
type noted struct{ Text string }

// TestRelayKeepsThePrivate: a fact that is not public stays, and holds nothing up.
func TestRelayKeepsThePrivate(t *testing.T) {
	t.Parallel()
	c := newRelay(t)
	r, err := eventstore.NewRegistry(append(schema.All(), domain.Stored[noted]("lead.muttered")))
	if err != nil {
		t.Fatal(err)
	}
	c.DB = eventstoretest.OpenWith(t, c.URL, r, func() (string, error) { return eventstoretest.MasterKey, nil })
	stream := lead.Stream(eventstoretest.NewID())
	c.Put(t, c.org, stream, noted{"a"})
	c.Put(t, c.org, stream, lead.Archived{})
	c.Put(t, c.org, stream, noted{"b"}, lead.Restored{})
	c.Follow(t, c.sub, c.Store.PublishFacts)
	c.Await(t, c.sub, 4)
	var types []string
	for _, e := range c.receive(t, 2) {
		types = append(types, e.Type)
	}
	if fmt.Sprint(types) != "[lead.archived lead.restored]" || c.Count(t, `select count(*) from relay.`+eventstore.RelayTopic) != 2 {
		t.Errorf("relayed %v", types)
	}
}

// TestRelayFails: a batch that is refused behind the publishing takes the messages with
// it, and what is parked can be published later.
func TestRelayFails(t *testing.T) {
	t.Parallel()
	c := newRelay(t)
	c.Import(t, c.org, 10)
	var mended atomic.Bool
	c.Follow(t, c.sub, func(ctx context.Context, b *eventstore.Batch) error {
		if err := c.Store.PublishFacts(ctx, b); err != nil {
			return err
		}
		for _, e := range b.Events {
			if e.Position == 4 && !mended.Load() {
				return errors.New("no")
			}
		}
		return nil
	})
	c.Await(t, c.sub, 10)
	published := func() string {
		return strings.Join(c.Strings(t, `select payload->>'canvassposition' from relay.`+eventstore.RelayTopic+` order by "offset"`), " ")
	}
	if got := published(); got != "1 2 3 5 6 7 8 9 10" {
		t.Errorf("published %s", got)
	}
	mended.Store(true)
	if n, err := c.Store.Unpark(t.Context(), c.sub, c.Store.PublishFacts); n != 1 || err != nil {
		t.Errorf("unparked %d: %v", n, err)
	}
	if got := published(); got != "1 2 3 5 6 7 8 9 10 4" {
		t.Errorf("published %s", got)
	}
}

// TestMakeRelayTopic: several processes that start at once make it once.
func TestMakeRelayTopic(t *testing.T) {
	t.Parallel()
	c := newCounter(t, "relay")
	for range 5 {
		faults := make([]error, 6)
		var wg sync.WaitGroup
		for i := range faults {
			wg.Go(func() { faults[i] = c.Store.MakeRelayTopic(t.Context()) })
		}
		wg.Wait()
		if err := errors.Join(faults...); err != nil {
			t.Fatal(err)
		}
		c.Exec(t, `drop table relay.`+eventstore.RelayTopic)
	}
}
