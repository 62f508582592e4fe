package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/canvass-hq/canvass/clients/postgres"
)

type benchCmd struct {
	Append  benchAppendCmd  `cmd:"" help:"Appends: one fact at a time, a thousand at a time, and people beside a bulk writer."`
	Project benchProjectCmd `cmd:"" help:"Projections: a rebuild, and catching up with a backlog."`
	Import  benchImportCmd  `cmd:"" help:"An import: plan, commit, and until every lead is found."`
	Search  benchSearchCmd  `cmd:"" help:"Searches of a million leads: filters, sorts, words, depth, facets."`
	Send    benchSendCmd    `cmd:"" help:"A campaign: from its launch until the last mail's outcome is in the log."`
	Sink    benchSinkCmd    `cmd:"" hidden:"" help:"The server that bench send sends to."`
	HTTP    benchHTTPCmd    `cmd:"" name:"http" help:"The API: capture a lead, show one, list a page."`
}

// benchFlags are those of every bench. A bench makes its own private Postgres with
// full durability, and drops it.
type benchFlags struct {
	JSON    bool          `name:"json" help:"Print one JSON object per figure, the headline last."`
	Seconds time.Duration `help:"How long each figure is measured." default:"10s"`
	Writers int           `help:"How many work side by side." default:"32"`
}

// figure is one measurement beside the machine's own limit for the same work.
type figure struct {
	Name      string  `json:"name"`
	Rate      float64 `json:"rate"`
	Unit      string  `json:"unit"`
	P50       float64 `json:"p50_ms"`
	P95       float64 `json:"p95_ms,omitempty"` // where it is the aim
	P99       float64 `json:"p99_ms"`
	LimitRate float64 `json:"limit_rate"`
	Ratio     float64 `json:"ratio"`
	RSS       float64 `json:"rss_mb"`
}

func (s *session) report(asJSON bool, figures []figure) error {
	if asJSON {
		lines := json.NewEncoder(s.streams.Out)
		for _, f := range figures {
			if err := lines.Encode(f); err != nil {
				return err
			}
		}
		return nil
	}
	s.printf("%-34s %12s %-10s %9s %9s %9s %12s %7s %8s\n", "figure", "rate", "unit", "p50 ms", "p95 ms", "p99 ms", "limit", "ratio", "rss MB")
	for _, f := range figures {
		s.printf("%-34s %12.0f %-10s %9.2f %9.2f %9.2f %12.0f %7.2f %8.0f\n", f.Name, f.Rate, f.Unit, f.P50, f.P95, f.P99, f.LimitRate, f.Ratio, f.RSS)
	}
	return nil
}

// beside fills in the limit, and how near to it we are.
func (f figure) beside(limit measured) figure {
	f.LimitRate, f.Ratio = limit.rate, f.Rate/limit.rate
	return f
}

// measured is what a piece of work came to.
type measured struct {
	rate     float64
	p50, p99 time.Duration
}

func (m measured) figure(name, unit string) figure {
	return figure{Name: name, Rate: m.rate, Unit: unit, P50: ms(m.p50), P99: ms(m.p99), RSS: residentMB()}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// measure runs work on every writer for a while. Each call counts for units, such as
// the facts of an append.
func measure(ctx context.Context, writers int, long time.Duration, units int, work func(ctx context.Context, writer, n int) error) (measured, error) {
	ctx, cancel := context.WithTimeout(ctx, long)
	defer cancel()
	var all sync.WaitGroup
	var first atomic.Pointer[error]
	took := make([][]time.Duration, writers)
	begun := time.Now()
	for w := range writers {
		all.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				at := time.Now()
				if err := work(context.WithoutCancel(ctx), w, n); err != nil {
					first.CompareAndSwap(nil, &err)
					cancel()
					return
				}
				took[w] = append(took[w], time.Since(at))
			}
		})
	}
	all.Wait()
	elapsed := time.Since(begun)
	if err := first.Load(); err != nil {
		return measured{}, *err
	}
	calls := slices.Concat(took...)
	slices.Sort(calls)
	if len(calls) == 0 {
		return measured{}, fmt.Errorf("nothing was done in %s", long)
	}
	return measured{
		rate: float64(len(calls)*units) / elapsed.Seconds(),
		p50:  calls[len(calls)/2], p99: calls[len(calls)*99/100],
	}, nil
}

