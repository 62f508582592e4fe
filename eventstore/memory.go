package eventstore

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/canvass-hq/canvass/domain"
)

// Memory is the store for tests of what stands on it: the same answers as the one on
// Postgres, sealed the same way, and gone with the process.
type Memory struct {
	prepare preparer
	opener  opener
	now     domain.Clock

	mu       sync.Mutex
	events   []storedEvent
	streams  map[streamKey][]int // places in events
	commands map[commandKey]memoryOutcome
	claims   map[claimKey]string
}

type (
	streamKey  struct{ org, stream string }
	commandKey struct{ org, command string }
	claimKey   struct{ org, scope, hash string }
)

type memoryOutcome struct {
	hash    []byte
	receipt domain.Receipt
}

// NewMemory is empty.
func NewMemory(registry *Registry, now domain.Clock) *Memory {
	vault := NewMemoryVault()
	return &Memory{
		prepare: preparer{registry: registry, vault: vault}, opener: opener{registry, vault}, now: now,
		streams: map[streamKey][]int{}, commands: map[commandKey]memoryOutcome{}, claims: map[claimKey]string{},
	}
}

// Vault is where its keys are.
func (m *Memory) Vault() Vault { return m.opener.vault }

// Load is Store.Load.
func (m *Memory) Load(ctx context.Context, org string, stream domain.StreamID, command string, request []byte) (domain.History, error) {
	histories, receipts, err := m.LoadMany(ctx, org, []domain.StreamID{stream}, map[string][]byte{command: request})
	if err != nil {
		return domain.History{}, err
	}
	h := histories[stream.ID]
	if r, ok := receipts[command]; ok {
		h.Outcome = &r
	}
	return h, nil
}

