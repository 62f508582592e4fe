package http

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/values"
)

var errToken = &domain.Error{Kind: domain.Unauthenticated, Code: "token.invalid", Message: "the request needs a valid bearer token"}

// Authority is whose access tokens are accepted: Supabase Auth, or the issuer of a machine.
type Authority struct {
	Issuers []string                    // what tokens say of who made them
	Keys    jwt.Keyfunc                 // public keys for ES256 and RS256; nil for none
	Ready   func(context.Context) error // says why no token can be accepted; nil where one always can
	Secret  []byte                      // the project's secret for HS256, as projects had before signing keys; nil for none
}

// key finds what proves a token's signature. Which algorithm a token names only chooses
// among the keys that are there: a public key never proves an HS256 token.
func (a Authority) key(t *jwt.Token) (any, error) {
	switch {
	case t.Method == jwt.SigningMethodHS256 && len(a.Secret) > 0:
		return a.Secret, nil
	case (t.Method == jwt.SigningMethodES256 || t.Method == jwt.SigningMethodRS256) && a.Keys != nil && t.Header["kid"] != nil:
		return a.Keys(t)
	}
	return nil, errKey
}

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

// signedIn is what a token says of a user; which organization and role it says, if any,
// holds where the organization itself does not know the user.
type signedIn struct {
	user   string
	email  string
	strong bool
	org    string
	role   access.Role // "" for none
}

// signedIn reads who is signed in out of claims whose signature, times, issuer and
// audience have been checked.
func (c *Claims) signedIn() (signedIn, error) {
	switch {
	case c.Role != audience || c.IsAnonymous:
		return signedIn{}, errors.New("not a signed-in user")
	case !values.IsUUID(c.Subject):
		return signedIn{}, errors.New("sub is a UUID")
	case !values.IsUUID(c.SessionID):
		return signedIn{}, errors.New("session_id is a UUID")
	case c.AAL != "aal1" && c.AAL != "aal2" && c.AAL != "aal3":
		return signedIn{}, errors.New("aal is a level")
	}
	in := signedIn{user: c.Subject, email: c.Email, strong: c.AAL != "aal1"}
	if c.App.Org == "" {
		return in, nil
	}
	if !values.IsUUID(c.App.Org) {
		return in, errors.New("app_metadata.org_id is a UUID")
	}
	in.org = c.App.Org
	for _, known := range access.Roles() {
		if slices.Contains(c.App.Roles, string(known)) {
			in.role = known
			break
		}
	}
	return in, nil
}

// verifier checks tokens, and remembers for a few seconds those that it has checked:
// a signature takes longer than all the rest of a small request.
type verifier struct {
	authority Authority
	parser    *jwt.Parser
	now       domain.Clock
	known     recent[[sha256.Size]byte, signedIn]
}

const tokenRemembered = 10 * time.Second

func newVerifier(a Authority, now domain.Clock) *verifier {
	return &verifier{
		authority: a, now: now,
		parser: jwt.NewParser(jwt.WithValidMethods([]string{"ES256", "RS256", "HS256"}), jwt.WithAudience(audience),
			jwt.WithExpirationRequired(), jwt.WithTimeFunc(now)),
	}
}

func (v *verifier) verify(token string) (signedIn, error) {
	id := sha256.Sum256([]byte(token))
	now := v.now()
	if in, ok := v.known.get(id, now); ok {
		return in, nil
	}
	var c Claims
	if _, err := v.parser.ParseWithClaims(token, &c, v.authority.key); err != nil || !slices.Contains(v.authority.Issuers, c.Issuer) {
		return signedIn{}, errToken
	}
	in, err := c.signedIn()
	if err != nil {
		return in, errToken
	}
	until := now.Add(tokenRemembered)
	if c.ExpiresAt.Before(until) {
		until = c.ExpiresAt.Time
	}
	v.known.put(id, in, until)
	return in, nil
}
