package http_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain/access"
	apphttp "github.com/canvass-hq/canvass/http"
)

// What a user can write about themselves decides nothing.
func TestUserMetadataIsIgnored(t *testing.T) {
	t.Parallel()
	a, f := forged(t)
	org := uuid.NewString()
	token := f.own(t, func(c jwt.MapClaims) {
		appMetadata(c)["roles"] = []string{"user"}
		c["user_metadata"] = map[string]any{"org_id": org, "roles": []string{"admin"}, "role": "admin"}
	})
	m := &member{app: a, token: token}
	m.ask(t, "GET", "/v1/events", "").refuses(t, 403, "access.denied")
	a.colleague(t, org, access.Admin).capture(t, `{"name":"Persona"}`)
	if got := into[leadList](t, m.fresh(t, "/v1/leads").wants(t, 200)); len(got.Items) > 0 {
		t.Error("user_metadata chose the organization")
	}
}

func TestAuthorizationHeader(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	token := m.token
	m.token = ""
	for value, want := range map[string]int{
		"Bearer " + token: 200, "bearer " + token: 200, "Basic " + token: 401, token: 401, "Bearer": 401, "Bearer  " + token: 401,
		"Bearer " + token + " ": 200 /* space around a value is not part of it */, "Bearer " + token + " x": 401, "": 401,
	} {
		if got := m.ask(t, "GET", "/v1/leads", "", "Authorization", value); got.status != want {
			t.Errorf("a value of %d characters: status %d, want %d", len(value), got.status, want)
		}
	}
	for _, path := range []string{"/v1/leads", "/v1/nothing", "/v1/events/stream", "/v1/leads/" + someone} {
		m.ask(t, "GET", path, "").refuses(t, 401, "token.invalid")
	}
	for _, path := range []string{"/health", "/health/live", "/health/ready", "/openapi.json", "/docs", "/.well-known/jwks.json"} {
		m.ask(t, "GET", path, "").wants(t, 200)
	}
}

// A token is not remembered for longer than it is valid.
func TestTokenExpiresWhileRemembered(t *testing.T) {
	t.Parallel()
	begun := time.Now()
	var passed atomic.Int64
	a := start(t, func(c *apphttp.Config) { c.Now = func() time.Time { return begun.Add(time.Duration(passed.Load())) } })
	m := a.member(t, access.Admin)
	var err error
	if m.token, err = a.issuer.Token(m.Principal, begun, 5*time.Second); err != nil {
		t.Fatal(err)
	}
	m.ask(t, "GET", "/v1/leads", "").wants(t, 200)
	passed.Store(int64(4 * time.Second))
	m.ask(t, "GET", "/v1/leads", "").wants(t, 200)
	passed.Store(int64(6 * time.Second))
	m.ask(t, "GET", "/v1/leads", "").refuses(t, 401, "token.invalid")
}

// The local issuer signs what Supabase Auth (GoTrue) would, under a key that the key
// set shows.
func TestIssuerSpeaksAsSupabase(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Manager)
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(m.token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, `{"iss":"canvass-local","sub":"`+m.ID+`","aud":"authenticated","exp":"$any","iat":"$any","email":"","phone":"",
		"app_metadata":{"provider":"local","providers":["local"],"org_id":"`+m.Org+`","roles":["manager"]},"user_metadata":{},
		"role":"authenticated","aal":"aal2","amr":[{"method":"local","timestamp":"$any"}],"session_id":"$any","is_anonymous":false}`, string(payload))
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	if exp, iat := claims["exp"].(float64), claims["iat"].(float64); exp-iat != 3600 || iat > float64(time.Now().Unix()) {
		t.Errorf("issued at %v, expires at %v", iat, exp)
	}

	set := into[struct{ Keys []map[string]string }](t, m.ask(t, "GET", "/.well-known/jwks.json", ""))
	i := slices.IndexFunc(set.Keys, func(k map[string]string) bool { return k["kid"] != "" && k["alg"] == "ES256" && k["d"] == "" })
	if i < 0 {
		t.Fatalf("the key set is %v", set.Keys)
	}
	number := func(name string) *big.Int {
		raw, err := base64.RawURLEncoding.DecodeString(set.Keys[i][name])
		if err != nil || len(raw) != 32 {
			t.Fatalf("%s of the key is %d bytes: %v", name, len(raw), err)
		}
		return new(big.Int).SetBytes(raw)
	}
	public := &ecdsa.PublicKey{Curve: elliptic.P256(), X: number("x"), Y: number("y")} //nolint:staticcheck // the key set tells the coordinates
	if _, err := jwt.Parse(m.token, func(*jwt.Token) (any, error) { return public, nil }); err != nil {
		t.Errorf("the key set does not verify the token: %v", err)
	}
}
