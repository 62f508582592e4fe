package enrollment_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/domain/mail"
	"github.com/canvass-hq/canvass/domain/suppression"
)

var (
	at   = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	free = suppression.Suppression{}
	shut = suppression.Suppression{Known: true, Entries: map[suppression.Scope]suppression.Entry{suppression.All: {Reason: suppression.Bounced}}}
)

func inBatch(b string) enrollment.Dispatched {
	return enrollment.Dispatched{Campaign: "c", Lead: "l", Batch: b, Key: "k"}
}

// TestEnrollment: who may send a mail, and what its outcome may be.
func TestEnrollment(t *testing.T) {
	t.Parallel()
	dispatch := func(batch string, s suppression.Suppression) func(enrollment.Enrollment) ([]enrollment.Event, error) {
		return func(e enrollment.Enrollment) ([]enrollment.Event, error) {
			return e.Dispatch(inBatch(batch), s, "marketing")
		}
	}
	record := func(batch string, f enrollment.Event) func(enrollment.Enrollment) ([]enrollment.Event, error) {
		return func(e enrollment.Enrollment) ([]enrollment.Event, error) { return e.Record(batch, f) }
	}
	tell := func(r enrollment.Reported) func(enrollment.Enrollment) ([]enrollment.Event, error) {
		return func(e enrollment.Enrollment) ([]enrollment.Event, error) { return e.Tell(r) }
	}
	requeue := enrollment.Enrollment.Requeue
	skip := func(e enrollment.Enrollment) ([]enrollment.Event, error) {
		return e.Skip(enrollment.Skipped{Campaign: "c", Lead: "l", Reason: enrollment.NoAddress})
	}
	b1, sent, doubted := inBatch("b1"), enrollment.Sent{ProviderID: "p"}, enrollment.Doubted{}
	waits := enrollment.Deferred{Class: mail.Unavailable, Until: at}
	delivered := enrollment.Reported{Kind: enrollment.Delivered, At: at}
	type events = []enrollment.Event
	for name, c := range map[string]struct {
		given events
		when  func(enrollment.Enrollment) ([]enrollment.Event, error)
		then  events
		err   error
		phase enrollment.Phase
	}{
		"the first":                {nil, dispatch("b1", free), events{b1}, nil, enrollment.InFlight},
		"suppressed":               {nil, dispatch("b1", shut), nil, enrollment.ErrSuppressed, ""},
		"another has it":           {events{b1}, dispatch("b2", free), nil, enrollment.ErrTaken, enrollment.InFlight},
		"sent already":             {events{b1, sent}, dispatch("b2", free), nil, enrollment.ErrTaken, enrollment.Taken},
		"told of already":          {events{b1, delivered}, dispatch("b2", free), nil, enrollment.ErrTaken, enrollment.Arrived},
		"again, after it waited":   {events{b1, waits}, dispatch("b2", free), events{inBatch("b2")}, nil, enrollment.InFlight},
		"in doubt, not again":      {events{b1, doubted}, dispatch("b2", free), nil, enrollment.ErrTaken, enrollment.InDoubt},
		"skipped":                  {nil, skip, events{enrollment.Skipped{Campaign: "c", Lead: "l", Reason: enrollment.NoAddress}}, nil, enrollment.Left},
		"skipped, but sent":        {events{b1, sent}, skip, nil, enrollment.ErrTaken, enrollment.Taken},
		"skipped once":             {events{enrollment.Skipped{Reason: enrollment.NoAddress}}, skip, nil, enrollment.ErrTaken, enrollment.Left},
		"an outcome":               {events{b1}, record("b1", sent), events{sent}, nil, enrollment.Taken},
		"an outcome of nothing":    {nil, record("b1", sent), nil, enrollment.ErrNotFound, ""},
		"an outcome, late":         {events{b1, inBatch("b2")}, record("b1", waits), nil, nil, enrollment.InFlight},
		"an outcome, twice":        {events{b1, sent}, record("b1", sent), nil, nil, enrollment.Taken},
		"a doubt ends":             {events{b1, doubted}, record("b1", sent), events{sent}, nil, enrollment.Taken},
		"a doubt, twice":           {events{b1, doubted}, record("b1", doubted), nil, nil, enrollment.InDoubt},
		"a doubt of what was told": {events{b1, delivered}, record("b1", doubted), nil, nil, enrollment.Arrived},
		"sent, told before":        {events{b1, delivered}, record("b1", sent), events{sent}, nil, enrollment.Arrived},
		"told":                     {events{b1, sent}, tell(delivered), events{delivered}, nil, enrollment.Arrived},
		"told twice":               {events{b1, sent, delivered}, tell(delivered), nil, nil, enrollment.Arrived},
		"told while in doubt":      {events{b1, doubted}, tell(delivered), events{delivered}, nil, enrollment.Arrived},
		"told of nothing":          {nil, tell(delivered), nil, enrollment.ErrNotFound, ""},
		"delayed is no outcome": {
			events{b1, sent}, tell(enrollment.Reported{Kind: enrollment.Delayed, At: at}), events{enrollment.Reported{Kind: enrollment.Delayed, At: at}}, nil, enrollment.Taken,
		},
		"sent again, on purpose":     {events{b1, doubted}, requeue, events{enrollment.Requeued{}}, nil, enrollment.Waiting},
		"sent again, without doubt":  {events{b1, sent}, requeue, nil, enrollment.ErrNoDoubt, enrollment.Taken},
		"sent again, nothing there":  {nil, requeue, nil, enrollment.ErrNotFound, ""},
		"sent again, told since":     {events{b1, doubted, delivered}, requeue, nil, enrollment.ErrNoDoubt, enrollment.Arrived},
		"again, after it was wanted": {events{b1, doubted, enrollment.Requeued{}}, dispatch("b2", free), events{inBatch("b2")}, nil, enrollment.InFlight},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := domain.Fold(enrollment.Enrollment{}, c.given...)
			got, err := c.when(e)
			if !errors.Is(err, c.err) || len(got)+len(c.then) > 0 && !reflect.DeepEqual(got, c.then) {
				t.Errorf("%v, %v; want %v, %v", got, err, c.then, c.err)
			}
			if phase := domain.Fold(e, got...).Phase(); phase != c.phase {
				t.Errorf("it is %q, want %q", phase, c.phase)
			}
		})
	}
}

