package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// apt installs the distribution's server on Debian and Ubuntu, which only root
// can do, and then takes its programs. No cluster of the system's own is made,
// so no second server is left running.
func (f finder) apt(ctx context.Context) (string, error) {
	aptGet, err := exec.LookPath("apt-get")
	if err != nil || os.Geteuid() != 0 {
		return "", errors.New("postgres: only root on Debian or Ubuntu can have the distribution's package installed")
	}
	f.notice("Installing PostgreSQL with apt-get (the distribution's package; no system server is started).")
	remove, err := withoutSystemCluster()
	if err != nil {
		return "", err
	}
	defer remove()
	pack := "postgresql"
	if f.want != 0 {
		pack = fmt.Sprintf("postgresql-%d", f.want)
	}
	for _, args := range [][]string{{"update"}, {"install", "-y", "--no-install-recommends", pack}} {
		cmd := exec.CommandContext(ctx, aptGet, args...) //nolint:gosec // the system's package tool, with our own arguments
		cmd.Env = append(cmd.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("postgres: apt-get %s: %w: %s", args[0], err, lastLines(out))
		}
	}
	return f.system(ctx)
}

// withoutSystemCluster tells the package, until remove is called, not to make a
// cluster when it is installed.
func withoutSystemCluster() (remove func(), err error) {
	dir := "/etc/postgresql-common/createcluster.d"
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // as the package makes it
		return nil, fmt.Errorf("postgres: %w", err)
	}
	file := filepath.Join(dir, "canvass.conf")
	if err := os.WriteFile(file, []byte("create_main_cluster = false\n"), 0o644); err != nil { //nolint:gosec // as the package has them
		return nil, fmt.Errorf("postgres: %w", err)
	}
	return func() { _ = os.Remove(file) }, nil
}
