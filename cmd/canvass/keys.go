package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/canvass-hq/canvass/eventstore"
)

type keysCmd struct {
	Init   keysInitCmd   `cmd:"" help:"Make DATA_DIR/master.key where there is no master key yet."`
	New    keysNewCmd    `cmd:"" help:"Print a new master key, for MASTER_KEY."`
	Rotate keysRotateCmd `cmd:"" help:"Wrap every key anew under the newest master key."`
}

type keysNewCmd struct{}

// Help implements kong's detailed help.
func (keysNewCmd) Help() string { return "Example: MASTER_KEY=1:$(canvass keys new) canvass serve" }

// Run implements the subcommand.
func (keysNewCmd) Run(s *session) error {
	s.printf("%s\n", eventstore.NewMasterKey())
	return nil
}

type keysInitCmd struct{}

// Help implements kong's detailed help.
func (keysInitCmd) Help() string {
	return "Does nothing where MASTER_KEY is set or the file is there. Example: DATA_DIR=/data canvass keys init"
}

// Run implements the subcommand.
func (keysInitCmd) Run(s *session) error { return s.cfg.makeMasterKey() }

type keysRotateCmd struct{}

// Help implements kong's detailed help.
func (keysRotateCmd) Help() string {
	return `With MASTER_KEY: set it to "2:<new>,1:<old>" everywhere, restart, run this, and then drop the old one.
With DATA_DIR/master.key: a new key is made, running servers pick it up by themselves, and the old one is dropped in the end.
Example: canvass keys rotate`
}

// Run implements the subcommand.
func (keysRotateCmd) Run(s *session) error {
	own := s.cfg.MasterKey == ""
	if own {
		if err := s.cfg.addMasterKey(); err != nil {
			return err
		}
	}
	return s.withApp(func(ctx context.Context, a *App) error {
		total := 0
		if err := a.keys.Rotate(ctx, func(done int) { total = done }); err != nil {
			return err
		}
		if own {
			if err := s.cfg.dropOldMasterKeys(); err != nil {
				return err
			}
		}
		s.printf("rotated: %d keys are wrapped by the newest master key\n", total)
		return nil
	})
}

// addMasterKey puts a new master key before those in DATA_DIR/master.key.
func (c Config) addMasterKey() error {
	text, err := c.masterKey()
	if err != nil {
		return err
	}
	top := 0
	for line := range strings.FieldsSeq(text) {
		number, _, found := strings.Cut(line, ":")
		n, err := strconv.Atoi(number)
		if !found || err != nil {
			return errors.New("DATA_DIR/master.key is not number:base64 in each line")
		}
		top = max(top, n)
	}
	return c.writeMasterKey(fmt.Sprintf("%d:%s\n%s", top+1, eventstore.NewMasterKey(), text))
}

func (c Config) dropOldMasterKeys() error {
	text, err := c.masterKey()
	if err != nil {
		return err
	}
	newest, _, _ := strings.Cut(text, "\n")
	return c.writeMasterKey(newest + "\n")
}

// writeMasterKey replaces the file whole: a key that is half written is lost.
func (c Config) writeMasterKey(text string) error {
	draft := c.file(masterKeyFile + ".new")
	f, err := os.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(draft, c.file(masterKeyFile))
}
