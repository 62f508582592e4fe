// Package http speaks the product's API over HTTP: it turns requests into commands
// and queries, and their answers and refusals into responses. Nothing outside this
// package needs net/http, and nothing outside this file needs to know the router.
package http

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/projections"
)

// Feed tells a stream of facts when to look again.
type Feed interface {
	// Changed is closed when the projections may have moved since the call.
	Changed() <-chan struct{}
	// Wait returns when a projection has reached a position, or domain.ErrBehind
	// when ctx ends first.
	Wait(ctx context.Context, projection string, version int, position int64) error
}

// Config is what the server answers with.
type Config struct {
	Run     *commands.Runner
	Queries *projections.Queries
	Staging *projections.Staging
	Feed    Feed
	Tokens  Authority // whose tokens are accepted
	Issuer  *Issuer   // of this machine, whose keys are shown; nil for none
	Vault   Vault
	Checks  []Check  // the parts that /health speaks of
	Limits  Limits   // how much is taken of whom
	Cache   Cache    // where lists are remembered; nil for nowhere
	Origins []string // of web frontends that may ask from the browser
	Public  string   // where the world finds the API
	Version string   // of the release
	Explore bool     // GraphQL tells its schema, for development
	Now     domain.Clock
	Log     *slog.Logger
	Metrics prometheus.Registerer // counts requests; nil for nobody
	Ops     Ops                   // what operators may do
	Tracer  trace.Tracer          // shows requests; nil for nobody
}

// Server is the API.
type Server struct {
	echo     *echo.Echo
	api      huma.API
	run      *commands.Runner
	queries  *projections.Queries
	staging  *projections.Staging
	feed     Feed
	issuer   *Issuer
	vault    Vault
	who      *identities
	audit    auditor
	checks   []Check
	public   string
	now      domain.Clock
	log      *slog.Logger
	writes   writes
	metrics  *metrics
	tracer   trace.Tracer
	ops      Ops
	cache    Cache
	version  string
	rates    *rates
	guesses  *guesses
	inFlight *inFlight
	closing  chan struct{} // closed when the server stops: streams end
}

// NewServer lays out the routes.
func NewServer(cfg Config) *Server {
	speakProblems()
	s := &Server{
		echo: echo.New(), run: cfg.Run, queries: cfg.Queries, staging: cfg.Staging, feed: cfg.Feed, issuer: cfg.Issuer,
		vault: cfg.Vault, audit: auditor{run: cfg.Run, now: cfg.Now}, checks: cfg.Checks, public: cfg.Public, now: cfg.Now, log: cfg.Log, closing: make(chan struct{}),
		metrics: newMetrics(cfg.Metrics), tracer: cfg.Tracer, ops: cfg.Ops,
		cache: cfg.Cache, version: cfg.Version, rates: newRates(cfg.Limits), guesses: newGuesses(cfg.Limits.AddressKey, cfg.Now), inFlight: newInFlight(cfg.Limits.InFlight),
	}
	s.who = &identities{tokens: newVerifier(cfg.Tokens, cfg.Now), queries: cfg.Queries, vault: cfg.Vault, fresh: s.awaitOwn, now: cfg.Now}
	s.echo.HideBanner, s.echo.HidePort = true, true
	s.echo.HTTPErrorHandler, s.echo.IPExtractor = s.fallback, addressOf(cfg.Limits.Proxies)
	s.echo.Use(s.identify, s.trace, s.count, s.access, s.allowHead, s.calm, s.secure, fromBrowsers(cfg.Origins), s.operate, s.readable, s.authenticate, s.limited)
	s.api = humaecho.NewV4(s.echo, apiConfig(cfg.Version))
	s.health()
	s.leads()
	s.timeline()
	s.companies()
	s.segments()
	s.bulkActions()
	s.fields()
	s.imports()
	s.notes()
	s.tasks()
	s.exports()
	s.mappings()
	s.events()
	s.organizations()
	s.members()
	s.invitations()
	s.keys()
	s.operations()
	s.graphql(cfg.Explore)
	s.documentation()
	s.describe()
	return s
}

func apiConfig(version string) huma.Config {
	c := huma.DefaultConfig("Canvass", version)
	c.Info.Description = "Sales intelligence and engagement on one immutable log. Every answer to a command carries the position of its facts; send it back as Canvass-Min-Position to read your own writes."
	c.CreateHooks = nil // no $schema in bodies
	c.DocsPath = ""     // our own page, which works offline
	c.OpenAPIPath = ""  // our own route
	c.SchemasPath = ""  // they stand in the description
	c.RejectUnknownQueryParameters = true
	c.Formats = map[string]huma.Format{"application/json": strictJSON(), "json": strictJSON()}
	c.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"bearer": {Type: "http", Scheme: "bearer", BearerFormat: "JWT"}}
	c.Security = []map[string][]string{{"bearer": {}}}
	return c
}

