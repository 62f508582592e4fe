package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// clusterMajor is the major version of the cluster in data; zero when there is
// none yet.
func clusterMajor(data string) (int, error) {
	raw, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("postgres: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		return 0, fmt.Errorf("postgres: version of the cluster in %s: %w", data, err)
	}
	return major, nil
}

// makeCluster makes the cluster of the directory. It is made aside and renamed,
// so that a crash half way never leaves something that looks like a cluster.
func (s *Server) makeCluster(ctx context.Context) error {
	// The password must be on disk before the cluster that only it opens.
	s.state.Password = newPassword()
	if err := s.state.write(s.config.Dir); err != nil {
		return err
	}
	passwords := filepath.Join(s.state.Socket, "password")
	if err := os.WriteFile(passwords, []byte(s.state.Password), 0o600); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	defer os.Remove(passwords)
	if err := s.account.own(passwords); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	fresh := s.data() + ".new"
	var err error
	for _, locale := range locales() {
		if err = s.initdb(ctx, fresh, passwords, locale); err == nil || !strings.Contains(err.Error(), "invalid locale") {
			break
		}
	}
	if err != nil {
		return err
	}
	if err := os.Remove(s.data()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("postgres: %s holds something that is no cluster: move it away: %w", s.data(), err)
	}
	if err := os.Rename(fresh, s.data()); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	return syncDir(s.config.Dir)
}

// locales are those that sort by code point, which no update of the system's C
// library reorders under an index; in the order of preference.
func locales() []string {
	if runtime.GOOS == "linux" {
		return []string{"C.UTF-8", "C"}
	}
	return []string{"C"}
}

func (s *Server) initdb(ctx context.Context, data, passwords, locale string) error {
	if err := os.RemoveAll(data); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	if err := os.Mkdir(data, 0o700); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	if err := s.account.own(data); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	arg, inherit, err := dataAccess(s.account, data)
	if err != nil {
		return err
	}
	if inherit != nil {
		defer inherit.Close()
	}
	args := []string{"-D", arg, "--username=" + admin, "--pwfile=" + passwords, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=" + locale}
	if !s.config.Durable {
		args = append(args, "--no-sync")
	}
	if _, err := runAs(ctx, s.account, inherit, filepath.Join(s.binaries, "initdb"), args...); err != nil {
		return fmt.Errorf("postgres: make the cluster: %w", err)
	}
	return nil
}

// adopt hands a cluster that root has copied here to the account.
func (s *Server) adopt() error {
	if owner, ok := ownerOf(s.data()); !s.account.dropped || !ok || owner == s.account.uid {
		return nil
	}
	err := filepath.WalkDir(s.data(), func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, int(s.account.uid), int(s.account.gid))
	})
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	return nil
}

func syncDir(dir string) error {
	file, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	return nil
}
