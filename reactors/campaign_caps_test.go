package reactors_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/sender"
)

// TestCapsOfTwoWorkers: workers that take from the same caps at once take all of them, and not
// one more.
func TestCapsOfTwoWorkers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	now := time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)
	of := sender.Details{Limits: sender.Limits{PerDay: 100, PerHour: 60}}
	id := commands.NewID()
	stream := sender.AllowanceStream(id, of.Day(now))
	work := func(at time.Time) {
		run := &commands.Runner{Store: o.Store, Now: func() time.Time { return at }}
		for want := 7; ; {
			spent, err := commands.State[sender.Allowance, sender.AllowanceEvent](t.Context(), run, o.org, stream)
			if err != nil {
				t.Error(err)
				return
			}
			n, _ := spent.Free(of, want, at)
			if n == 0 {
				return
			}
			call := commands.Call{Principal: access.Principal{Org: o.org, ID: "campaigner", Role: access.System}, ID: commands.NewID()}
			_, err = commands.Execute(t.Context(), run, call, commands.TakeAllowance{Sender: id, Day: of.Day(at), Details: of, N: n})
			if err != nil && !errors.Is(err, sender.ErrSpent) && !errors.Is(err, domain.ErrStale) {
				t.Error(err)
				return
			}
		}
	}
	for hour, sum := range []int{60, 100} {
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() { work(now.Add(time.Duration(hour) * time.Hour)) })
		}
		all.Wait()
		got, err := commands.State[sender.Allowance, sender.AllowanceEvent](t.Context(), o.run, o.org, stream)
		if err != nil || got.Day != sum {
			t.Errorf("in hour %d they have taken %d in all, want %d; %v", hour+1, got.Day, sum, err)
		}
	}
}
