package quota_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain/quota"
)

// TestTake goes through random requests beside a model that keeps each bucket as what is
// in it: so many microseconds of work, which run out as time passes.
func TestTake(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		limits := make([]quota.Limit, rapid.IntRange(1, 3).Draw(rt, "buckets"))
		for i := range limits {
			limits[i].Burst = rapid.IntRange(1, 5).Draw(rt, "burst")
			limits[i].Every = time.Duration(rapid.IntRange(1, 50).Draw(rt, "every")) * time.Microsecond
		}
		empty, held := make([]int64, len(limits)), make([]int64, len(limits))
		now := int64(1_700_000_000_000_000)
		for range rapid.IntRange(1, 60).Draw(rt, "requests") {
			passed := rapid.Int64Range(0, 60).Draw(rt, "passed")
			now += passed
			room := true
			for i, l := range limits {
				held[i] = max(0, held[i]-passed)
				room = room && held[i] <= int64(l.Burst-1)*l.Every.Microseconds()
			}
			if taken := quota.Take(limits, empty, now); taken != room {
				rt.Fatalf("taken %v, the model has %v for %v", taken, held, limits)
			}
			for i, l := range limits {
				if room {
					held[i] += l.Every.Microseconds()
				}
				s := l.Standing(empty[i]-now, room)
				if s.Reset.Microseconds() != held[i] || s.Remaining < 0 || s.Remaining > l.Burst || s.Allowed != (s.Wait == 0) {
					rt.Fatalf("%+v, the model holds %d of %v", s, held[i], l)
				}
				// So many more would be taken, and not one above: when the wait is over, one is.
				if int64(s.Remaining+1)*l.Every.Microseconds() <= l.Window().Microseconds()-held[i] || int64(s.Remaining)*l.Every.Microseconds() > l.Window().Microseconds()-held[i] {
					rt.Fatalf("%d remain with %d held of %v", s.Remaining, held[i], l)
				}
				if alone := []int64{empty[i]}; !s.Allowed && (!quota.Take([]quota.Limit{l}, alone, now+s.Wait.Microseconds()) || quota.Take([]quota.Limit{l}, []int64{empty[i]}, now+s.Wait.Microseconds()-1)) {
					rt.Fatalf("%s is not the wait of %v with %d held", s.Wait, l, held[i])
				}
			}
		}
	})
}

// Of a bucket that was full when its quota was made smaller, nothing remains, and not less.
func TestSmallerQuota(t *testing.T) {
	t.Parallel()
	q := quota.Quota{Burst: 2, Every: time.Second}
	s := q.Standing(time.Minute.Microseconds(), false)
	if s.Allowed || s.Remaining != 0 || s.Wait != 59*time.Second {
		t.Errorf("%+v", s)
	}
}

func TestParseTable(t *testing.T) {
	t.Parallel()
	got, faults := quota.ParseTable(" read=600/min, org-read = 10/s:50 ,address=7/h,")
	if faults != nil {
		t.Fatal(faults)
	}
	for name, want := range map[string]quota.Quota{
		"read": {Burst: 600, Every: 100 * time.Millisecond}, "org-read": {Burst: 50, Every: 100 * time.Millisecond},
		"address": {Burst: 7, Every: 514285714 * time.Microsecond}, "write": quota.Defaults()["write"],
	} {
		if got[name] != want {
			t.Errorf("%s is %+v, want %+v", name, got[name], want)
		}
	}
	for text, fault := range map[string]string{
		"read=1/s,reed=1/s": "entry 2 names none of address, bulk,", "read": "read is not like", "read=0/s": "read is not like", "read=1/day": "read is not like",
		"read=1/s:0": "read is not like", "read=x/s": "read is not like", "read=1/s:x": "read is not like", "read=60000001/s": "read is not like",
		"read=1/s,read=2/s": "read stands twice", "read=": "read is not like", "write=-1/s": "write is not like", "read=1/s:99999999999999999999": "read is not like",
	} {
		if _, faults := quota.ParseTable(text); len(faults) != 1 || !strings.HasPrefix(faults[0], fault) {
			t.Errorf("%s: %q", text, faults)
		}
	}
	if _, faults := quota.ParseTable("a=1/s,read=x,read=1/s"); len(faults) != 3 {
		t.Errorf("not every fault is told: %q", faults)
	}
}

// Every class has its two quotas, and none is refused by a default that nobody chose.
func TestDefaults(t *testing.T) {
	t.Parallel()
	d := quota.Defaults()
	for _, c := range quota.Classes() {
		own, org := d[string(c)], d[c.Organization()]
		if own.Burst < 100 || own.Every < time.Microsecond || org.Burst < own.Burst || org.Every > own.Every {
			t.Errorf("%s: %+v of %+v", c, own, org)
		}
	}
	if len(d) != 2*len(quota.Classes())+1 || d[quota.Address].Burst == 0 {
		t.Errorf("%v", d)
	}
}
