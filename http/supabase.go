package http

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"golang.org/x/time/rate"
)

// Supabase is a project of Supabase Auth, whose users are Canvass's users.
type Supabase struct {
	URL    string // of the project, or of a server of Supabase Auth by itself
	Issuer string // what tokens say of who made them; "" for what follows from URL
	Secret string // of HS256 tokens, as projects had before signing keys; "" for none
}

// The addresses of a project under which its Auth is found.
const (
	supabaseAuth = "/auth/v1"
	supabaseKeys = "/.well-known/jwks.json"
)

// Authority accepts the project's tokens. Its keys are read now and every hour, and again
// when a token names one that is not known, but not more often than once a second: who
// sends made-up names neither keeps a real rotation from being seen, nor makes many
// requests of the issuer. An issuer that does not answer costs known keys nothing.
func (c Supabase) Authority(ctx context.Context, log *slog.Logger) (Authority, error) {
	base := strings.TrimSuffix(strings.TrimSuffix(c.URL, "/"), supabaseAuth)
	a := Authority{Issuers: []string{base + supabaseAuth, base}, Secret: []byte(c.Secret)}
	if c.Issuer != "" {
		a.Issuers = []string{c.Issuer}
	}
	if c.URL == "" {
		return a, nil
	}
	options := keyfunc.Override{
		Client: &http.Client{Timeout: keysTimeout}, HTTPTimeout: keysTimeout, RefreshInterval: time.Hour,
		RefreshUnknownKID: rate.NewLimiter(rate.Every(time.Second), 1), RateLimitWaitMax: time.Second,
		RefreshErrorHandlerFunc: func(url string) func(context.Context, error) {
			return func(ctx context.Context, _ error) { log.DebugContext(ctx, "no keys can be read here", "url", url) }
		},
	}
	// A project keeps its Auth under /auth/v1, a server of Supabase Auth by itself does not.
	keys, err := keyfunc.NewDefaultOverrideCtx(ctx, []string{base + supabaseAuth + supabaseKeys, base + supabaseKeys}, options)
	if err != nil {
		return a, fmt.Errorf("SUPABASE_URL: %w", err)
	}
	a.Keys = keys.Keyfunc
	a.Ready = func(ctx context.Context) error {
		if set, err := keys.VerificationKeySet(ctx); c.Secret == "" && (err != nil || len(set.Keys) == 0) {
			return errNoKeys
		}
		return nil
	}
	return a, nil
}

var errNoKeys = errors.New("Supabase Auth shows no key, and there is no secret: no token can be accepted")

const keysTimeout = 3 * time.Second
