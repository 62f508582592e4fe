package sender_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/sender"
)

var now = time.Date(2026, 11, 23, 22, 30, 0, 0, time.UTC)

func details() sender.Details { return sender.Details{Name: "Ada", Email: "ada@mail.example"} }

// TestSender: whom mail may be from.
func TestSender(t *testing.T) {
	t.Parallel()
	type events = []sender.Event
	made := sender.Created{Details: details()}
	pass, half := sender.Check{SPF: sender.Pass, DKIM: sender.Pass, DMARC: sender.Pass}, sender.Check{SPF: sender.Pass, DKIM: sender.Missing, DMARC: sender.Pass}
	checked := sender.Checked{Result: pass, At: now}
	moved := details()
	moved.Email = "bob@mail.example"
	create := func(d sender.Details) func(sender.Sender) ([]sender.Event, error) {
		return func(s sender.Sender) ([]sender.Event, error) { return s.Create(d, now) }
	}
	change := func(d sender.Details) func(sender.Sender) ([]sender.Event, error) {
		return func(s sender.Sender) ([]sender.Event, error) { return s.Change(d, now) }
	}
	trust := func(note string) func(sender.Sender) ([]sender.Event, error) {
		return func(s sender.Sender) ([]sender.Event, error) { return s.Trust(note) }
	}
	given := details()
	given.Email = "ADA@Mail.example"
	ramped, begun := details(), details()
	ramped.Zone, ramped.Limits.Ramp.Start = "Asia/Tokyo", 20
	begun.Zone, begun.Limits.Ramp = "Asia/Tokyo", sender.Ramp{Start: 20, From: "2026-11-24"}
	for name, c := range map[string]struct {
		given events
		when  func(sender.Sender) ([]sender.Event, error)
		then  events
		err   error
		ready bool
	}{
		"created":             {nil, create(given), events{sender.Created{Details: sender.Details{Name: "Ada", Email: "ada@mail.example"}}}, nil, false},
		"created twice":       {events{made}, create(details()), nil, sender.ErrExists, false},
		"a ramp begins today": {nil, create(ramped), events{sender.Created{Details: begun}}, nil, false},
		"well":                {events{made}, func(s sender.Sender) ([]sender.Event, error) { return s.RecordCheck("mail.example", pass, now) }, events{checked}, nil, true},
		"not all well":        {events{made}, func(s sender.Sender) ([]sender.Event, error) { return s.RecordCheck("mail.example", half, now) }, events{sender.Checked{Result: half, At: now}}, nil, false},
		"of another domain":   {events{made}, func(s sender.Sender) ([]sender.Event, error) { return s.RecordCheck("other.example", pass, now) }, nil, nil, false},
		"another address":     {events{made, checked}, change(moved), events{sender.Changed{Details: moved}}, nil, false},
		"the same":            {events{made, checked}, change(details()), nil, nil, true},
		"on somebody's word":  {events{made}, trust("ours"), events{sender.Trusted{Note: "ours"}}, nil, true},
		"on their word, once": {events{made, sender.Trusted{}}, trust("ours"), nil, nil, true},
		"deleted":             {events{made}, sender.Sender.Delete, events{sender.Deleted{}}, nil, false},
		"deleted, trusted":    {events{made, sender.Deleted{}}, trust("ours"), nil, sender.ErrNotFound, false},
		"nobody":              {nil, trust("ours"), nil, sender.ErrNotFound, false},
		"back":                {events{made, sender.Deleted{}}, sender.Sender.Restore, events{sender.Restored{}}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := domain.Fold(sender.Sender{}, c.given...)
			got, err := c.when(s)
			if !errors.Is(err, c.err) || len(got)+len(c.then) > 0 && !reflect.DeepEqual(got, c.then) {
				t.Errorf("%v, %v; want %v, %v", got, err, c.then, c.err)
			}
			if after := domain.Fold(s, got...); after.Ready() != c.ready {
				t.Errorf("it is ready: %t", after.Ready())
			}
		})
	}
	for field, spoil := range map[string]func(*sender.Details){
		"name": func(d *sender.Details) { d.Name = "" }, "email": func(d *sender.Details) { d.Email = "ada" },
		"reply_to": func(d *sender.Details) { d.ReplyTo = "a\r\nBcc: b@c.example" }, "zone": func(d *sender.Details) { d.Zone = "Mars/Base" },
		"provider": func(d *sender.Details) { d.Provider = "pigeon" }, "limits": func(d *sender.Details) { d.Limits.Gap = -1 },
		"limits.ramp.start": func(d *sender.Details) { d.Limits.Ramp.Percent = 10 }, "limits.ramp.from": func(d *sender.Details) { d.Limits.Ramp = sender.Ramp{Start: 1, From: "soon"} },
	} {
		d := details()
		spoil(&d)
		_, err := sender.Sender{}.Create(d, now)
		if refusal, ok := errors.AsType[*domain.Error](err); !ok || len(refusal.Fields) != 1 || refusal.Fields[0].Name != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// TestRamp: a new sender grows day by day until its cap.
func TestRamp(t *testing.T) {
	t.Parallel()
	d := sender.Details{Limits: sender.Limits{PerDay: 100, Ramp: sender.Ramp{Start: 20, Percent: 50, From: "2026-11-23"}}}
	for day, want := range map[string]int{"2026-11-22": 20, "2026-11-23": 20, "2026-11-24": 30, "2026-11-25": 45, "2026-11-27": 100, "2036-11-27": 100} {
		if got := d.CapOn(day); got != want {
			t.Errorf("%s: %d, want %d", day, got, want)
		}
	}
	if got := (sender.Details{Limits: sender.Limits{Ramp: sender.Ramp{Start: 20, From: "1970-01-01"}}}).CapOn("2026-11-23"); got < 1<<30 {
		t.Errorf("without a cap it is %d", got)
	}
}

// TestCaps: whatever two workers want and when, no hour and no day has more than it may, and
// what may still go is never refused.
func TestCaps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := sender.Details{Zone: rapid.SampledFrom([]string{"", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Kiritimati"}).Draw(t, "zone"), Limits: sender.Limits{
			PerDay: rapid.IntRange(0, 60).Draw(t, "day"), PerHour: rapid.IntRange(0, 20).Draw(t, "hour"),
		}}
		zone, _ := time.LoadLocation(d.Zone)
		days, sent, hours := map[string]sender.Allowance{}, map[string]int{}, map[string]int{}
		clock := time.Date(2027, 3, 27, 20, 0, 0, 0, time.UTC)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			clock = clock.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "minutes")) * time.Minute)
			day, want := d.Day(clock), rapid.IntRange(1, 12).Draw(t, "want")
			n, until := days[day].Free(d, want, clock)
			if n == 0 {
				if !until.After(clock) || until.Sub(clock) > 25*time.Hour {
					t.Fatalf("at %s it is to be asked again at %s", clock, until)
				}
				if _, err := days[day].Take("s", d, 1, clock); !errors.Is(err, sender.ErrSpent) {
					t.Fatalf("one more is taken: %v", err)
				}
				continue
			}
			facts, err := days[day].Take("s", d, n, clock)
			if err != nil {
				t.Fatalf("%d of %d: %v", n, want, err)
			}
			days[day] = domain.Fold(days[day], facts...)
			sent[day] += n
			hours[clock.In(zone).Format("2006-01-02 15")] += n
			if d.Limits.PerDay > 0 && sent[day] > d.Limits.PerDay {
				t.Fatalf("%d on %s", sent[day], day)
			}
			for hour, n := range hours {
				if d.Limits.PerHour > 0 && n > d.Limits.PerHour {
					t.Fatalf("%d in %s", n, hour)
				}
			}
		}
	})
}

