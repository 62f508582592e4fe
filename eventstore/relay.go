package eventstore

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	wsql "github.com/ThreeDotsLabs/watermill-sql/v3/pkg/sql"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain"
)

// RelayTopic is the Watermill topic that other services subscribe to.
const RelayTopic = "canvass_facts"

// Relay is the subscription that carries public facts to RelayTopic.
func Relay() Subscription { return Subscription{Name: "relay", Version: 1, SQL: true} }

// RelaySchema is how the topic lies in Postgres: watermill-sql's own shape in a
// schema of ours. A subscriber of another service uses it too.
func RelaySchema() wsql.SchemaAdapter {
	return relaySchema{wsql.DefaultPostgreSQLSchema{
		GenerateMessagesTableName: func(topic string) string { return `relay."` + topic + `"` },
	}}
}

// relaySchema writes messages by the same statement however many they are: with one for each
// number of them, which is watermill-sql's own way, Postgres reads and plans a new one of
// some kilobytes for nearly every batch, and both sides keep hundreds of them.
type relaySchema struct{ wsql.DefaultPostgreSQLSchema }

// InsertQuery implements wsql.SchemaAdapter.
func (s relaySchema) InsertQuery(topic string, messages message.Messages) (wsql.Query, error) {
	ids, payloads, metadata := make([]string, len(messages)), make([]string, len(messages)), make([]string, len(messages))
	for i, m := range messages {
		more, err := json.Marshal(m.Metadata)
		if err != nil {
			return wsql.Query{}, fmt.Errorf("encode the metadata of a message: %w", err)
		}
		ids[i], payloads[i], metadata[i] = m.UUID, string(m.Payload), string(more)
	}
	return wsql.Query{
		Query: `insert into ` + s.MessagesTable(topic) + ` (uuid, payload, metadata, transaction_id)
			select u.i, u.p, u.m, pg_current_xact_id() from unnest($1::text[], $2::json[], $3::json[]) with ordinality u(i, p, m, n) order by u.n`,
		Args: []any{ids, payloads, metadata},
	}, nil
}

// CloudEvent is a public fact as it leaves the log (CloudEvents 1.0, JSON format):
// ids and clear values only; what is sealed reads null.
type CloudEvent struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Subject         string          `json:"subject"`
	Time            time.Time       `json:"time"`
	DataContentType string          `json:"datacontenttype"`
	Org             string          `json:"canvassorg"`
	Position        int64           `json:"canvassposition"`
	Version         int             `json:"canvassversion"`
	Correlation     string          `json:"canvasscorrelation"`
	Data            json.RawMessage `json:"data"`
}

// MakeRelayTopic creates the topic's table where it is missing.
func (s *Store) MakeRelayTopic(ctx context.Context) error {
	err := pgx.BeginFunc(ctx, s.worker, func(tx pgx.Tx) error {
		// Two processes that start at once make it one after the other.
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(726502, 2)`); err != nil {
			return err
		}
		for _, q := range RelaySchema().SchemaInitializingQueries(RelayTopic) {
			if _, err := tx.Exec(ctx, q.Query, q.Args...); err != nil {
				return err
			}
		}
		return nil
	})
	return unavailable("make the relay's topic", err)
}

// PublishFacts is the relay's handler: it publishes in the transaction of the batch's
// checkpoint, and so each public fact exactly once.
func (s *Store) PublishFacts(_ context.Context, b *Batch) error {
	var messages []*message.Message
	for _, e := range b.Events {
		schema, ok := s.opener.registry.Schema(e.Type)
		if !ok || !schema.IsPublic {
			continue
		}
		data, err := redacted(schema, e)
		if err != nil {
			return err
		}
		payload, err := json.Marshal(cloudEvent(e, data))
		if err != nil {
			return fmt.Errorf("encode %s: %w", e.Type, err)
		}
		messages = append(messages, message.NewMessage(e.ID, payload))
	}
	if len(messages) == 0 {
		return nil
	}
	publisher, err := wsql.NewPublisher(b.SQL, wsql.PublisherConfig{SchemaAdapter: RelaySchema()}, watermill.NopLogger{})
	if err != nil {
		return err
	}
	return publisher.Publish(RelayTopic, messages...)
}

// redacted is the fact as it would read if everybody in it were erased: what is
// relayed is never made from opened data.
func redacted(schema *domain.Schema, e Recorded) (json.RawMessage, error) {
	raw, err := withoutSealed(e.stored)
	if err != nil {
		return nil, fmt.Errorf("position %d: %w", e.Position, err)
	}
	return schema.Lift(e.storedVersion, raw)
}

func cloudEvent(e Recorded, data json.RawMessage) CloudEvent {
	return CloudEvent{
		SpecVersion: "1.0", ID: e.ID, Source: "canvass", Type: e.Type, Subject: e.Stream.Category + "/" + e.Stream.ID,
		Time: e.RecordedAt, DataContentType: "application/json",
		Org: e.Org, Position: e.Position, Version: e.Version, Correlation: e.Meta.Correlation, Data: data,
	}
}
