package eventstore

import (
	"encoding/binary"

	"github.com/google/uuid"
)

// The limits that tests of the queue speak of.
const (
	CommandsPerCall = commandsPerCall
	BytesPerCall    = bytesPerCall
	BulkShare       = bulkShare
	BulkPatience    = bulkPatience
	CommandsWaiting = commandsWaiting
	BytesWaiting    = bytesWaiting
)

// QueueOfTest is a queue of commits that are told by a few numbers.
type QueueOfTest struct {
	q     *queue
	names map[*prepared]QueuedOfTest
}

// QueuedOfTest is such a commit; equal numbers are equal ids.
type QueuedOfTest struct {
	Name            string
	Org, Command    int
	Streams, Claims []int
	Facts, Size     int
	Bulk            bool
}

// NewQueueOfTest is empty.
func NewQueueOfTest() *QueueOfTest {
	return &QueueOfTest{newQueue(), map[*prepared]QueuedOfTest{}}
}

func numbered(n int) (id uuid.UUID) {
	binary.BigEndian.PutUint64(id[:], uint64(n))
	return id
}

// Push puts a commit in.
func (t *QueueOfTest) Push(c QueuedOfTest) error {
	p := &prepared{org: numbered(c.Org), command: numbered(c.Command), events: c.Facts, size: c.Size, done: make(chan outcome, 1)}
	p.commit.Bulk = c.Bulk
	for _, s := range c.Streams {
		p.streams = append(p.streams, preparedStream{id: numbered(s)})
	}
	for _, k := range c.Claims {
		id := numbered(k)
		p.streams[0].claims = append(p.streams[0].claims, preparedClaim{hash: id[:], take: true})
	}
	t.names[p] = c
	return t.q.push(p)
}

func (t *QueueOfTest) named(items []*prepared) []QueuedOfTest {
	out := make([]QueuedOfTest, len(items))
	for i, p := range items {
		out[i] = t.names[p]
	}
	return out
}

// Next takes a call.
func (t *QueueOfTest) Next() []QueuedOfTest { return t.named(t.q.next()) }

// Stop ends the queue.
func (t *QueueOfTest) Stop() []QueuedOfTest { return t.named(t.q.stop()) }
