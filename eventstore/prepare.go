package eventstore

import (
	"context"
	"crypto/cipher"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain"
)

// prepared is a commit ready for the wire: encoded, sealed and hashed by the caller
// who waits for it, so that the one call in flight only writes.
type prepared struct {
	commit  domain.Commit
	org     uuid.UUID
	command uuid.UUID
	hash    []byte
	meta    json.RawMessage
	streams []preparedStream
	events  int
	size    int // bytes of facts
	refused int // how often its size kept it out of a call
	minted  []mintedKey
	done    chan outcome
}

// mintedKey is a new subject's key that the append itself keeps.
type mintedKey struct {
	Subject

	id      uuid.UUID
	key     cipher.AEAD
	wrapped []byte
	master  int
}

type preparedStream struct {
	id     uuid.UUID
	events []preparedEvent
	claims []preparedClaim
}

type preparedEvent struct {
	id     uuid.UUID
	schema *domain.Schema
	clear  json.RawMessage
	data   json.RawMessage
}

type preparedClaim struct {
	claim domain.Claim
	hash  []byte
	take  bool
}

type outcome struct {
	receipt domain.Receipt
	err     error
}

// preparer turns commits into prepared ones.
type preparer struct {
	registry *Registry
	vault    Vault
	mint     minter // nil where new keys do not lie beside the log
}

// minter makes keys for new subjects without keeping them: the append does.
type minter interface {
	mint(subjects []Subject) ([]mintedKey, error)
	kept(keys []mintedKey)
}

func (p preparer) prepare(ctx context.Context, c domain.Commit) (*prepared, error) {
	out := &prepared{commit: c, done: make(chan outcome, 1), streams: make([]preparedStream, len(c.Streams))}
	var err error
	if out.org, err = parseID("the organization", c.Org); err != nil {
		return nil, err
	}
	if out.command, err = parseID("the command", c.Command); err != nil {
		return nil, err
	}
	if len(c.Streams) == 0 {
		return nil, errors.New("the commit lists no stream")
	}
	index, err := p.vault.Index(ctx, c.Org)
	if err != nil {
		return nil, err
	}
	out.hash = requestHash(index, c.Request)
	if out.meta, err = json.Marshal(c.Meta); err != nil {
		return nil, err
	}
	seen := make(map[string]bool, len(c.Streams))
	for i, s := range c.Streams {
		if seen[s.Stream.ID] {
			return nil, fmt.Errorf("the commit lists stream %s twice", s.Stream.ID)
		}
		seen[s.Stream.ID] = true
		if out.streams[i].id, err = parseID("the stream", s.Stream.ID); err != nil {
			return nil, err
		}
	}
	out.hashClaims(index)
	if err := out.ownConflict(); err != nil {
		return nil, err
	}
	return out, p.encode(ctx, out)
}

// turn waits until what comes before the commit is written.
func (p *prepared) turn(ctx context.Context) error {
	if p.commit.After == nil {
		return nil
	}
	select {
	case <-p.commit.After:
		return nil
	case <-ctx.Done():
		return unavailable("wait for what comes before", ctx.Err())
	}
}

func (p *prepared) hashClaims(index []byte) {
	for i, s := range p.commit.Streams {
		for n, c := range s.Release {
			if !slices.Contains(s.Release[:n], c) {
				p.streams[i].claims = append(p.streams[i].claims, preparedClaim{c, claimHash(index, c), false})
			}
		}
		for n, c := range s.Take {
			if !slices.Contains(s.Take[:n], c) {
				p.streams[i].claims = append(p.streams[i].claims, preparedClaim{c, claimHash(index, c), true})
			}
		}
	}
}

// ownConflict finds a claim that two streams of the same commit want.
func (p *prepared) ownConflict() error {
	var conflict domain.ConflictError
	holder := map[domain.Claim]string{}
	for _, s := range p.commit.Streams {
		for _, c := range s.Take {
			if h, taken := holder[c]; taken && h != s.Stream.ID {
				conflict.Claims = append(conflict.Claims, domain.ClaimConflict{Claim: c, Wanted: s.Stream.ID, Holder: h})
				continue
			}
			holder[c] = s.Stream.ID
		}
	}
	if conflict.Claims != nil {
		return &conflict
	}
	return nil
}

// encode gives every fact its JSON, and seals it.
func (p preparer) encode(ctx context.Context, out *prepared) error {
	subjects := subjectList{seen: map[Subject]bool{}}
	values := make([][]domain.Sealed, 0, 8)
	for i, s := range out.commit.Streams {
		for _, fact := range s.Facts {
			schema, raw, err := p.registry.encode(fact)
			if err != nil {
				return err
			}
			sealed := schema.SealedValues(fact)
			if err := subjects.add(out.commit.Org, s.Stream.ID, sealed); err != nil {
				return err
			}
			values = append(values, sealed)
			out.streams[i].events = append(out.streams[i].events, preparedEvent{eventID(out.command, out.events), schema, raw, raw})
			out.events++
		}
	}
	if len(subjects.list) == 0 {
		out.measure()
		return nil
	}
	if err := p.seal(ctx, out, values, subjects.list); err != nil {
		return err
	}
	out.measure()
	return nil
}

func (p *prepared) measure() {
	for _, s := range p.streams {
		for _, e := range s.events {
			p.size += len(e.data) + len(p.meta)
		}
	}
}