// TestForecast: mail takes as long as the tightest of its limits lets it.
func TestForecast(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 23, 22, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		limits            sender.Limits
		perHour, n, crowd int
		end               time.Duration
		days              int
	}{
		"no limit":        {sender.Limits{}, 0, 1000, 1000, 0, 1},
		"a throttle":      {sender.Limits{}, 100, 150, 150, 90 * time.Minute, 1},
		"a day's cap":     {sender.Limits{PerDay: 100}, 0, 150, 1, 2 * time.Hour, 2},
		"one domain":      {sender.Limits{PerDomain: 60}, 0, 1000, 181, 3 * time.Hour, 2},
		"many domains":    {sender.Limits{PerDomain: 60}, 0, 1000, 1, 0, 1},
		"the cap is less": {sender.Limits{PerDay: 100, PerDomain: 1000}, 0, 150, 150, 2 * time.Hour, 2},
		"nobody":          {sender.Limits{PerDomain: 1}, 0, 0, 0, 0, 1},
		"for ever":        {sender.Limits{PerDomain: 1}, 0, 1 << 30, 1 << 30, 3650 * 24 * time.Hour, 3651},
	} {
		end, days, _ := sender.Forecast(sender.Details{Limits: c.limits}, c.perHour, c.n, c.crowd, start)
		if end.Sub(start) != c.end || days != c.days {
			t.Errorf("%s: in %s, on %d days; want %s, %d", name, end.Sub(start), days, c.end, c.days)
		}
	}
}

// TestJudge: a sender is judged by what has come back, once there is enough to tell.
func TestJudge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sent, bounced, complained int
		want                      sender.Fitness
	}{
		{0, 0, 0, sender.Untold},
		{49, 49, 0, sender.Untold},
		{50, 0, 0, sender.Good},
		{1000, 19, 0, sender.Good},
		{1000, 20, 0, sender.Watch},
		{1000, 49, 0, sender.Watch},
		{1000, 50, 0, sender.Bad},
		{1000, 0, 1, sender.Watch},
		{1000, 0, 2, sender.Watch},
		{1000, 0, 3, sender.Bad},
	} {
		if got := sender.Judge(7, c.sent, c.bounced, c.complained); got.State != c.want || got.Sent != c.sent || got.Days != 7 {
			t.Errorf("%+v: %+v", c, got)
		}
	}
	d := sender.Details{Limits: sender.Limits{PerDay: 100, Ramp: sender.Ramp{Start: 20, Percent: 50, From: "2026-11-23"}}}
	if got := (sender.Health{}).Spent(d, "2026-11-24", sender.Allowance{Day: 7}); got.Cap != 30 || got.Today != 7 {
		t.Errorf("%+v", got)
	}
	if got := (sender.Health{}).Spent(sender.Details{}, "2026-11-24", sender.Allowance{}); got.Cap != 0 {
		t.Errorf("without a cap it has %d", got.Cap)
	}
}
