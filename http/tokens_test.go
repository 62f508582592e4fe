package http_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain/access"
	apphttp "github.com/canvass-hq/canvass/http"
)

// forge signs tokens as the app's own issuer would, with its key.
type forge struct {
	key *ecdsa.PrivateKey
	kid string
}

// forged runs an app whose signing key the test knows.
func forged(t *testing.T) (*app, forge) {
	t.Helper()
	pemKey, err := apphttp.NewIssuerKey()
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(pemKey)
	key, err := x509.ParseECPrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := apphttp.OpenIssuer(pemKey)
	if err != nil {
		t.Fatal(err)
	}
	a := start(t, func(c *apphttp.Config) { c.Issuer = issuer })
	token, err := issuer.Token(access.Principal{Org: uuid.NewString(), ID: uuid.NewString(), Role: access.Admin}, time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	parsed, _, err := jwt.NewParser().ParseUnverified(token, jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	return a, forge{key, parsed.Header["kid"].(string)}
}

// good are the claims of a token that is accepted.
func good() jwt.MapClaims {
	return jwt.MapClaims{
		"iss": apphttp.IssuerURL, "sub": uuid.NewString(), "aud": "authenticated", "role": "authenticated", "is_anonymous": false,
		"aal": "aal1", "session_id": uuid.NewString(), "amr": []map[string]any{{"method": "password", "timestamp": time.Now().Unix()}}, "email": "someone@people.example", "phone": "",
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
		"app_metadata": map[string]any{"org_id": uuid.NewString(), "roles": []string{"admin"}}, "user_metadata": map[string]any{},
	}
}

func (f forge) sign(t *testing.T, method jwt.SigningMethod, key any, kid any, claims jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, claims)
	if kid != nil {
		token.Header["kid"] = kid
	}
	signed, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func (f forge) own(t *testing.T, change func(jwt.MapClaims)) string {
	t.Helper()
	claims := good()
	change(claims)
	return f.sign(t, jwt.SigningMethodES256, f.key, f.kid, claims)
}

func appMetadata(c jwt.MapClaims) map[string]any { return c["app_metadata"].(map[string]any) }

func TestTokens(t *testing.T) {
	t.Parallel()
	a, f := forged(t)
	refused, visitors, accepted := f.cases(t)
	const path = "/v1/leads"
	for name, token := range accepted {
		m := &member{app: a, token: token}
		if got := m.ask(t, "GET", path, ""); got.status != 200 {
			t.Errorf("%s: status %d: %s", name, got.status, got.body)
		}
	}
	for name, token := range visitors {
		m := &member{app: a, token: token}
		m.ask(t, "GET", path, "").refuses(t, 403, "access.organization")
		if got := m.ask(t, "GET", "/v1/organizations", "").wants(t, 200); !strings.Contains(got.body, `"items":[]`) {
			t.Errorf("%s: belongs to %s", name, got.body)
		}
	}
	for name, token := range refused {
		m := &member{app: a, token: token}
		for range 2 { // the second time it might be remembered
			got := m.ask(t, "GET", path, "")
			if got.status != 401 || got.header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s: status %d: %s", name, got.status, got.body)
				break
			}
			if p := got.refuses(t, 401, "token.invalid"); len(p.Fields) > 0 {
				t.Errorf("%s: the refusal explains itself: %s", name, got.body)
			}
		}
	}
}

// otherKeys are keys that sign no token of ours, the public one among them.
func (f forge) otherKeys(t *testing.T) (other *ecdsa.PrivateKey, rsaKey *rsa.PrivateKey, public, publicPEM []byte) {
	t.Helper()
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err = rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err = x509.MarshalPKIXPublicKey(&f.key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	publicPEM = pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})
	return other, rsaKey, public, publicPEM
}

