package eventstore

import (
	"context"
	"crypto/cipher"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain"
)

// storedEvent is a row of the log: sealed, in the shape of the day it was written.
type storedEvent struct {
	log           int16
	position      int64
	org           string
	stream        domain.StreamID
	version       int
	id            string
	typ           string
	schemaVersion int
	command       string
	data          json.RawMessage
	meta          json.RawMessage
	recordedAt    time.Time
}

const recordedColumns = `e.log_id, e.position, e.tenant_id, e.category, e.stream_id, e.version, e.event_id, e.type, e.schema_version, e.command_id, e.data, e.meta, e.recorded_at`

func scanStored(row pgx.CollectableRow) (storedEvent, error) {
	var e storedEvent
	err := row.Scan(&e.log, &e.position, &e.org, &e.stream.Category, &e.stream.ID, &e.version, &e.id, &e.typ, &e.schemaVersion, &e.command, &e.data, &e.meta, &e.recordedAt)
	return e, err
}

// opener turns rows into facts: open, then lift, then decode.
type opener struct {
	registry *Registry
	vault    Vault
}

type keySource func(context.Context, []Subject) (map[Subject]cipher.AEAD, error)

// open fetches the keys of all rows at once. A row that cannot be understood carries
// its Err: who reads decides what becomes of it.
func (o opener) open(ctx context.Context, rows []storedEvent, keysOf keySource) ([]Recorded, error) {
	wanted := map[Subject]struct{}{}
	for i := range rows {
		subjectsIn(rows[i].data, rows[i].org, wanted)
	}
	var keys map[Subject]cipher.AEAD
	if len(wanted) > 0 {
		subjects := make([]Subject, 0, len(wanted))
		for s := range wanted {
			subjects = append(subjects, s)
		}
		var err error
		if keys, err = keysOf(ctx, subjects); err != nil {
			return nil, err
		}
	}
	out := make([]Recorded, len(rows))
	for i := range rows {
		out[i] = o.one(&rows[i], keys)
	}
	return out, nil
}

func (o opener) one(e *storedEvent, keys map[Subject]cipher.AEAD) Recorded {
	r := Recorded{
		Log: e.log, Position: e.position, Org: e.org, Stream: e.stream, Version: e.version,
		ID: e.id, Type: e.typ, Command: e.command, RecordedAt: e.recordedAt.UTC(),
		stored: e.data, storedVersion: e.schemaVersion,
	}
	if r.Err = json.Unmarshal(e.meta, &r.Meta); r.Err != nil {
		return r
	}
	opened, erased, err := open(e.data, e.org, e.id, keys)
	if err != nil {
		r.Err = err
		return r
	}
	r.Erased = erased
	r.Data, r.Fact, r.Err = o.registry.decode(e.typ, e.schemaVersion, opened)
	return r
}
