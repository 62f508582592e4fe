package eventstoretest

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/lead"
)

// NewID makes an id of the kind that streams have.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// Put appends facts to the end of one stream, as a command of its own.
func (db *DB) Put(t testing.TB, org string, stream domain.StreamID, facts ...any) domain.Receipt {
	t.Helper()
	return db.PutAll(t, org, domain.StreamCommit{Stream: stream, Expected: domain.AnyVersion, Facts: facts})
}

// PutAll appends one commit of several streams.
func (db *DB) PutAll(t testing.TB, org string, streams ...domain.StreamCommit) domain.Receipt {
	t.Helper()
	id := NewID()
	r, err := db.Store.Append(t.Context(), domain.Commit{
		Org: org, Command: id, Request: []byte(id), Streams: streams,
		Meta: domain.Meta{Actor: "user:" + org, Correlation: id, OccurredAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
	})
	if err != nil {
		t.Fatalf("append: %v", err)
	}
	return r
}

// Captured is a lead with a name, a clear source and country, and nobody's.
func Captured(name string) lead.Captured {
	return lead.Captured{Status: lead.New, Details: lead.Details{
		Name: name, Email: name + "@secret.example", Source: "fair", Country: "DE", Company: "Secret " + name,
	}}
}

// Import appends n leads in commits of up to 500 and gives their ids and the last
// position.
func (db *DB) Import(t testing.TB, org string, n int) (ids []string, last int64) {
	t.Helper()
	for len(ids) < n {
		var streams []domain.StreamCommit
		for len(streams) < min(500, n) && len(ids) < n {
			id := NewID()
			ids = append(ids, id)
			streams = append(streams, domain.StreamCommit{Stream: lead.Stream(id), Facts: []any{Captured("n" + strconv.Itoa(len(ids)))}})
		}
		last = db.PutAll(t, org, streams...).Position
	}
	return ids, last
}
