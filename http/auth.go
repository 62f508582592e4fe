package http

import (
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
)

var errToken = &domain.Error{Kind: domain.Unauthenticated, Code: "token.invalid", Message: "the request needs a valid bearer token"}

// Claims are those of a Supabase Auth access token. What a user can write about
// themselves (user_metadata) is not among them: nothing is decided on it.
type Claims struct {
	jwt.RegisteredClaims

	Email       string      `json:"email,omitempty"`
	Phone       string      `json:"phone"`
	Role        string      `json:"role"`
	AAL         string      `json:"aal"`
	SessionID   string      `json:"session_id"`
	IsAnonymous bool        `json:"is_anonymous"`
	App         AppMetadata `json:"app_metadata"`
}

// AppMetadata is the part of a token that only an administrator can write.
type AppMetadata struct {
	Provider  string   `json:"provider,omitempty"`
	Providers []string `json:"providers,omitempty"`
	Org       string   `json:"org_id"`
	Roles     []string `json:"roles"`
}

// audience is whom Supabase Auth makes tokens of signed-in users for.
const audience = "authenticated"

// principal reads who asks out of claims whose signature, times, issuer and audience
// have been checked.
func (c *Claims) principal() (access.Principal, error) {
	p := access.Principal{Org: c.App.Org, ID: c.Subject}
	if c.Role != audience || c.IsAnonymous {
		return p, errors.New("not a signed-in user")
	}
	for _, id := range []string{p.Org, p.ID} {
		if parsed, err := uuid.Parse(id); err != nil || parsed.String() != id {
			return p, errors.New("sub and app_metadata.org_id are UUIDs")
		}
	}
	for _, known := range access.Roles() {
		for _, r := range c.App.Roles {
			if access.Role(r) == known {
				p.Role = known
				return p, nil
			}
		}
	}
	return p, errors.New("no known role")
}

// verifier checks tokens, and remembers for a few seconds those that it has checked:
// a signature takes longer than all the rest of a small request.
type verifier struct {
	keys   jwt.Keyfunc
	parser *jwt.Parser
	now    domain.Clock

	mu    sync.RWMutex
	known map[[sha256.Size]byte]verified
}

type verified struct {
	principal access.Principal
	until     time.Time
}

const (
	tokenRemembered  = 10 * time.Second
	tokensRemembered = 10_000
)

func newVerifier(issuer string, keys jwt.Keyfunc, now domain.Clock) *verifier {
	return &verifier{
		keys: keys, now: now, known: map[[sha256.Size]byte]verified{},
		parser: jwt.NewParser(jwt.WithValidMethods([]string{"ES256"}), jwt.WithAudience(audience), jwt.WithIssuer(issuer),
			jwt.WithExpirationRequired(), jwt.WithTimeFunc(now)),
	}
}

func (v *verifier) verify(token string) (access.Principal, error) {
	id := sha256.Sum256([]byte(token))
	now := v.now()
	v.mu.RLock()
	hit, ok := v.known[id]
	v.mu.RUnlock()
	if ok && now.Before(hit.until) {
		return hit.principal, nil
	}
	var c Claims
	if _, err := v.parser.ParseWithClaims(token, &c, v.keys); err != nil {
		return access.Principal{}, errToken
	}
	p, err := c.principal()
	if err != nil {
		return p, errToken
	}
	hit = verified{p, now.Add(tokenRemembered)}
	if c.ExpiresAt.Before(hit.until) {
		hit.until = c.ExpiresAt.Time
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.known) >= tokensRemembered {
		clear(v.known)
	}
	v.known[id] = hit
	return p, nil
}

type contextKey int

const (
	principalKey contextKey = iota
	requestIDKey
)

// principalOf is who asks; every route under /v1 has one.
func principalOf(ctx context.Context) access.Principal {
	p, _ := ctx.Value(principalKey).(access.Principal)
	return p
}

// authenticate refuses every request to the API that carries no valid token.
func (s *Server) authenticate(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if !strings.HasPrefix(r.URL.Path, "/v1/") {
			return next(c)
		}
		scheme, token, _ := strings.Cut(r.Header.Get(echo.HeaderAuthorization), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			token = ""
		}
		p, err := s.tokens.verify(token)
		if err != nil {
			c.Response().Header().Set(echo.HeaderWWWAuthenticate, "Bearer")
			return err
		}
		c.SetRequest(r.WithContext(context.WithValue(r.Context(), principalKey, p)))
		return next(c)
	}
}
