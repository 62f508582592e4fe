package eventstore_test

import (
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/eventstore"
)

func TestAging(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	c := eventstore.NewAgingOfTest(func() time.Time { return now }, 30*time.Second, 3)
	c.Put("a", 1)
	now = now.Add(29 * time.Second)
	if v, ok := c.Get("a"); !ok || v != 1 {
		t.Error("young: gone")
	}
	c.Drop("a")
	if _, ok := c.Get("a"); ok {
		t.Error("dropped: still there")
	}
	for i := range 100 {
		c.Put(strconv.Itoa(i), i)
	}
	if c.Size() > 6 {
		t.Errorf("%d values of at most 6", c.Size())
	}
	if v, ok := c.Get("99"); !ok || v != 99 {
		t.Error("the newest is gone")
	}
	c.Put("99", -1)
	if v, _ := c.Get("99"); v != -1 {
		t.Error("an old value is given")
	}
}

// Whenever it is asked and however often, a value is gone after twice the lifetime,
// and there before one lifetime unless many others came.
func TestAgingProperties(t *testing.T) {
	t.Parallel()
	const lifetime = 1_000
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(0, 0)
		c := eventstore.NewAgingOfTest(func() time.Time { return now }, lifetime, 1_000)
		put := map[string]time.Time{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 3*lifetime).Draw(t, "pause")))
			k := strconv.Itoa(rapid.IntRange(0, 3).Draw(t, "key"))
			if rapid.Bool().Draw(t, "put") {
				c.Put(k, 1)
				put[k] = now
				continue
			}
			at, known := put[k]
			_, ok := c.Get(k)
			age := now.Sub(at)
			if ok && (!known || age > 2*lifetime) {
				t.Fatalf("there after %v, %v", age, known)
			}
			if !ok && known && age < lifetime {
				t.Fatalf("gone after %v", age)
			}
		}
	})
}