// cases are tokens that are refused, and tokens that are not.
func (f forge) cases(t *testing.T) (refused, visitors, accepted map[string]string) {
	t.Helper()
	set := func(claim string, value any) string { return f.own(t, func(c jwt.MapClaims) { c[claim] = value }) }
	without := func(claim string) string { return f.own(t, func(c jwt.MapClaims) { delete(c, claim) }) }
	meta := func(claim string, value any) string {
		return f.own(t, func(c jwt.MapClaims) { appMetadata(c)[claim] = value })
	}
	other, rsaKey, public, publicPEM := f.otherKeys(t)
	whole := f.own(t, func(jwt.MapClaims) {})
	parts := strings.Split(whole, ".")
	hour := time.Now().Add(time.Hour).Unix()
	refused = map[string]string{
		"none at all": "", "garbage": "garbage", "three parts of garbage": "a.b.c", "no signature": parts[0] + "." + parts[1] + ".",
		"another's signature":   parts[0] + "." + parts[1] + "." + strings.Split(f.own(t, func(jwt.MapClaims) {}), ".")[2],
		"cut short":             whole[:len(whole)-2],
		"wrong key":             f.sign(t, jwt.SigningMethodES256, other, f.kid, good()),
		"unknown kid":           f.sign(t, jwt.SigningMethodES256, f.key, "other", good()),
		"no kid":                f.sign(t, jwt.SigningMethodES256, f.key, nil, good()),
		"kid of another type":   f.sign(t, jwt.SigningMethodES256, f.key, []string{f.kid}, good()),
		"alg none":              f.sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, f.kid, good()),
		"HS256 with public key": f.sign(t, jwt.SigningMethodHS256, public, f.kid, good()),
		"HS256 with public PEM": f.sign(t, jwt.SigningMethodHS256, publicPEM, f.kid, good()),
		"HS256 with no secret":  f.sign(t, jwt.SigningMethodHS256, []byte{}, f.kid, good()),
		"RS256":                 f.sign(t, jwt.SigningMethodRS256, rsaKey, f.kid, good()),
		"expired":               set("exp", time.Now().Add(-time.Second).Unix()),
		"no exp":                without("exp"),
		"exp is no number":      set("exp", "tomorrow"),
		"not yet valid":         set("nbf", hour),
		"wrong issuer":          set("iss", "https://evil.test/auth/v1"),
		"no issuer":             without("iss"),
		"wrong audience":        set("aud", "anon"),
		"no audience":           without("aud"),
		"role anon":             set("role", "anon"),
		"role service_role":     set("role", "service_role"),
		"no role":               without("role"),
		"an anonymous user":     set("is_anonymous", true),
		"sub is no UUID":        set("sub", "me"),
		"sub in capitals":       set("sub", strings.ToUpper("7c9e6679-7425-40de-944b-e07fc1f90ae7")),
		"no sub":                without("sub"),
		"org_id is no UUID":     meta("org_id", "acme"),
		"org_id in braces":      meta("org_id", "{"+uuid.NewString()+"}"),
		"no aal":                without("aal"),
		"aal is no level":       set("aal", "aal9"),
		"no session":            without("session_id"),
		"session is no UUID":    set("session_id", "s"),
		"roles is no list":      meta("roles", "admin"),
	}
	// Who is signed in and belongs nowhere: nothing that a user can write makes them more.
	visitors = map[string]string{
		"no app_metadata":      without("app_metadata"),
		"no org_id":            meta("org_id", nil),
		"no roles":             meta("roles", nil),
		"roles is empty":       meta("roles", []string{}),
		"an unknown role":      meta("roles", []string{"owner"}),
		"the role of our jobs": meta("roles", []string{"system"}),
		"a role in capitals":   meta("roles", []string{"Admin"}),
		"only user_metadata": f.own(t, func(c jwt.MapClaims) {
			c["user_metadata"] = c["app_metadata"]
			c["app_metadata"] = map[string]any{}
		}),
		"the role of a visitor": meta("roles", []string{"visitor"}),
	}
	accepted = map[string]string{
		"a plain one":         whole,
		"one role is known":   meta("roles", []string{"owner", "user"}),
		"a list of audiences": set("aud", []string{"authenticated"}),
	}
	return refused, visitors, accepted
}
