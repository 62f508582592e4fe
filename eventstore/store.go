package eventstore

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/canvass-hq/canvass/domain"
)

// Config is what the store stands on.
type Config struct {
	App      *pgxpool.Pool // role canvass_app: appends, and reads one organization at a time
	Worker   *pgxpool.Pool // role canvass_worker: reads the log in order, writes projections
	Vault    Vault         // the keys of what is sealed
	Registry *Registry     // every fact that there is
	Log      *slog.Logger
	Now      domain.Clock
	// OneDatabase says that the keys lie in the database of the log: the append then
	// keeps the keys of new subjects itself.
	OneDatabase bool
	// Appended, which may be nil, is told of every call to the log.
	Appended func(Appended)
}

// Store is the log on Postgres.
type Store struct {
	app, worker *pgxpool.Pool
	prepare     preparer
	opener      opener
	slog        *slog.Logger
	now         domain.Clock
	wake        *wake
	appended    func(Appended)
	pinned      sync.Map // organization -> log, for those that have a fact or a place

	mu        sync.Mutex
	appenders map[int16]*appender
	written   map[int16]*recent
	ctx       context.Context //nolint:containedctx // the life of the store, for the appenders that are started as logs are met
	running   sync.WaitGroup
}

// New opens the store and refuses a database role that could change the log. Run
// must be running for anything to be written.
func New(ctx context.Context, cfg Config) (*Store, error) {
	for _, pool := range []*pgxpool.Pool{cfg.App, cfg.Worker} {
		if err := refuseMighty(ctx, pool); err != nil {
			return nil, err
		}
	}
	s := &Store{
		app: cfg.App, worker: cfg.Worker, slog: cfg.Log, now: cfg.Now,
		prepare:   preparer{registry: cfg.Registry, vault: cfg.Vault},
		opener:    opener{cfg.Registry, cfg.Vault},
		wake:      newWake(),
		appended:  cfg.Appended,
		appenders: map[int16]*appender{},
		written:   map[int16]*recent{},
	}
	if cfg.OneDatabase {
		s.prepare.mint, _ = cfg.Vault.(minter)
	}
	return s, nil
}

// Run writes and listens until ctx ends; what is waiting then is still written.
func (s *Store) Run(ctx context.Context) error {
	s.mu.Lock()
	s.ctx = ctx
	for _, a := range s.appenders {
		s.start(a)
	}
	s.mu.Unlock()
	s.wake.run(ctx, s.worker, s.slog)
	s.running.Wait()
	return nil
}

func (s *Store) start(a *appender) {
	ctx := s.ctx
	s.running.Go(func() { a.run(ctx) })
}

// Append writes a commit, or says with a *domain.ConflictError what stands in its way.
func (s *Store) Append(ctx context.Context, c domain.Commit) (domain.Receipt, error) {
	log, err := s.logOf(ctx, c.Org)
	if err != nil {
		return domain.Receipt{}, err
	}
	receipt, err := s.write(ctx, log, s.prepare, c)
	if errors.Is(err, errUnsealed) { // somebody has made a key for its subject before
		asked := s.prepare
		asked.mint = nil
		receipt, err = s.write(ctx, log, asked, c)
	}
	if errors.Is(err, domain.ErrErased) { // a command that was carried out before is answered all the same
		_, done, failed := s.LoadMany(ctx, c.Org, nil, map[string][]byte{c.Command: c.Request})
		if first, ok := done[c.Command]; ok || failed != nil {
			return first, failed
		}
	}
	return receipt, err
}

func (s *Store) write(ctx context.Context, log int16, prepare preparer, c domain.Commit) (domain.Receipt, error) {
	p, err := prepare.prepare(ctx, c)
	if err == nil {
		err = p.turn(ctx)
	}
	if err != nil {
		return domain.Receipt{}, err
	}
	receipt, err := s.appender(log).append(ctx, p)
	if err == nil && !receipt.Replayed && len(p.minted) > 0 {
		prepare.mint.kept(p.minted)
	}
	return receipt, err
}