// LoadMany is Store.LoadMany.
func (m *Memory) LoadMany(ctx context.Context, org string, streams []domain.StreamID, commands map[string][]byte) (map[string]domain.History, map[string]domain.Receipt, error) {
	if _, err := parseID("the organization", org); err != nil {
		return nil, nil, err
	}
	index, err := m.prepare.vault.Index(ctx, org)
	if err != nil {
		return nil, nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	receipts := map[string]domain.Receipt{}
	for c, request := range commands {
		if _, err := parseID("the command", c); err != nil {
			return nil, nil, err
		}
		o, ok := m.commands[commandKey{org, c}]
		if !ok {
			continue
		}
		if !bytes.Equal(o.hash, requestHash(index, request)) {
			return nil, nil, domain.ErrCommandReused
		}
		o.receipt.Replayed = true
		receipts[c] = o.receipt
	}
	histories := map[string]domain.History{}
	for _, s := range streams {
		if histories[s.ID], err = m.history(ctx, org, s.ID); err != nil {
			return nil, nil, err
		}
	}
	return histories, receipts, nil
}

func (m *Memory) history(ctx context.Context, org, stream string) (h domain.History, err error) {
	if _, err := parseID("the stream", stream); err != nil {
		return h, err
	}
	var stored []storedEvent
	for _, at := range m.streams[streamKey{org, stream}] {
		stored = append(stored, m.events[at])
	}
	facts, err := m.opener.open(ctx, stored, m.opener.vault.ForReading)
	if err != nil {
		return h, err
	}
	for _, f := range facts {
		if f.Err != nil {
			return h, f.Err
		}
		h.Facts, h.Marks = append(h.Facts, f.Fact), append(h.Marks, f.mark())
		h.Version, h.Position = f.Version, f.Position
	}
	return h, nil
}

// Find is Store.Find.
func (m *Memory) Find(ctx context.Context, org string, claims []domain.Claim) (map[domain.Claim]string, error) {
	if _, err := parseID("the organization", org); err != nil {
		return nil, err
	}
	index, err := m.prepare.vault.Index(ctx, org)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[domain.Claim]string{}
	for _, c := range claims {
		if holder, ok := m.claims[claimKey{org, c.Scope, string(claimHash(index, c))}]; ok {
			out[c] = holder
		}
	}
	return out, nil
}

// Append is Store.Append.
func (m *Memory) Append(ctx context.Context, c domain.Commit) (domain.Receipt, error) {
	p, err := m.prepare.prepare(ctx, c)
	if err != nil && !errors.Is(err, domain.ErrErased) {
		return domain.Receipt{}, err
	}
	if err := p.turn(ctx); err != nil {
		return domain.Receipt{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	org := p.org.String()
	if o, ok := m.commands[commandKey{org, p.command.String()}]; ok {
		if !bytes.Equal(o.hash, p.hash) {
			return domain.Receipt{}, domain.ErrCommandReused
		}
		o.receipt.Replayed = true
		return o.receipt, nil
	}
	if err != nil { // somebody in it is erased
		return domain.Receipt{}, err
	}
	if conflict := m.conflict(org, p); conflict != nil {
		return domain.Receipt{}, conflict
	}
	return m.write(org, p), nil
}

func (m *Memory) conflict(org string, p *prepared) error {
	var out domain.ConflictError
	released := map[claimKey]bool{} // by the stream that holds it
	for _, s := range p.streams {
		for _, k := range s.claims {
			if key := (claimKey{org, k.claim.Scope, string(k.hash)}); !k.take && m.claims[key] == s.id.String() {
				released[key] = true
			}
		}
	}
	for i, s := range p.streams {
		id := s.id.String()
		if want := p.commit.Streams[i].Expected; want >= 0 && want != len(m.streams[streamKey{org, id}]) {
			out.Stale = append(out.Stale, p.commit.Streams[i].Stream.ID)
		}
		for _, k := range s.claims {
			key := claimKey{org, k.claim.Scope, string(k.hash)}
			if holder := m.claims[key]; k.take && holder != "" && holder != id && !released[key] {
				out.Claims = append(out.Claims, domain.ClaimConflict{Claim: k.claim, Wanted: p.commit.Streams[i].Stream.ID, Holder: holder})
			}
		}
	}
	if out.Stale == nil && out.Claims == nil {
		return nil
	}
	return &out
}

func (m *Memory) write(org string, p *prepared) domain.Receipt {
	at := m.now()
	if n := len(m.events); n > 0 && at.Before(m.events[n-1].recordedAt) {
		at = m.events[n-1].recordedAt
	}
	first := p.streams[0].id.String()
	r := domain.Receipt{Stream: first}
	for i, s := range p.streams {
		key := streamKey{org, s.id.String()}
		for _, e := range s.events {
			m.streams[key] = append(m.streams[key], len(m.events))
			m.events = append(m.events, p.row(org, i, e, len(m.streams[key]), int64(len(m.events)+1), at))
			if r.First == 0 {
				r.First = int64(len(m.events))
			}
		}
	}
	m.moveClaims(org, p)
	r.Version, r.Position = len(m.streams[streamKey{org, first}]), int64(len(m.events))
	if p.events == 0 {
		r.Position = 0
		if places := m.streams[streamKey{org, first}]; len(places) > 0 {
			r.Position = m.events[places[len(places)-1]].position
		}
	}
	m.commands[commandKey{org, p.command.String()}] = memoryOutcome{p.hash, r}
	return r
}

func (p *prepared) row(org string, stream int, e preparedEvent, version int, position int64, at time.Time) storedEvent {
	return storedEvent{
		position: position, org: org, version: version, id: e.id.String(), typ: e.schema.Type, schemaVersion: e.schema.Version,
		stream:  domain.StreamID{Category: p.commit.Streams[stream].Stream.Category, ID: p.streams[stream].id.String()},
		command: p.command.String(), data: e.data, meta: p.meta, recordedAt: at,
	}
}

func (m *Memory) moveClaims(org string, p *prepared) {
	for _, take := range []bool{false, true} { // releases first: a claim may change hands in one commit
		for _, s := range p.streams {
			for _, k := range s.claims {
				key := claimKey{org, k.claim.Scope, string(k.hash)}
				switch {
				case k.take == take && take:
					m.claims[key] = s.id.String()
				case k.take == take && m.claims[key] == s.id.String():
					delete(m.claims, key)
				}
			}
		}
	}
}
