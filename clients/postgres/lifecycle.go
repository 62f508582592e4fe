package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	readyPatience = 30 * time.Second
	quitPatience  = 5 * time.Second
)

// errUnready says that the server exited instead of accepting connections.
var errUnready = errors.New("postgres: the server does not start")

// up launches the server and waits until it answers. The children of a killed
// server hold on to its memory for a moment, and a new one refuses to start
// until they are gone, so it is tried again.
func (s *Server) up(ctx context.Context) error {
	var last error
	err := until(ctx, orphanPatience, func() bool {
		p, err := s.launch(ctx)
		if err != nil {
			last = err
			return true
		}
		s.current.Store(p)
		last = s.ready(ctx, p)
		return !errors.Is(last, errUnready) || !strings.Contains(last.Error(), "still in use")
	})
	if last != nil || err != nil {
		return errors.Join(last, err)
	}
	p := s.current.Load()
	running := s.state
	running.PID = p.pid
	if err := running.write(s.config.Dir); err != nil {
		return err
	}
	s.config.Log.Info("postgres runs", "dir", s.config.Dir, "binaries", s.binaries, "user", s.account.name, "pid", p.pid)
	return nil
}

// ready waits until the server accepts connections. While it says that it is
// starting up, which after a crash may take minutes, it is given more time.
func (s *Server) ready(ctx context.Context, p *process) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	silence := time.NewTimer(readyPatience)
	defer silence.Stop()
	for {
		err := s.answer(ctx)
		if err == nil {
			return nil
		}
		if refusal, ok := errors.AsType[*pgconn.PgError](err); ok {
			if refusal.Code != startingUp {
				return fmt.Errorf("postgres: the server refuses its administrator: %w", err)
			}
			silence.Reset(readyPatience)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("postgres: wait for the server: %w", ctx.Err())
		case <-p.done:
			return fmt.Errorf("%w: %s", errUnready, p.said())
		case <-silence.C:
			return fmt.Errorf("postgres: the server does not answer after %s: %s", readyPatience, p.said())
		case <-tick.C:
		}
	}
}

const startingUp = "57P03" // cannot_connect_now

func (s *Server) answer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return ping(ctx, s.URL())
}

// down ends the server and gives the directory back.
func (s *Server) down(ctx context.Context, patience time.Duration) error {
	if s.lock == nil {
		return nil
	}
	if err := s.quit(ctx, patience); err != nil {
		return err // it still runs, so the directory is still ours
	}
	socket := s.state.Socket
	left := state{Password: s.state.Password}
	err := errors.Join(removeSocketDir(socket), left.write(s.config.Dir), s.release())
	s.config.Log.Info("postgres has stopped", "dir", s.config.Dir)
	return err
}

// quit ends the server's main process, each time with less courtesy.
func (s *Server) quit(ctx context.Context, patience time.Duration) error {
	p := s.current.Load()
	if p == nil {
		return nil
	}
	for _, step := range []struct {
		signal   syscall.Signal
		patience time.Duration
		ctx      context.Context
	}{
		{syscall.SIGINT, patience, ctx},                             // fast: roll back, disconnect, write a checkpoint
		{syscall.SIGQUIT, quitPatience, context.WithoutCancel(ctx)}, // immediate: the next start recovers
		{syscall.SIGKILL, quitPatience, context.WithoutCancel(ctx)},
	} {
		if err := p.signal(step.signal); err != nil {
			return err
		}
		if waitFor(step.ctx, p.done, step.patience) {
			return nil
		}
	}
	return fmt.Errorf("postgres: the server (pid %d) does not stop", p.pid)
}

func waitFor(ctx context.Context, done <-chan struct{}, patience time.Duration) bool {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	case <-limit.C:
		return false
	}
}

// release lets another process have the directory.
func (s *Server) release() error {
	if s.lock == nil {
		return nil
	}
	err := s.lock.Close()
	s.lock = nil
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	return nil
}