func (s *Store) appender(log int16) *appender {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.appenders[log]
	if !ok {
		a = &appender{log: log, pool: s.app, queue: newQueue(), slog: s.slog, committed: s.committed(log), told: s.tell}
		s.appenders[log] = a
		if s.ctx != nil {
			s.start(a)
		}
	}
	return a
}

// recent is what this process has just written to a log; the lock is held.
func (s *Store) recent(log int16) *recent {
	if s.written[log] == nil {
		s.written[log] = &recent{}
	}
	return s.written[log]
}

// committed hands on what was written, before anybody is woken for it.
func (s *Store) committed(log int16) func([]writtenCommit) {
	written := s.recent(log)
	return func(commits []writtenCommit) {
		written.add(commits, s.now())
		s.wake.committed()
	}
}

// justWritten gives facts behind a position that this process itself has just written;
// none when it does not have them.
func (s *Store) justWritten(log int16, after int64, limit int) []Recorded {
	s.mu.Lock()
	written := s.recent(log)
	s.mu.Unlock()
	return written.after(s.opener.registry, log, after, limit, s.now())
}

// logOf finds the log that the organization is pinned to. The pin never changes, so
// it is asked for once.
func (s *Store) logOf(ctx context.Context, org string) (int16, error) {
	if log, ok := s.pinned.Load(org); ok {
		return log.(int16), nil
	}
	id, err := parseID("the organization", org)
	if err != nil {
		return 0, err
	}
	log, pinned := DefaultLog, false
	b := ForOrg(org)
	b.Queue(`select log_id from es.tenants where tenant_id = $1`, id).QueryRow(func(r pgx.Row) error {
		err := r.Scan(&log)
		pinned = err == nil
		return ignoreNone(err)
	})
	if err := s.app.SendBatch(ctx, b).Close(); err != nil {
		return 0, unavailable("find the organization's log", err)
	}
	if pinned { // before its first fact it may still be given to another log
		s.pinned.Store(org, log)
	}
	return log, nil
}

// ForOrg begins a batch that sees one organization. A batch is one transaction and
// one round trip, and the setting ends with it, so that a pooled connection never
// keeps it.
func ForOrg(org string) *pgx.Batch {
	b := &pgx.Batch{}
	b.Queue(`select set_config('app.tenant', $1, true)`, org)
	return b
}

func ignoreNone(err error) error {
	if err == pgx.ErrNoRows { //nolint:errorlint // Row.Scan returns it bare
		return nil
	}
	return err
}

// Find looks up who holds claims; those that nobody holds are left out.
func (s *Store) Find(ctx context.Context, org string, claims []domain.Claim) (map[domain.Claim]string, error) {
	id, err := parseID("the organization", org)
	if err != nil {
		return nil, err
	}
	index, err := s.prepare.vault.Index(ctx, org)
	if err != nil {
		return nil, err
	}
	scopes, hashes := make([]string, len(claims)), make([][]byte, len(claims))
	for i, c := range claims {
		scopes[i], hashes[i] = c.Scope, claimHash(index, c)
	}
	out := map[domain.Claim]string{}
	b := ForOrg(org)
	b.Queue(`select u.o, c.stream_id from unnest($2::text[], $3::bytea[]) with ordinality u(s, h, o)
		cross join lateral (select * from es.claims x where x.tenant_id = $1 and x.scope = u.s and x.hash = u.h limit 1) c`, id, scopes, hashes).Query(func(rows pgx.Rows) error {
		var at int
		var stream string
		_, err := pgx.ForEachRow(rows, []any{&at, &stream}, func() error {
			out[claims[at-1]] = stream
			return nil
		})
		return err
	})
	return out, unavailable("find claims", s.app.SendBatch(ctx, b).Close())
}
