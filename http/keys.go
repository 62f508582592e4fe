package http

import (
	"context"
	"crypto/rand"
	"net/http"
	"time"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/apikey"
	"github.com/canvass-hq/canvass/projections"
)

// KeyPath names a key; it is exported because huma fills no other.
type KeyPath struct {
	ID string `path:"id" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" patternDescription:"UUID in lower case" doc:"The key"`
}

type (
	createKeyInput struct {
		Conditions
		Body struct {
			Name      string              `json:"name" example:"Nightly sync"`
			Scopes    []domain.Permission `json:"scopes" minItems:"1" maxItems:"100" example:"[\"lead:read\",\"lead:write\"]" doc:"What the key may do, and nothing else; without pii:read it sees addresses and phones masked"`
			ExpiresAt time.Time           `json:"expires_at,omitzero" doc:"When it ends; never when left out"`
			Addresses []string            `json:"addresses,omitempty" maxItems:"50" doc:"Addresses and networks (CIDR) from which it may be used; anywhere when left out" example:"[\"192.0.2.0/24\"]"`
		}
	}
	bareKeyInput struct {
		KeyPath
		Conditions
	}
	getKeyInput struct {
		KeyPath
		Freshness
		Held
	}
	secretOutput struct {
		Status   int
		ETag     string `header:"ETag"`
		Position string `header:"Canvass-Position"`
		Location string `header:"Location" doc:"Where the key is, for one that was created"`
		Cache    string `header:"Cache-Control"`
		Body     secretBody
	}
	secretBody struct {
		Receipt

		Token string `json:"token,omitempty" doc:"The key itself. It is shown this once: a repetition under the same Idempotency-Key answers without it; rotate the key then" example:"cvs_live_..."`
	}
)

func (s *Server) keys() {
	const one = "/v1/api-keys/{id}"
	handle(s, op(http.MethodPost, "/v1/api-keys", "createKey", "Make a key by which a service asks in the organization's name", creates), access.WriteKeys, s.createKey)
	handle(s, op(http.MethodGet, "/v1/api-keys", "listKeys", "List keys, revoked ones among them, the newest first"), access.ReadKeys, s.listKeys)
	handle(s, op(http.MethodGet, one, "getKey", "Show one key", mayBeHeld, refuses(apikey.ErrNotFound)), access.ReadKeys, s.getKey)
	handle(s, op(http.MethodPost, one+"/rotate", "rotateKey", "Give a key another secret; the one before ends within a second", refuses(apikey.ErrNotFound, apikey.ErrEnded)), access.WriteKeys, changes(s, s.rotateKey))
	handle(s, op(http.MethodDelete, one, "revokeKey", "End a key within a second, for good", refuses(apikey.ErrNotFound)), access.WriteKeys, changes(s, func(ctx context.Context, in *bareKeyInput) (*receiptOutput, error) {
		return execute(ctx, s, in.Conditions, "revokeKey", in.ID, nil, commands.RevokeKey{ID: in.ID})
	}))
}

// secret makes a key's secret: as its holder keeps it, and as the log does.
func (s *Server) secret(ctx context.Context, org, id string) (token, hash string, err error) {
	secret := make([]byte, apikey.SecretBytes)
	_, _ = rand.Read(secret) // never fails
	hash, err = keyHash(ctx, s.vault, org, id, secret)
	return apikey.Token(org, id, secret), hash, err
}

func (s *Server) createKey(ctx context.Context, in *createKeyInput) (*secretOutput, error) {
	if err := in.opens(); err != nil {
		return nil, err
	}
	id := commands.NewID()
	token, hash, err := s.secret(ctx, principalOf(ctx).Org, id)
	if err != nil {
		return nil, err
	}
	b := in.Body
	call, err := s.call(ctx, in.Conditions, "createKey", "", b)
	if err != nil {
		return nil, err
	}
	r, err := commands.Execute(ctx, s.run, call, commands.CreateKey{
		ID: id, Terms: apikey.Terms{Name: b.Name, Scopes: b.Scopes, ExpiresAt: b.ExpiresAt, Addresses: b.Addresses}, Hash: hash, Hint: apikey.Hint(token),
	})
	out, err := s.shown(ctx, call, r, token, err)
	if err == nil {
		out.Status, out.Location = http.StatusCreated, "/v1/api-keys/"+r.Stream
	}
	return out, err
}

func (s *Server) rotateKey(ctx context.Context, in *bareKeyInput) (*secretOutput, error) {
	token, hash, err := s.secret(ctx, principalOf(ctx).Org, in.ID)
	if err != nil {
		return nil, err
	}
	call, err := s.call(ctx, in.Conditions, "rotateKey", in.ID, nil)
	if err != nil {
		return nil, err
	}
	r, err := commands.Execute(ctx, s.run, call, commands.RotateKey{ID: in.ID, Hash: hash, Hint: apikey.Hint(token)})
	return s.shown(ctx, call, r, token, err)
}

// shown answers with a key's secret, where the call was carried out just now. Whoever has
// it can use it: it is known by then, if that takes moments only.
func (s *Server) shown(ctx context.Context, call commands.Call, r domain.Receipt, token string, err error) (*secretOutput, error) {
	out, err := s.receipt(call)(r, err)
	if err != nil {
		return nil, err
	}
	if r.Replayed {
		token = ""
	}
	s.settle(ctx, projections.Keys(), r.Position)
	return &secretOutput{Status: out.Status, ETag: out.ETag, Position: out.Position, Cache: "no-store", Body: secretBody{Receipt: out.Body, Token: token}}, nil
}

func (s *Server) listKeys(ctx context.Context, in *pageInput) (*listOutput[projections.Key], error) {
	return pageOf(ctx, s, in, projections.Keys(), "keys", projections.Key.Created, func(p access.Principal, before int64) (projections.Page[projections.Key], error) {
		return s.queries.KeyPage(ctx, p, before, in.Limit)
	})
}

func (s *Server) getKey(ctx context.Context, in *getKeyInput) (*shownOutput[projections.Key], error) {
	if err := s.await(ctx, in.Freshness, projections.Keys()); err != nil {
		return nil, err
	}
	k, err := s.queries.Key(ctx, principalOf(ctx).Org, in.ID)
	if err != nil {
		return nil, err
	}
	return shownNow(in.Held, k.Version, k.Position, k)
}
