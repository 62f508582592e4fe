package http

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/projections"
)

// Cache remembers answers for a while. Any of them may be lost, and none is ever wrong:
// see docs/adr/0008-cached-lists.md.
type Cache interface {
	Get(ctx context.Context, key string) (value []byte, found bool)
	Put(ctx context.Context, key string, value []byte)
}

// Anew is the header by which a caller wants an answer that nobody has remembered; it is
// exported because huma fills no other.
type Anew struct {
	CacheControl string `header:"Cache-Control" doc:"no-cache: read the list anew. What is remembered is never older than the view, so nobody needs this but to measure"`
}

// firstPage answers with the first page of a list: as it was read before, as long as
// the organization's own watermark in the projections that it is read from has not moved,
// or as read anew.
func firstPage[T any](ctx context.Context, s *Server, l lookup, read func() (*listOutput[T], error)) (*listOutput[T], error) {
	if s.cache == nil || l.anew {
		return read()
	}
	name, box, err := s.lookedUp(ctx, l)
	if err != nil {
		return read() // which may go, or say better what is wrong
	}
	if sealed, found := s.cache.Get(ctx, name); found {
		if plain, err := box.Open(nil, nil, sealed, []byte(name)); err == nil && len(plain) > rowsLength {
			return &listOutput[T]{Body: List[T]{rendered: plain[rowsLength:], rows: int(binary.BigEndian.Uint32(plain))}}, nil
		}
	}
	out, err := read()
	if err != nil {
		return nil, err
	}
	// How many rows it shows stands in front, for whoever counts what is read.
	plain := bytes.NewBuffer(binary.BigEndian.AppendUint32(nil, uint32(len(out.Body.Items)))) //nolint:gosec // a page
	if err := huma.DefaultJSONFormat.Marshal(plain, out.Body); err != nil {
		return nil, err
	}
	out.Body.rendered = plain.Bytes()[rowsLength:]
	s.cache.Put(ctx, name, box.Seal(nil, nil, plain.Bytes(), []byte(name)))
	return out, nil
}

const rowsLength = 4 // bytes

// lookup is what an answer is found by.
type lookup struct {
	operation string
	asked     any // the parameters, without pointers
	from      []projections.Projection
	anew      bool
}

// lookedUp is the name of an answer, and what seals it. The name holds everything that
// the answer comes from: who asks with all that they may see, what they ask, how far the
// projections are, and which release writes it. It tells none of that to those who read it.
func (s *Server) lookedUp(ctx context.Context, l lookup) (name string, box cipher.AEAD, err error) {
	p := principalOf(ctx)
	secret, err := s.vault.Keyed(ctx, p.Org, "answers", nil)
	if err != nil {
		return "", nil, err
	}
	// The marks are read before the list is: it may be newer than its name says, never older.
	marks, err := s.queries.Marks(ctx, p.Org, l.from...)
	if err != nil {
		return "", nil, err
	}
	block, err := aes.NewCipher(keyed(secret, "seal"))
	if err != nil {
		return "", nil, err
	}
	box, err = cipher.NewGCMWithRandomNonce(block)
	id := keyed(secret, "name", s.version, l.operation, viewOf(p), fmt.Sprintf("%#v", l.asked), marks)
	return "answer:" + base64.RawURLEncoding.EncodeToString(id), box, err
}

// viewOf is all that is known of who asks: nothing has to be added here when there comes
// to be more that decides what they see.
func viewOf(p access.Principal) string { return fmt.Sprintf("%#v", p) }

// keyed hashes parts under a secret; no two lists of parts come to the same text.
func keyed(secret []byte, parts ...string) []byte {
	h := hmac.New(sha256.New, secret)
	for _, p := range parts {
		_, _ = fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return h.Sum(nil)
}

// rendering is a body that may be there as text already.
type rendering interface{ text() []byte }

func (l List[T]) text() []byte { return l.rendered }

func render(w io.Writer, v any) error {
	if r, ok := v.(rendering); ok && r.text() != nil {
		_, err := w.Write(r.text())
		return err
	}
	return huma.DefaultJSONFormat.Marshal(w, v)
}

func (a Anew) wanted() bool { return strings.Contains(strings.ToLower(a.CacheControl), "no-cache") }
