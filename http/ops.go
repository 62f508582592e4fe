package http

import (
	"context"
	"crypto/hmac"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
)

// Ops is what operators see through the API. Jobs are those of all organizations, so
// being an Admin is not enough: one has to be an Admin of the operators' own.
type Ops struct {
	Org string       // the operators' organization; "" for nobody
	UI  http.Handler // of the job queue, at opsPath
}

const (
	opsPath    = "/ops/jobs"
	opsCookie  = "canvass_ops"
	opsSession = 15 * time.Minute
)

var (
	errNoOps      = &domain.Error{Kind: domain.NotFound, Code: "ops.not_found", Message: "there is nothing to operate here"}
	errOpsSession = &domain.Error{Kind: domain.Unauthenticated, Code: "ops.session", Message: "open a session with POST /v1/ops/session"}
	errOpsForeign = &domain.Error{Kind: domain.Forbidden, Code: "ops.foreign", Message: "the request comes from another site"}
)

// OpsSession tells where to go with the cookie that comes with it.
type OpsSession struct {
	URL       string    `json:"url" doc:"The job queue, to open in the browser that has asked" example:"/ops/jobs"`
	ExpiresAt time.Time `json:"expires_at"`
}

type opsSessionOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      OpsSession
}

func (s *Server) operations() {
	handle(s, op(http.MethodPost, "/v1/ops/session", "openOpsSession", "Open the job queue in a browser, for operators", refuses(errNoOps)), access.OperateJobs, s.openOpsSession)
	if s.ops.Org != "" {
		nothing := func(echo.Context) error { return errNoOps } // operate answers; the routes are there to have names
		s.echo.Any(opsPath, nothing)
		s.echo.Any(opsPath+"/*", nothing)
	}
}

// openOpsSession gives a cookie for a token: a browser that follows a link sends no
// token.
func (s *Server) openOpsSession(ctx context.Context, _ *struct{}) (*opsSessionOutput, error) {
	if s.ops.Org == "" || principalOf(ctx).Org != s.ops.Org {
		return nil, errNoOps
	}
	ends := s.now().Add(opsSession).UTC().Truncate(time.Second)
	until := strconv.FormatInt(ends.Unix(), 10)
	signature, err := s.signOps(ctx, until)
	if err != nil {
		return nil, err
	}
	return &opsSessionOutput{
		SetCookie: http.Cookie{
			Name: opsCookie, Value: until + "." + signature, Path: opsPath, Expires: ends,
			HttpOnly: true, Secure: true, SameSite: http.SameSiteStrictMode,
		},
		Body: OpsSession{URL: opsPath, ExpiresAt: ends},
	}, nil
}

// signOps signs how long a session lasts, in every process the same.
func (s *Server) signOps(ctx context.Context, until string) (string, error) {
	sum, err := s.vault.Keyed(ctx, s.ops.Org, "sessions of operators", []byte(until))
	return hex.EncodeToString(sum), err
}

// opens refuses a cookie that is not ours or has run out.
func (s *Server) opens(ctx context.Context, cookie string) error {
	until, signature, _ := strings.Cut(cookie, ".")
	ends, err := strconv.ParseInt(until, 10, 64)
	if err != nil || !s.now().Before(time.Unix(ends, 0)) {
		return errOpsSession
	}
	want, err := s.signOps(ctx, until)
	if err == nil && !hmac.Equal([]byte(signature), []byte(want)) {
		err = errOpsSession
	}
	return err
}

// operate lets operators through to the job queue. Its requests are its own: they are
// none of the API's.
func (s *Server) operate(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if s.ops.Org == "" || r.URL.Path != opsPath && !strings.HasPrefix(r.URL.Path, opsPath+"/") {
			return next(c)
		}
		cookie, err := r.Cookie(opsCookie)
		if err != nil {
			return errOpsSession
		}
		if err := s.opens(r.Context(), cookie.Value); err != nil {
			return err
		}
		if site := r.Header.Get("Sec-Fetch-Site"); r.Method != http.MethodGet && site != "" && site != "same-origin" {
			return errOpsForeign
		}
		c.Response().Header().Set("Cache-Control", "no-store")
		s.ops.UI.ServeHTTP(c.Response(), r)
		return nil
	}
}
