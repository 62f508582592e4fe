package eventstore_test

import (
	"fmt"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/eventstore"
)

// Whatever goes in comes out once; a call holds a stream, a claim and a command of an
// organization once, and stays within its limits; commits of one stream keep their order.
func TestQueueProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q := eventstore.NewQueueOfTest()
		order := map[string]int{}  // when a commit went in
		latest := map[string]int{} // of a stream and lane: the youngest that came out
		waiting := 0
		take := func() int {
			call := q.Next()
			seen := map[string]bool{}
			bytes := 0
			for _, c := range call {
				if len(seen) > 0 && bytes >= eventstore.BytesPerCall {
					t.Fatalf("a call of more than %d bytes", bytes)
				}
				bytes += c.Size
				at, ok := order[c.Name]
				if !ok {
					t.Fatalf("%s comes out twice", c.Name)
				}
				delete(order, c.Name)
				names := []string{fmt.Sprint("c", c.Org, c.Command)}
				for _, s := range c.Streams {
					names = append(names, fmt.Sprint("s", c.Org, "/", s))
					key := fmt.Sprint(c.Org, "/", s, c.Bulk)
					if at < latest[key] {
						t.Fatalf("%s overtakes on stream %d", c.Name, s)
					}
					latest[key] = at
				}
				for _, k := range c.Claims {
					names = append(names, fmt.Sprint("k", c.Org, "/", k))
				}
				for _, n := range names {
					if seen[n] {
						t.Fatalf("%s stands twice in a call", n)
					}
					seen[n] = true
				}
			}
			waiting -= len(call)
			if len(call) == 0 && waiting > 0 || len(call) > eventstore.CommandsPerCall {
				t.Fatalf("a call of %d while %d wait", len(call), waiting)
			}
			return len(call)
		}
		for n := range rapid.IntRange(1, 600).Draw(t, "commits") {
			c := queued{
				Name: strconv.Itoa(n), Org: rapid.IntRange(1, 4).Draw(t, "org"), Command: rapid.IntRange(1, 300).Draw(t, "command"),
				Streams: rapid.SliceOfNDistinct(rapid.IntRange(1, 40), 1, 3, rapid.ID).Draw(t, "streams"),
				Claims:  rapid.SliceOfNDistinct(rapid.IntRange(1, 20), 0, 2, rapid.ID).Draw(t, "claims"),
				Facts:   rapid.SampledFrom([]int{0, 1, 2, 100, 400}).Draw(t, "facts"), Size: rapid.SampledFrom([]int{10, 1_000, 300_000}).Draw(t, "size"),
				Bulk: rapid.Bool().Draw(t, "bulk"),
			}
			if q.Push(c) == nil {
				order[c.Name] = n
				waiting++
			}
			if rapid.IntRange(0, 50).Draw(t, "take") == 0 {
				take()
			}
		}
		for waiting > 0 {
			take()
		}
		if len(order) > 0 {
			t.Fatalf("never came out: %v", order)
		}
	})
}
