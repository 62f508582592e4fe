package eventstore

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Pools are the connections of one process, each in the role that its work needs.
type Pools struct {
	App, Worker, Keys *pgxpool.Pool
	OneDatabase       bool // the keys lie in the database of the log
}

// Connect opens the pools. keysURL may be the same as url. A key is flushed before it
// is used even then: an append that is tried again after a crash of the server is
// sealed by a key from before it, and a key that the crash has lost opens nothing.
func Connect(ctx context.Context, url, keysURL string) (*Pools, error) {
	p := &Pools{OneDatabase: url == keysURL}
	for _, c := range []struct {
		to       **pgxpool.Pool
		url      string
		role     string
		settings map[string]string
	}{
		{&p.App, url, "canvass_app", map[string]string{"statement_timeout": "5s", "lock_timeout": "2s"}},
		{&p.Worker, url, "canvass_worker", map[string]string{"statement_timeout": "10min"}},
		{&p.Keys, keysURL, "canvass_keys", map[string]string{"statement_timeout": "5s", "synchronous_commit": "on"}},
	} {
		pool, err := connect(ctx, c.url, c.role, c.settings)
		if err != nil {
			p.Close()
			return nil, err
		}
		*c.to = pool
	}
	return p, nil
}

func connect(ctx context.Context, url, role string, settings map[string]string) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("the database URL cannot be read: %w", err)
	}
	cfg.ConnConfig.RuntimeParams["role"] = role
	cfg.ConnConfig.RuntimeParams["application_name"] = role
	cfg.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "60s"
	maps.Copy(cfg.ConnConfig.RuntimeParams, settings)
	cfg.ConnConfig.ConnectTimeout = 5 * time.Second
	if !strings.Contains(url, "pool_max_conns") {
		cfg.MaxConns = 16
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open the pool of %s: %w", role, err)
	}
	return pool, nil
}

// Close closes every pool.
func (p *Pools) Close() {
	for _, pool := range []*pgxpool.Pool{p.App, p.Worker, p.Keys} {
		if pool != nil {
			pool.Close()
		}
	}
}
