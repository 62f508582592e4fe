package http

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain/access"
)

// Issuer signs access tokens on one machine in the place of Supabase Auth, with the
// same claims, under a key of its own.
type Issuer struct {
	key *ecdsa.PrivateKey
	kid string
}

// IssuerURL is who the local issuer says it is.
const IssuerURL = "canvass-local"

// NewIssuerKey makes a signing key (P-256) in the form that OpenIssuer reads.
func NewIssuerKey() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), nil
}

// OpenIssuer reads a signing key.
func OpenIssuer(key []byte) (*Issuer, error) {
	block, _ := pem.Decode(key)
	if block == nil {
		return nil, errors.New("the token key is not PEM")
	}
	private, err := x509.ParseECPrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("the token key cannot be read: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(public)
	return &Issuer{key: private, kid: base64.RawURLEncoding.EncodeToString(sum[:12])}, nil
}

// Authority accepts the issuer's own tokens.
func (i *Issuer) Authority() Authority {
	return Authority{Issuers: []string{IssuerURL}, Keys: i.Key}
}

// level is that of a session (AAL), with a second factor or without.
func level(strong bool) string {
	if strong {
		return "aal2"
	}
	return "aal1"
}

// Token signs a token for a principal. Who is a Visitor has a token that names no
// organization.
func (i *Issuer) Token(p access.Principal, now time.Time, ttl time.Duration) (string, error) {
	claims := jwt.MapClaims{
		"iss": IssuerURL, "sub": p.ID, "aud": audience, "iat": now.Unix(), "exp": now.Add(ttl).Unix(),
		"email": p.Email, "phone": "", "role": audience, "aal": level(p.Strong), "session_id": uuid.NewString(), "is_anonymous": false,
		"amr":           []map[string]any{{"method": "local", "timestamp": now.Unix()}},
		"user_metadata": map[string]any{},
	}
	app := map[string]any{"provider": "local", "providers": []string{"local"}}
	if p.Org != "" {
		app["org_id"], app["roles"] = p.Org, []string{string(p.Role)}
	}
	claims["app_metadata"] = app
	t := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
	t.Header["kid"] = i.kid
	return t.SignedString(i.key)
}

var errKey = errors.New("no such key")

// Key finds the key of a token.
func (i *Issuer) Key(t *jwt.Token) (any, error) {
	if t.Header["kid"] != i.kid {
		return nil, errKey
	}
	return &i.key.PublicKey, nil
}

// keySet is the issuer's public key as a JSON Web Key Set (RFC 7517).
func (i *Issuer) keySet() (map[string]any, error) {
	public, err := i.key.PublicKey.Bytes()
	if err != nil {
		return nil, err
	}
	point := base64.RawURLEncoding
	return map[string]any{"keys": []map[string]string{{
		"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": i.kid,
		"x": point.EncodeToString(public[1:33]), "y": point.EncodeToString(public[33:]),
	}}}, nil
}
