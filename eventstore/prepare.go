package eventstore

import (
	"bytes"
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
	var subjects []Subject
	wanted := map[Subject]bool{}
	values := make([][]domain.Sealed, 0, 8)
	for i, s := range out.commit.Streams {
		for _, fact := range s.Facts {
			schema, raw, err := p.registry.encode(fact)
			if err != nil {
				return err
			}
			sealed := schema.SealedValues(fact)
			for _, v := range sealed {
				s := Subject{out.commit.Org, subjectOf(v, s.Stream.ID)}
				if _, err := parseID("the subject of "+v.Path, s.ID); err != nil {
					return err
				}
				if !wanted[s] {
					wanted[s], subjects = true, append(subjects, s)
				}
			}
			values = append(values, sealed)
			out.streams[i].events = append(out.streams[i].events, preparedEvent{eventID(out.command, out.events), schema, raw, raw})
			out.events++
		}
	}
	if len(subjects) == 0 {
		out.measure()
		return nil
	}
	if err := p.seal(ctx, out, values, subjects); err != nil {
		return err
	}
	out.measure()
	return nil
}

// seal seals every fact's personal values, which are listed in the order of the facts. A
// fact that says nothing of somebody who is erased may be written all the same.
func (p preparer) seal(ctx context.Context, out *prepared, values [][]domain.Sealed, subjects []Subject) error {
	keys, err := p.keysFor(ctx, out, subjects)
	if errors.Is(err, domain.ErrErased) {
		if subjects, err = out.told(values, subjects); err != nil {
			return err
		}
		keys, err = p.keysFor(ctx, out, subjects)
	}
	if err != nil {
		return err
	}
	return out.seal(values, keys)
}

// told are the subjects of whom a fact holds a value.
func (p *prepared) told(values [][]domain.Sealed, subjects []Subject) (out []Subject, err error) {
	found, n := map[string]bool{}, 0
	for i, s := range p.streams {
		for _, e := range s.events {
			owner := map[string]string{}
			for _, v := range values[n] {
				owner[v.Path] = subjectOf(v, p.commit.Streams[i].Stream.ID)
			}
			w := walker{raw: e.clear, want: func(path, rest []byte) bool {
				if subject, sealed := owner[string(path)]; sealed && !bytes.HasPrefix(rest, []byte("null")) {
					found[subject] = true
				}
				return false
			}}
			if _, err := w.run(); err != nil {
				return nil, err
			}
			n++
		}
	}
	return slices.DeleteFunc(slices.Clone(subjects), func(s Subject) bool { return !found[s.ID] }), nil
}

// keysFor mints the keys of subjects that begin with this commit, and asks the vault for
// those of the others.
func (p preparer) keysFor(ctx context.Context, out *prepared, subjects []Subject) (map[Subject]cipher.AEAD, error) {
	if p.mint == nil {
		return p.vault.ForWriting(ctx, subjects)
	}
	var begun, others []Subject
	for _, s := range subjects {
		if slices.ContainsFunc(out.commit.Streams, func(c domain.StreamCommit) bool { return c.Expected == 0 && c.Stream.ID == s.ID }) {
			begun = append(begun, s)
		} else {
			others = append(others, s)
		}
	}
	keys := make(map[Subject]cipher.AEAD, len(subjects))
	var err error
	if len(others) > 0 {
		if keys, err = p.vault.ForWriting(ctx, others); err != nil {
			return nil, err
		}
	}
	if out.minted, err = p.mint.mint(begun); err != nil {
		return nil, err
	}
	for _, k := range out.minted {
		keys[k.Subject] = k.key
	}
	return keys, nil
}

// seal seals every fact's personal values, which are listed in the order of the facts.
func (p *prepared) seal(values [][]domain.Sealed, keys map[Subject]cipher.AEAD) (err error) {
	n := 0
	for i := range p.streams {
		stream := p.commit.Streams[i].Stream.ID
		for j := range p.streams[i].events {
			e := &p.streams[i].events[j]
			if e.data, err = seal(e.data, p.commit.Org, stream, e.id.String(), values[n], keys); err != nil {
				return fmt.Errorf("seal %s: %w", e.schema.Type, err)
			}
			n++
		}
	}
	return nil
}

func (p *prepared) measure() {
	for _, s := range p.streams {
		for _, e := range s.events {
			p.size += len(e.data) + len(p.meta)
		}
	}
}