// sideBySide measures ours and the limit in turns, so that a machine whose speed
// drifts is fair to both, and takes the mean rate and the worst tail of each.
func sideBySide(long time.Duration, ours, limit func(time.Duration) (measured, error)) (a, b measured, err error) {
	const turns = 3
	for range turns {
		for _, side := range []struct {
			sum *measured
			run func(time.Duration) (measured, error)
		}{{&b, limit}, {&a, ours}} {
			m, err := side.run(long / turns)
			if err != nil {
				return a, b, err
			}
			side.sum.rate += m.rate / turns
			side.sum.p50 = max(side.sum.p50, m.p50)
			side.sum.p99 = max(side.sum.p99, m.p99)
		}
	}
	return a, b, nil
}

// residentMB is the memory that this process holds; 0 where the system does not say.
func residentMB() float64 {
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(data))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.Atoi(fields[1])
	if err != nil {
		return 0
	}
	return float64(pages*os.Getpagesize()) / (1 << 20)
}

// benchLimits count every request, and refuse none.
const benchLimits = "read=60000000/min,write=60000000/min,search=60000000/min,bulk=60000000/min," +
	"org-read=60000000/min,org-write=60000000/min,org-search=60000000/min,org-bulk=60000000/min"

// bench runs work on a database made for it.
func (s *session) bench(f benchFlags, work func(context.Context, *benchRig) ([]figure, error)) error {
	return s.benchBy(f, MailConfig{}, work)
}

// benchBy is bench where mail goes out.
func (s *session) benchBy(f benchFlags, out MailConfig, work func(context.Context, *benchRig) ([]figure, error)) error {
	dir, err := os.MkdirTemp("", "canvass-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	cfg := Config{DataDir: dir, Postgres: s.cfg.Postgres, RedisURL: s.cfg.RedisURL, RateLimits: benchLimits, LogLevel: slog.LevelError, Mail: out, PublicURL: "https://canvass.example"}
	log := newLogger(s.streams.Err, slog.LevelError, formatText)
	if err := cfg.makeMasterKey(); err != nil {
		return err
	}
	server, err := postgres.Start(s, postgres.Config{Dir: cfg.file(postgresDir), Binaries: cfg.Postgres, Durable: true, Log: log})
	if err != nil {
		return err
	}
	defer func() { _ = server.Stop(context.WithoutCancel(s.Context)) }()
	if err := createDatabase(s, server.URL()); err != nil {
		return err
	}
	cfg.DatabaseURL = server.DatabaseURL(databaseName)
	if err := cfg.migrated(s, log); err != nil {
		return err
	}
	app, err := NewApp(s, cfg, log)
	if err != nil {
		return err
	}
	defer app.Close()
	plain, err := barePool(s, cfg.DatabaseURL, f.Writers)
	if err != nil {
		return err
	}
	defer plain.Close()
	figures, err := work(s, &benchRig{app: app, plain: plain, note: s.notef})
	if err != nil {
		return err
	}
	return s.report(f.JSON, figures)
}

// benchRig is what a bench works with: Canvass, and a pool for the machine's limit.
type benchRig struct {
	app   *App
	plain *pgxpool.Pool
	note  func(format string, args ...any)
}

func barePool(ctx context.Context, url string, conns int) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = int32(max(conns, 4)) //nolint:gosec // a handful
	return pgxpool.NewWithConfig(ctx, cfg)
}

// running keeps the store at work while do runs.
func (r *benchRig) running(ctx context.Context, do func() error) error {
	base, stop := context.WithCancel(ctx)
	var under sync.WaitGroup
	under.Go(func() { _ = r.app.keys.Run(base) })
	under.Go(func() { _ = r.app.store.Run(base) })
	defer under.Wait()
	defer stop()
	return do()
}
