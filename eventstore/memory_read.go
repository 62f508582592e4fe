package eventstore

import (
	"context"
	"encoding/json"
	"slices"
)

// Read is Store.Read; the memory has one log.
func (m *Memory) Read(ctx context.Context, _ int16, after int64, limit int) ([]Recorded, error) {
	m.mu.Lock()
	stored := m.events[min(int(after), len(m.events)):min(int(after)+limit, len(m.events))]
	m.mu.Unlock()
	return m.opener.open(ctx, stored, m.opener.vault.ForReading)
}

// At is Store.At.
func (m *Memory) At(ctx context.Context, org string, positions []int64) ([]Recorded, error) {
	if _, err := parseID("the organization", org); err != nil {
		return nil, err
	}
	m.mu.Lock()
	var stored []storedEvent
	for _, e := range m.events {
		if e.org == org && slices.Contains(positions, e.position) {
			stored = append(stored, e)
		}
	}
	m.mu.Unlock()
	return m.opener.open(ctx, stored, m.opener.vault.ForReading)
}

// Stored is the data of every fact as it lies in the memory: sealed.
func (m *Memory) Stored() []json.RawMessage {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]json.RawMessage, len(m.events))
	for i, e := range m.events {
		out[i] = e.data
	}
	return out
}
