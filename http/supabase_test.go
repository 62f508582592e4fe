package http_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain/access"
	apphttp "github.com/canvass-hq/canvass/http"
)

// project is a server of Supabase Auth as it looks from outside: its keys, and tokens with
// the headers and claims that it gives them.
type project struct {
	*httptest.Server

	asked atomic.Int64 // how often the keys were read

	mu   sync.Mutex
	keys map[string]crypto.Signer // shown, by kid
}

const projectSecret = "super-secret-jwt-token-with-at-least-32-characters-long"

// supabase runs a project; under is the path of its Auth.
func supabase(t *testing.T, under string) *project {
	t.Helper()
	p := &project{keys: map[string]crypto.Signer{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+under+"/.well-known/jwks.json", func(w http.ResponseWriter, _ *http.Request) {
		p.asked.Add(1)
		p.mu.Lock()
		defer p.mu.Unlock()
		keys := []map[string]any{}
		for kid, k := range p.keys {
			keys = append(keys, jwk(kid, k))
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": keys})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func jwk(kid string, key crypto.Signer) map[string]any {
	b := func(i *big.Int) string { return base64.RawURLEncoding.EncodeToString(i.Bytes()) }
	switch k := key.(type) {
	case *ecdsa.PrivateKey:
		point, _ := k.PublicKey.Bytes()
		enc := base64.RawURLEncoding.EncodeToString
		return map[string]any{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "key_ops": []string{"verify"}, "ext": true, "kid": kid, "x": enc(point[1:33]), "y": enc(point[33:])}
	case *rsa.PrivateKey:
		return map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig", "key_ops": []string{"verify"}, "ext": true, "kid": kid, "n": b(k.N), "e": b(big.NewInt(int64(k.E)))}
	}
	return nil
}

// rotate shows a new key, beside those that are shown or alone.
func (p *project) rotate(t *testing.T, kind string, alone bool) (kid string, key crypto.Signer) {
	t.Helper()
	var err error
	if kind == "RS256" {
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	} else {
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	kid = uuid.NewString()
	p.mu.Lock()
	defer p.mu.Unlock()
	if alone {
		p.keys = map[string]crypto.Signer{}
	}
	p.keys[kid] = key
	return kid, key
}

// claims are those of GoTrue v2 for a user who signed in with a password.
func (p *project) claims(issuer string) jwt.MapClaims {
	return jwt.MapClaims{
		"iss": issuer, "sub": uuid.NewString(), "aud": "authenticated", "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix(),
		"email": "ada@people.example", "phone": "", "app_metadata": map[string]any{"provider": "email", "providers": []string{"email"}},
		"user_metadata": map[string]any{"email": "ada@people.example", "email_verified": true, "org_id": someone, "roles": []string{"admin"}},
		"role":          "authenticated", "aal": "aal1", "amr": []map[string]any{{"method": "password", "timestamp": time.Now().Unix()}},
		"session_id": uuid.NewString(), "is_anonymous": false,
	}
}

func signed(t *testing.T, method jwt.SigningMethod, kid string, key any, c jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, c)
	if kid != "" {
		token.Header["kid"] = kid
	}
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// behind runs an app whose users are those of a project.
func behind(t *testing.T, s apphttp.Supabase) *app {
	t.Helper()
	tokens, err := s.Authority(t.Context(), logged.logger())
	if err != nil {
		t.Fatal(err)
	}
	return start(t, func(c *apphttp.Config) { c.Tokens, c.Issuer = tokens, nil })
}

func (a *app) asks(t *testing.T, token string) answer {
	t.Helper()
	return (&member{app: a, token: token}).ask(t, "GET", "/v1/organizations", "")
}

func TestSupabase(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, under, url, issuer string }{
		{"a project", "/auth/v1", "", "/auth/v1"},
		{"a project, by the address of its Auth", "/auth/v1", "/auth/v1/", "/auth/v1"},
		{"a server of Supabase Auth by itself", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := supabase(t, c.under)
			ec, ecKey := p.rotate(t, "ES256", false)
			rs, rsKey := p.rotate(t, "RS256", false)
			a := behind(t, apphttp.Supabase{URL: p.URL + c.url, Secret: projectSecret})
			issuer := p.URL + c.issuer
			for name, token := range map[string]string{
				"ES256":            signed(t, jwt.SigningMethodES256, ec, ecKey, p.claims(issuer)),
				"RS256":            signed(t, jwt.SigningMethodRS256, rs, rsKey, p.claims(issuer)),
				"HS256":            signed(t, jwt.SigningMethodHS256, "", []byte(projectSecret), p.claims(issuer)),
				"HS256 with a kid": signed(t, jwt.SigningMethodHS256, "legacy", []byte(projectSecret), p.claims(issuer)),
			} {
				if got := a.asks(t, token); got.status != 200 {
					t.Errorf("%s: %d %s", name, got.status, got.body)
				}
				(&member{app: a, token: token}).ask(t, "GET", "/v1/leads", "").refuses(t, 403, "access.organization") // whatever the user has written about themselves
			}
			forgeries(t, a, p, issuer, ec, ecKey, rs, rsKey)
		})
	}
}

// forgeries of a project's tokens are all refused.
func forgeries(t *testing.T, a *app, p *project, issuer, ec string, ecKey crypto.Signer, rs string, rsKey crypto.Signer) {
	t.Helper()
	change := func(name string, v any) jwt.MapClaims {
		c := p.claims(issuer)
		if c[name] = v; v == nil {
			delete(c, name)
		}
		return c
	}
	public, _ := ecKey.Public().(*ecdsa.PublicKey).Bytes()
	n := rsKey.Public().(*rsa.PublicKey).N.Bytes()
	for name, token := range map[string]string{
		"HS256 by the public key":       signed(t, jwt.SigningMethodHS256, ec, public, p.claims(issuer)),
		"HS256 by the public RSA key":   signed(t, jwt.SigningMethodHS256, rs, n, p.claims(issuer)),
		"HS256 by another secret":       signed(t, jwt.SigningMethodHS256, "", []byte(strings.Repeat("x", 40)), p.claims(issuer)),
		"HS384 by the secret":           signed(t, jwt.SigningMethodHS384, "", []byte(projectSecret), p.claims(issuer)),
		"RS256 under the EC key's name": signed(t, jwt.SigningMethodRS256, ec, rsKey, p.claims(issuer)),
		"ES256 under the RSA key's":     signed(t, jwt.SigningMethodES256, rs, ecKey, p.claims(issuer)),
		"PS256":                         signed(t, jwt.SigningMethodPS256, rs, rsKey, p.claims(issuer)),
		"no kid":                        signed(t, jwt.SigningMethodES256, "", ecKey, p.claims(issuer)),
		"none":                          signed(t, jwt.SigningMethodNone, ec, jwt.UnsafeAllowNoneSignatureType, p.claims(issuer)),
		"the service's own":             signed(t, jwt.SigningMethodHS256, "", []byte(projectSecret), jwt.MapClaims{"iss": "supabase", "role": "service_role", "exp": time.Now().Add(time.Hour).Unix()}),
		"the anonymous key":             signed(t, jwt.SigningMethodHS256, "", []byte(projectSecret), jwt.MapClaims{"iss": "supabase", "role": "anon", "exp": time.Now().Add(time.Hour).Unix()}),
		"another project's":             signed(t, jwt.SigningMethodES256, ec, ecKey, p.claims("https://other.supabase.co/auth/v1")),
		"an issuer that begins alike":   signed(t, jwt.SigningMethodES256, ec, ecKey, p.claims(issuer+".evil.test")),
		"expired":                       signed(t, jwt.SigningMethodES256, ec, ecKey, change("exp", time.Now().Add(-time.Second).Unix())),
		"for ever":                      signed(t, jwt.SigningMethodES256, ec, ecKey, change("exp", nil)),
		"an anonymous user":             signed(t, jwt.SigningMethodES256, ec, ecKey, change("is_anonymous", true)),
		"for another audience":          signed(t, jwt.SigningMethodES256, ec, ecKey, change("aud", "other")),
		"no session":                    signed(t, jwt.SigningMethodES256, ec, ecKey, change("session_id", nil)),
		"no level":                      signed(t, jwt.SigningMethodES256, ec, ecKey, change("aal", nil)),
		"no subject":                    signed(t, jwt.SigningMethodES256, ec, ecKey, change("sub", nil)),
		"the role of Postgres":          signed(t, jwt.SigningMethodES256, ec, ecKey, change("role", "postgres")),
	} {
		if got := a.asks(t, token); got.status != 401 {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}

// TestRotation: a key that is shown from now on is known when a token first names it, and
// one that is not shown any more ends; made-up names do not stand in the way.
func TestRotation(t *testing.T) {
	t.Parallel()
	p := supabase(t, "/auth/v1")
	issuer := p.URL + "/auth/v1"
	kid, key := p.rotate(t, "ES256", false)
	a := behind(t, apphttp.Supabase{URL: p.URL})
	a.asks(t, signed(t, jwt.SigningMethodES256, kid, key, p.claims(issuer))).wants(t, 200)
	before := p.asked.Load()
	var flood sync.WaitGroup
	for range 4 {
		flood.Go(func() {
			for range 8 {
				m := &member{app: a, token: signed(t, jwt.SigningMethodES256, uuid.NewString(), key, p.claims(issuer))}
				if got, err := m.try(t.Context(), "GET", "/v1/leads", ""); err != nil || got.status != 401 {
					t.Errorf("made up: %d, %v", got.status, err)
				}
			}
		})
	}
	next, nextKey := p.rotate(t, "ES256", true)
	begun := time.Now()
	for a.asks(t, signed(t, jwt.SigningMethodES256, next, nextKey, p.claims(issuer))).status != 200 {
		if time.Since(begun) > 20*time.Second {
			t.Fatal("made-up names keep the new key from being known")
		}
	}
	flood.Wait()
	if n, most := p.asked.Load()-before, int64(time.Since(begun).Seconds())+3; n > most {
		t.Errorf("the keys were read %d times, at most %d are due", n, most)
	}
	a.asks(t, signed(t, jwt.SigningMethodES256, kid, key, p.claims(issuer))).refuses(t, 401, "token.invalid")
}

// TestDeadIssuer: an issuer that does not answer costs tokens of known keys nothing, and
// does not keep the server from starting.
func TestDeadIssuer(t *testing.T) {
	t.Parallel()
	p := supabase(t, "/auth/v1")
	issuer := p.URL + "/auth/v1"
	kid, key := p.rotate(t, "ES256", false)
	a := behind(t, apphttp.Supabase{URL: p.URL})
	a.asks(t, signed(t, jwt.SigningMethodES256, kid, key, p.claims(issuer))).wants(t, 200)
	address := p.Listener.Addr().String()
	p.CloseClientConnections()
	p.Close()
	hole, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address) // takes connections, answers nothing
	if err != nil {
		t.Skip("the port was taken by another process")
	}
	t.Cleanup(func() { _ = hole.Close() })
	var asking sync.WaitGroup
	for range 3 {
		token := signed(t, jwt.SigningMethodES256, uuid.NewString(), key, p.claims(issuer))
		asking.Go(func() {
			_, _ = (&member{app: a, token: token}).try(t.Context(), "GET", "/v1/leads", "")
		})
	}
	for range 20 {
		begun := time.Now()
		a.asks(t, signed(t, jwt.SigningMethodES256, kid, key, p.claims(issuer))).wants(t, 200)
		if took := time.Since(begun); took > 2*time.Second {
			t.Errorf("a known key took %s", took)
		}
	}
	asking.Wait()
	late, err := apphttp.Supabase{URL: p.URL}.Authority(t.Context(), logged.logger())
	if err != nil {
		t.Fatal(err)
	}
	if late.Ready(t.Context()) == nil {
		t.Error("nothing says that no token can be accepted")
	}
}

// TestClaimedOrganization: what the token says of an organization counts where the
// organization does not know the user, as an administrator of the project has written it.
func TestClaimedOrganization(t *testing.T) {
	t.Parallel()
	p := supabase(t, "/auth/v1")
	kid, key := p.rotate(t, "ES256", false)
	a := behind(t, apphttp.Supabase{URL: p.URL})
	c := p.claims(p.URL + "/auth/v1")
	c["app_metadata"] = map[string]any{"provider": "email", "org_id": uuid.NewString(), "roles": []string{"manager"}}
	m := &member{app: a, token: signed(t, jwt.SigningMethodES256, kid, key, c)}
	if me := into[struct{ Role access.Role }](t, m.ask(t, "GET", "/v1/me", "").wants(t, 200)); me.Role != access.Manager {
		t.Errorf("role %q", me.Role)
	}
	m.ask(t, "GET", "/v1/leads/export", "").refuses(t, 403, "access.second_factor")
}
