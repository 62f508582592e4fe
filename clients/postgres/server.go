package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Server is the private PostgreSQL server of one directory. Its methods may be
// called from several goroutines.
type Server struct {
	config   Config
	account  account
	binaries string

	turn    sync.Mutex // one start or stop at a time
	lock    *os.File   // nil when the directory is not ours
	state   state      // password and socket directory: fixed once open has returned
	current atomic.Pointer[process]
}

// Start runs the cluster of a directory, making it first when there is none,
// and returns when it accepts connections. It waits for a server that a killed
// process left behind, and recovers what that one had committed. It fails with
// [ErrBusy] when another process holds the directory. The context bounds the
// start only: the server runs until Stop.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	mode := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711 // the server's own user must pass through to its data
	}
	if err := os.MkdirAll(cfg.Dir, mode); err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	if cfg.Dir, err = filepath.EvalSymlinks(cfg.Dir); err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	s := &Server{config: cfg}
	s.turn.Lock()
	defer s.turn.Unlock()
	if s.lock, err = lockDir(cfg.Dir); err != nil {
		return nil, err
	}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.release())
	}
	if err := s.up(ctx); err != nil {
		return nil, errors.Join(err, s.down(ctx, 0))
	}
	return s, nil
}

// open finds out what is there: whose the cluster is, what runs it, and what
// the last process left behind.
func (s *Server) open(ctx context.Context) error {
	major, err := clusterMajor(s.data())
	if err != nil {
		return err
	}
	if s.account, err = serverAccount(s.data()); err != nil {
		return err
	}
	if s.state, err = readState(s.config.Dir); err != nil {
		return err
	}
	if major != 0 && s.state.Password == "" {
		return fmt.Errorf("postgres: %s, with the password of the cluster beside it, is missing: put it back, or move %s away", filepath.Join(s.config.Dir, stateFile), s.data())
	}
	find := finder{account: s.account, want: major, dir: s.config.Dir, notice: s.config.Notice}
	if s.binaries, err = find.find(ctx, s.config.Binaries); err != nil {
		return err
	}
	if err := endOrphan(ctx, s.data()); err != nil {
		return err
	}
	if s.state.Socket != "" {
		if err := removeSocketDir(s.state.Socket); err != nil {
			s.config.Log.Warn("an old socket directory stays", "error", err)
		}
	}
	s.state.Socket, err = makeSocketDir(s.account)
	if err != nil {
		return err
	}
	if major == 0 {
		err = s.makeCluster(ctx)
	} else {
		err = s.adopt()
	}
	if err != nil {
		return errors.Join(err, removeSocketDir(s.state.Socket))
	}
	return nil
}

// Restart runs the cluster again on the same data and with the same URL, after
// a Stop, a Kill or a crash; a server that still runs is stopped first.
func (s *Server) Restart(ctx context.Context) error {
	s.turn.Lock()
	defer s.turn.Unlock()
	if err := s.quit(ctx, stopPatience); err != nil {
		return err
	}
	if s.lock == nil {
		lock, err := lockDir(s.config.Dir)
		if err != nil {
			return err
		}
		s.lock = lock
	}
	err := endOrphan(ctx, s.data())
	if err == nil {
		err = remakeSocketDir(s.account, s.state.Socket)
	}
	if err != nil {
		return errors.Join(err, s.release())
	}
	if err := s.up(ctx); err != nil {
		return errors.Join(err, s.down(ctx, 0))
	}
	return nil
}

const stopPatience = 30 * time.Second

// Stop shuts the server down: open transactions are rolled back and connections
// closed. When that takes longer than 30 seconds, or the context ends, the
// server is made to quit, which loses nothing that a durable cluster has
// committed but makes the next start a recovery. Stopping a stopped server does nothing.
func (s *Server) Stop(ctx context.Context) error {
	s.turn.Lock()
	defer s.turn.Unlock()
	return s.down(ctx, stopPatience)
}

// Kill ends the server's main process with SIGKILL and returns when it is gone,
// as a crash would do: for tests of what comes after. The directory stays ours.
func (s *Server) Kill() error {
	s.turn.Lock()
	defer s.turn.Unlock()
	p := s.current.Load()
	if err := p.signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-p.done
	return nil
}

// Done is closed when the server has exited, for whatever reason. Each Restart
// makes a new one.
func (s *Server) Done() <-chan struct{} { return s.current.Load().done }

// URL is where the administrator connects; it stays the same for the life of
// the Server. It holds the password.
func (s *Server) URL() string { return s.DatabaseURL("postgres") }

// DatabaseURL is URL for another database of the cluster.
func (s *Server) DatabaseURL(db string) string { return s.state.url(db) }

// LogFile is where the server writes what a person may want to read when it
// does not start. It never holds what is stored in a table.
func (s *Server) LogFile() string { return filepath.Join(s.config.Dir, logFile) }

func (s *Server) data() string { return filepath.Join(s.config.Dir, dataDir) }