// TestTold: whatever is told of a mail, in whichever order and however often, it ends the same.
func TestTold(t *testing.T) {
	t.Parallel()
	kinds := []enrollment.Report{enrollment.Delivered, enrollment.Delayed, enrollment.Bounced, enrollment.Spam, enrollment.Dropped, enrollment.HeldBack}
	rapid.Check(t, func(t *rapid.T) {
		reports := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) enrollment.Reported {
			return enrollment.Reported{
				Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Bounce: rapid.SampledFrom([]enrollment.Bounce{enrollment.Hard, enrollment.Soft, enrollment.Ignored}).Draw(t, "bounce"),
				At: at.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "minute")) * time.Minute), Code: rapid.SampledFrom([]string{"", "5.1.1"}).Draw(t, "code"),
			}
		}), 1, 6).Draw(t, "reports")
		start := domain.Fold(enrollment.Enrollment{}, enrollment.Event(inBatch("b")))
		run := func(order []enrollment.Reported, sentAfter int) enrollment.Enrollment {
			e := start
			for i, r := range order {
				if i == sentAfter {
					facts, _ := e.Record("b", enrollment.Sent{})
					e = domain.Fold(e, facts...)
				}
				facts, err := e.Tell(r)
				if err != nil {
					t.Fatal(err)
				}
				e = domain.Fold(e, facts...)
			}
			return e
		}
		want := run(reports, 0)
		again := rapid.Permutation(append(reports, reports...)).Draw(t, "again")
		got := run(again, rapid.IntRange(0, len(again)-1).Draw(t, "sent"))
		if got.Phase() != want.Phase() || !reflect.DeepEqual(got.Reports, want.Reports) {
			t.Fatalf("%s %v, want %s %v", got.Phase(), got.Reports, want.Phase(), want.Reports)
		}
	})
}

func TestBounceOf(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]enrollment.Bounce{
		"5.1.1": enrollment.Hard, "5.1.10": enrollment.Hard, "5.2.1": enrollment.Hard, "4.4.7": enrollment.Hard, "5.4.4": enrollment.Hard,
		"4.2.2": enrollment.Soft, "5.2.2": enrollment.Soft, "4.4.1": enrollment.Soft, "": enrollment.Soft, "what": enrollment.Soft, "5": enrollment.Soft,
		"5.3.4": enrollment.Ignored, "5.7.1": enrollment.Ignored, "5.6.0": enrollment.Ignored, "5.1.8": enrollment.Ignored, "5.2.3": enrollment.Ignored,
	} {
		if got := enrollment.BounceOf(status); got != want {
			t.Errorf("%q is %s, want %s", status, got, want)
		}
	}
}

func TestOutcome(t *testing.T) {
	t.Parallel()
	later := &mail.Error{Class: mail.Unavailable, Code: 451, Temporary: true}
	for name, c := range map[string]struct {
		failed *mail.Error
		after  time.Duration
		want   enrollment.Event
	}{
		"taken":      {nil, 0, enrollment.Sent{ProviderID: "p"}},
		"in doubt":   {&mail.Error{Class: mail.InDoubt}, 0, enrollment.Doubted{}},
		"refused":    {&mail.Error{Class: mail.Refused, Code: 550}, 0, enrollment.Failed{Class: mail.Refused, Code: 550}},
		"later":      {later, time.Hour, enrollment.Deferred{Class: mail.Unavailable, Code: 451, Until: at.Add(2 * time.Minute)}},
		"once again": {later, enrollment.Patience, enrollment.Failed{Class: mail.Unavailable, Code: 451}},
	} {
		if got := enrollment.Outcome("p", c.failed, 2, at.Add(-c.after), at); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
