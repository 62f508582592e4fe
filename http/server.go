// Package http speaks the product's API over HTTP: it turns requests into commands
// and queries, and their answers and refusals into responses. Nothing outside this
// package needs to know the router.
package http

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/quota"
	"github.com/canvass-hq/canvass/domain/sender"
	"github.com/canvass-hq/canvass/projections"
)

// Feed tells a stream of facts when to look again.
type Feed interface {
	// Changed is closed when the projections may have moved since the call.
	Changed() <-chan struct{}
	// Wait returns when a projection has reached a position, or domain.ErrBehind
	// when ctx ends first.
	Wait(ctx context.Context, view projections.Projection, position int64) error
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

	MailLeaves   bool                                                // mail of campaigns leaves this machine: senders are checked
	CheckDomain  func(ctx context.Context, name string) sender.Check // asks the names of a sender's domain
	ResendSecret string                                              // by which deliveries of Resend are signed; "" where there are none
	Mailbox      Mailbox                                             // shown to whoever asks, for development; nil for none
	Tracer       trace.Tracer                                        // shows requests; nil for nobody
}

// Server is the API.
type Server struct {
	echo    *echo.Echo
	api     huma.API
	run     *commands.Runner
	queries *projections.Queries
	staging *projections.Staging
	feed    Feed
	issuer  *Issuer
	vault   Vault
	who     *identities
	audit   auditor

	mailLeaves   bool
	checkDomain  func(ctx context.Context, name string) sender.Check
	resendSecret string
	links        destinations

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
	tellings *gather[told]
	orgs     sync.Map // those that are known to be there, by their ids

	fieldClasses map[string]quota.Class // of the fields of GraphQL that count for themselves

	closing chan struct{} // closed when the server stops: streams end
}

// NewServer lays out the routes.
func NewServer(cfg Config) *Server {
	speakProblems()
	s := &Server{
		echo: echo.New(), run: cfg.Run, queries: cfg.Queries, staging: cfg.Staging, feed: cfg.Feed, issuer: cfg.Issuer,
		vault: cfg.Vault, audit: auditor{run: cfg.Run, now: cfg.Now}, checks: cfg.Checks, public: cfg.Public, now: cfg.Now, log: cfg.Log, closing: make(chan struct{}),
		metrics: newMetrics(cfg.Metrics), tracer: cfg.Tracer, ops: cfg.Ops, mailLeaves: cfg.MailLeaves, checkDomain: cfg.CheckDomain, resendSecret: cfg.ResendSecret,
		cache: cfg.Cache, version: cfg.Version, rates: newRates(cfg.Limits), guesses: newGuesses(cfg.Limits.AddressKey, cfg.Now), inFlight: newInFlight(cfg.Limits.InFlight),
	}
	s.who = &identities{tokens: newVerifier(cfg.Tokens, cfg.Now), queries: cfg.Queries, vault: cfg.Vault, fresh: s.awaitOwn, now: cfg.Now}
	s.tellings = &gather[told]{do: s.record, most: toldTogether}
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
	s.suppressions()
	s.senders()
	s.templates()
	s.campaigns()
	s.recipients()
	s.unsubscribe()
	s.tracked()
	s.resendWebhook()
	s.inbound()
	if cfg.Mailbox != nil {
		s.devMail(cfg.Mailbox)
	}
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
