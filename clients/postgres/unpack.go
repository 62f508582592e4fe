package postgres

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// unpack makes the tree of an npm archive with the links and modes that npm
// archives cannot hold. The programs are public: every user may read them,
// whatever the umask says.
func unpack(archive, tree string) error {
	file, err := os.Open(archive)
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		return fmt.Errorf("postgres: unpack %s: %w", filepath.Base(archive), err)
	}
	if err := os.Mkdir(tree, 0o755); err != nil { //nolint:gosec // public programs
		return fmt.Errorf("postgres: %w", err)
	}
	root, err := os.OpenRoot(tree) // nothing in the archive can reach outside
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	defer root.Close()
	entries := tar.NewReader(plain)
	for {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil && header.Typeflag == tar.TypeReg {
			err = unpackFile(root, strings.TrimPrefix(header.Name, "package/"), entries)
		}
		if err != nil {
			return fmt.Errorf("postgres: unpack %s: %w", filepath.Base(archive), err)
		}
	}
	if err := restoreLinks(root); err != nil {
		return fmt.Errorf("postgres: unpack %s: %w", filepath.Base(archive), err)
	}
	return openToAll(root)
}

func unpackFile(root *os.Root, name string, content io.Reader) error {
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	if path.Dir(name) == "native/bin" {
		mode = 0o755
	}
	file, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Chmod(mode), file.Close())
}

// restoreLinks does what the package's install script does: the shared
// libraries are looked up by the names of links, which the package only lists.
func restoreLinks(root *os.Root) error {
	raw, err := root.ReadFile("native/pg-symlinks.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var links []struct {
		Source string `json:"source"` // the file
		Target string `json:"target"` // the link's name
	}
	if err := json.Unmarshal(raw, &links); err != nil {
		return err
	}
	for _, link := range links {
		to, err := filepath.Rel(filepath.Dir(link.Target), link.Source)
		if err != nil {
			return err
		}
		if err := root.Symlink(to, link.Target); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

func openToAll(root *os.Root) error {
	err := fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		return root.Chmod(name, 0o755)
	})
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	return nil
}
