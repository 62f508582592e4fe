package main

import (
	"errors"
	"net/url"
	"os"
)

type exportCmd struct {
	Format   string `help:"How leads are written." enum:"csv,ndjson" default:"csv"`
	Filter   string `help:"Only leads that it holds for, in the language of filters." placeholder:"FILTER"`
	Columns  string `help:"Of a CSV file, with commas between them." placeholder:"NAMES"`
	Archived string `help:"Whether archived leads are taken out." enum:"false,true,any" default:"false"`
	Out      string `help:"The file; the terminal when it is absent." placeholder:"FILE"`
}

// Help implements kong's detailed help.
func (exportCmd) Help() string {
	return `A CSV file can be brought in again as it is. A file is there only when it is whole; who took out what is recorded.
Example: canvass export --filter 'status eq customer' --out customers.csv`
}

// Run implements the subcommand.
func (c exportCmd) Run(s *session) error {
	client, err := s.client()
	if err != nil {
		return err
	}
	query := url.Values{}
	for name, v := range map[string]string{"format": c.Format, "filter": c.Filter, "columns": c.Columns, "archived": c.Archived} {
		if v != "" {
			query.Set(name, v)
		}
	}
	if c.Out == "" {
		rows, err := client.Export(s, query, s.streams.Out)
		if err == nil {
			s.notef("%d leads\n", rows)
		}
		return err
	}
	part := c.Out + ".part"
	file, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	rows, err := client.Export(s, query, file)
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	if err := os.Rename(part, c.Out); err != nil {
		return err
	}
	s.notef("%d leads in %s\n", rows, c.Out)
	return nil
}
