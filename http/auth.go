package http

import (
	"context"
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/apikey"
	"github.com/canvass-hq/canvass/domain/values"
	"github.com/canvass-hq/canvass/projections"
)

// Vault makes hashes under a key of an organization, which are worth nothing elsewhere and
// nothing when the key is destroyed.
type Vault interface {
	Keyed(ctx context.Context, org, purpose string, data []byte) ([]byte, error)
}

// orgHeader says which of their organizations a user means.
const orgHeader = "Canvass-Org"

var (
	errOrgHeader = &domain.Error{Kind: domain.Malformed, Code: "request.malformed", Message: "Canvass-Org is the id (a UUID) of an organization"}
	errNoMember  = &domain.Error{Kind: domain.Forbidden, Code: "access.not_a_member", Message: "you are no member of this organization, or there is none"}
)

// standingRemembered is how long what a user is in an organization, or what a key is good
// for, is taken for granted: no longer may a change take until every instance knows it.
const standingRemembered = 500 * time.Millisecond

type contextKey int

const (
	principalKey contextKey = iota
	requestIDKey
	routeKey
	againKey
	headKey
	freshnessKey
)

// principalOf is who asks; every route that needs one has one.
func principalOf(ctx context.Context) access.Principal {
	p, _ := ctx.Value(principalKey).(access.Principal)
	return p
}

// routeOf is what is asked, as the API's description names it.
func routeOf(ctx context.Context) string {
	route, _ := ctx.Value(routeKey).(string)
	return route
}

// identities finds out who asks.
type identities struct {
	tokens  *verifier
	queries *projections.Queries
	vault   Vault
	fresh   func(ctx context.Context, user string) // waits for what the user has just become
	members recent[string, []projections.Membership]
	keys    recent[string, keyHolder]
	uses    keyUses
	now     domain.Clock
}

// forget is for who has just changed what somebody is or what a key is good for.
func (i *identities) forget() {
	i.members.forget()
	i.keys.forget()
}

// isAPI tells the paths that nobody is answered on whom the server does not know.
func isAPI(path string) bool { return strings.HasPrefix(path, "/v1/") || path == graphqlPath }

// authenticate refuses every request to the API that carries no valid token or key.
func (s *Server) authenticate(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if !isAPI(r.URL.Path) {
			return next(c)
		}
		scheme, token, _ := strings.Cut(r.Header.Get(echo.HeaderAuthorization), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			token = ""
		}
		if err := s.mayTry(c, token); err != nil {
			return err
		}
		ctx := context.WithValue(r.Context(), routeKey, r.Method+" "+templated(c.Path()))
		org, from := r.Header.Get(orgHeader), clientAddress(c.RealIP())
		ask := func() (access.Principal, error) { return s.who.principal(ctx, token, org, from) }
		p, err := ask()
		if refusal, ok := err.(*domain.Error); ok && refusal.Kind == domain.Unauthenticated { //nolint:errorlint // ours, as it is
			c.Response().Header().Set(echo.HeaderWWWAuthenticate, "Bearer")
			err = s.tried(c, err)
		}
		known := context.WithValue(context.WithValue(ctx, principalKey, p), againKey, ask)
		c.SetRequest(r.WithContext(known))
		if err != nil {
			return err
		}
		s.guesses.noteGood(token)
		return next(c)
	}
}

// still reports whether who asked may go on being answered, as a stream does for long:
// their token has not expired, and they are what they were.
func (s *Server) still(ctx context.Context) bool {
	again, ok := ctx.Value(againKey).(func() (access.Principal, error))
	if !ok {
		return true
	}
	p, err := again()
	if kind, ours := errors.AsType[*domain.Error](err); ours && kind.Kind == domain.Unavailable {
		return true // who it is cannot be asked right now
	}
	return err == nil && reflect.DeepEqual(p, principalOf(ctx))
}

// templated is a route as the API's description writes it.
func templated(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if name, ok := strings.CutPrefix(p, ":"); ok {
			parts[i] = "{" + name + "}"
		}
	}
	return strings.Join(parts, "/")
}

// clientAddress is where a request comes from.
func clientAddress(text string) netip.Addr {
	at, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return at.Unmap()
}

// principal is who asks with a token or a key, in the organization that the request names.
func (i *identities) principal(ctx context.Context, token, org string, from netip.Addr) (access.Principal, error) {
	if org != "" && !values.IsUUID(org) {
		return access.Principal{}, errOrgHeader
	}
	if strings.HasPrefix(token, apikey.Prefix) {
		return i.keyHolder(ctx, token, org, from)
	}
	in, err := i.tokens.verify(token)
	if err != nil {
		return access.Principal{}, err
	}
	memberships, ok := i.members.get(in.user, i.now())
	if !ok {
		i.fresh(ctx, in.user)
		if memberships, err = i.queries.Memberships(ctx, in.user); err != nil {
			return access.Principal{}, err
		}
		i.members.put(in.user, memberships, i.now().Add(standingRemembered))
	}
	return in.principal(memberships, org)
}

// principal is what somebody who is signed in is in the organization that they name, or
// that their token names, or else the only one that they belong to. What the organization
// knows of its members outweighs what a token says.
func (in signedIn) principal(memberships []projections.Membership, org string) (access.Principal, error) {
	p := access.Principal{ID: in.user, Email: in.email, Strong: in.strong, Role: access.Visitor}
	asked := org
	if asked == "" {
		asked = in.org
	}
	if asked == "" {
		asked = only(memberships)
	}
	if asked == "" {
		return p, nil
	}
	for _, m := range memberships {
		switch {
		case m.Org != asked:
		case m.Removed:
			return in.nobody(p, org)
		default:
			p.Org, p.Role, p.Teams, p.Withheld, p.Plan = m.Org, m.Role, m.Teams, m.Withheld, m.Plan
			return p, nil
		}
	}
	if asked != in.org || in.role == "" {
		return in.nobody(p, org)
	}
	p.Org, p.Role = in.org, in.role
	return p, nil
}

// nobody is who is no member of the organization that they ask for; who asked for none is
// signed in all the same.
func (in signedIn) nobody(p access.Principal, org string) (access.Principal, error) {
	if org == "" {
		return p, nil
	}
	return p, errNoMember
}

// only is the organization of who belongs to one.
func only(memberships []projections.Membership) (org string) {
	for _, m := range memberships {
		switch {
		case m.Removed:
		case org != "":
			return ""
		default:
			org = m.Org
		}
	}
	return org
}