// listener is how long clients are waited for. What takes longer, an upload or a stream,
// moves its own deadlines on as long as something comes or is taken.
func (s *Server) listener() *http.Server {
	return &http.Server{
		Handler: s.handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 60 * time.Second, WriteTimeout: 60 * time.Second, IdleTimeout: 120 * time.Second,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
}

// Serve answers on the listener until ctx ends, and then finishes what it has begun.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	server := s.listener()
	var beside sync.WaitGroup
	beside.Go(func() { s.gather(ctx) })
	defer beside.Wait()
	done := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		close(s.closing)
		patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
		defer cancel()
		done <- server.Shutdown(patience)
	})
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-done
}

// OpenAPI is the description of the API (3.1).
func (s *Server) OpenAPI() ([]byte, error) { return json.MarshalIndent(s.api.OpenAPI(), "", "  ") }

// identify gives every request an id. One that comes with the request is kept when it
// is a UUID: anything else could hold personal data, and it stands in logs and facts.
func (s *Server) identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id, err := uuid.Parse(c.Request().Header.Get(echo.HeaderXRequestID))
		if err != nil {
			id = uuid.Must(uuid.NewV7())
		}
		c.Response().Header().Set(echo.HeaderXRequestID, id.String())
		c.SetRequest(c.Request().WithContext(context.WithValue(c.Request().Context(), requestIDKey, id.String())))
		return next(c)
	}
}

func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey).(string)
	return id
}

// access logs what was asked, without what was in it: the route, never the path.
func (s *Server) access(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		begun := s.now()
		err := next(c)
		if err != nil {
			c.Error(err)
		}
		level := slog.LevelDebug
		if c.Response().Status >= http.StatusInternalServerError {
			level = slog.LevelWarn
		}
		ctx := c.Request().Context()
		s.log.Log(ctx, level, "request", "method", c.Request().Method, "route", c.Path(), "status", c.Response().Status,
			"took", s.now().Sub(begun), "request_id", requestID(ctx))
		return nil
	}
}

// calm answers for a handler that panics.
func (s *Server) calm(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if r := recover(); r != nil {
				if broken, ok := r.(error); ok && errors.Is(broken, http.ErrAbortHandler) {
					panic(r) // an answer that has begun is cut off: net/http does it
				}
				ctx := c.Request().Context()
				s.log.ErrorContext(ctx, "a request panicked", "request_id", requestID(ctx), "route", c.Path(), "class", fmt.Sprintf("%T", r), "stack", string(debug.Stack()))
				p := problem(http.StatusInternalServerError, "internal", "something broke on our side")
				p.RequestID = requestID(ctx)
				err = p
			}
		}()
		return next(c)
	}
}

func (s *Server) secure(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		s.strict(h)
		if isAPI(c.Request().URL.Path) {
			h.Set("Cache-Control", "private, no-cache")
		}
		return next(c)
	}
}

// readable refuses a URL that no text can be made of, before it reaches a query, and
// one that says a value twice: whoever reads it would take one and drop the other.
func (s *Server) readable(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		// There is one form of every answer, so Accept is no condition (RFC 9110, 12.4.1);
		// huma's reader of it panics on some values. Of GraphQL there are two.
		u := c.Request().URL
		if u.Path != graphqlPath {
			c.Request().Header.Del("Accept")
		}
		query, err := url.ParseQuery(u.RawQuery)
		if err != nil || !isText(u.Path) {
			return errURL
		}
		var faults []domain.Field
		for name, values := range query {
			if !isText(name + strings.Join(values, "")) {
				return errURL
			}
			if name == "" {
				faults = append(faults, domain.Field{Name: "query", Message: "holds a parameter without a name"})
				continue
			}
			if len(values) > 1 {
				faults = append(faults, domain.Field{Name: name, Message: "stands twice"})
			}
		}
		if err := domain.Refuse(faults); err != nil {
			return err
		}
		joinLists(c.Request().Header)
		return next(c)
	}
}

var errURL = &domain.Error{Kind: domain.Malformed, Code: "request.malformed", Message: "the URL holds bytes that are not text"}

func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }
