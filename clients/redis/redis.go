// Package redis gives Canvass its cache: rate limits and other things that are
// counted or remembered for a while and may be lost. Without a Redis server it
// keeps them inside this process.
package redis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	dialTimeout = 200 * time.Millisecond
	ioTimeout   = 250 * time.Millisecond // a busy machine may be late; a breaker spares the next ones
	poolTimeout = time.Second            // a crowd that comes at once waits in a line
	ownTimeout  = 10 * time.Second       // of the embedded server, which cannot be away
	pingTimeout = 800 * time.Millisecond
)

// Config says which Redis to use.
type Config struct {
	// URL is redis://[user:password@]host:port/db, rediss:// for TLS, or
	// unix://path. Its parameters, such as read_timeout, win over the defaults
	// here. Empty: an embedded server, whose content ends with the process and
	// which no other process can reach.
	URL string

	// Log is told when the server does not answer at the start, when it goes away and
	// when it is back. Default: nothing is logged.
	Log *slog.Logger
}

// Redis is a cache. It may be used from several goroutines.
type Redis struct {
	client  *goredis.Client
	server  *embedded // nil when the server is elsewhere
	breaker *breaker
}

// Open prepares the cache. A server that does not answer is no failure, since
// Canvass works without its cache and the client connects when it can; only a
// URL that cannot be read is.
func Open(ctx context.Context, cfg Config) (*Redis, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.URL == "" {
		server, err := startEmbedded()
		if err != nil {
			return nil, err
		}
		options := &goredis.Options{Addr: "embedded", Dialer: server.dial, ReadTimeout: ownTimeout, WriteTimeout: ownTimeout, PoolTimeout: ownTimeout}
		setDefaults(options)
		return newRedis(options, server, cfg.Log), nil
	}
	options, err := goredis.ParseURL(cfg.URL)
	if err != nil {
		// The parser's error quotes the URL, and with it the password.
		return nil, errors.New("redis: REDIS_URL cannot be read: it should look like redis://user:password@host:6379/0, with reserved characters of the password as %XX")
	}
	setDefaults(options)
	r := newRedis(options, nil, cfg.Log)
	if err := r.Ping(ctx); err != nil {
		cfg.Log.Warn("redis does not answer; canvass starts without it", "address", options.Addr, "error", err)
	}
	return r, nil
}

func newRedis(options *goredis.Options, server *embedded, log *slog.Logger) *Redis {
	r := &Redis{client: goredis.NewClient(options), server: server}
	r.breaker = &breaker{ping: r.Ping, log: log}
	return r
}

// setDefaults makes a dead server fail at once. Callers have a way to go on
// without the cache, so waiting and trying again, for which the library has
// generous defaults, would only slow every request down.
func setDefaults(o *goredis.Options) {
	o.DialerRetries = 1
	o.ContextTimeoutEnabled = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	o.MaxRetries = cmp.Or(o.MaxRetries, -1) // none
	o.DialTimeout = cmp.Or(o.DialTimeout, dialTimeout)
	o.ReadTimeout = cmp.Or(o.ReadTimeout, ioTimeout)
	o.WriteTimeout = cmp.Or(o.WriteTimeout, ioTimeout)
	o.PoolTimeout = cmp.Or(o.PoolTimeout, poolTimeout)
}

// Client is the connection pool for commands.
func (r *Redis) Client() *goredis.Client { return r.client }

// Embedded says whether the cache lives in this process.
func (r *Redis) Embedded() bool { return r.server != nil }

// Away says whether the server is known not to answer, so that nobody asks it.
func (r *Redis) Away() bool { return r.breaker.open.Load() }

// Trips is how often the server has gone away.
func (r *Redis) Trips() int64 { return r.breaker.trips.Load() }

// Ping says within a second whether the server answers.
func (r *Redis) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	if err := r.client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("redis: ping: %w", err)
	}
	return nil
}

// Close ends the connections, and an embedded server with all it holds.
func (r *Redis) Close() error {
	r.breaker.close()
	err := r.client.Close()
	if r.server != nil {
		r.server.stop()
	}
	if err != nil {
		return fmt.Errorf("redis: close: %w", err)
	}
	return nil
}
