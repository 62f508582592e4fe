package eventstore

import (
	"bytes"
	"context"
	"crypto/cipher"
	"errors"
	"fmt"
	"slices"

	"github.com/canvass-hq/canvass/domain"
)

// subjectList are subjects, each once.
type subjectList struct {
	list []Subject
	seen map[Subject]bool
}

func (l *subjectList) add(org, stream string, sealed []domain.Sealed) error {
	for _, v := range sealed {
		s := Subject{org, subjectOf(v, stream)}
		if l.seen[s] {
			continue
		}
		if _, err := parseID("the subject of "+v.Path, s.ID); err != nil {
			return err
		}
		l.seen[s], l.list = true, append(l.list, s)
	}
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
