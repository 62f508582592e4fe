package main

import (
	"errors"
	"fmt"
	"io"
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
	return s.into(c.Out, func(to io.Writer) (string, error) {
		rows, err := client.Export(s, query, to)
		return fmt.Sprintf("%d leads", rows), err
	})
}

// into writes a file, which is there only when it is whole, or to the terminal where no path
// is given; what it holds is said in the end.
func (s *session) into(path string, write func(io.Writer) (string, error)) error {
	if path == "" {
		what, err := write(s.streams.Out)
		if err == nil {
			s.notef("%s\n", what)
		}
		return err
	}
	part := path + ".part"
	file, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	what, err := write(file)
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	if err := os.Rename(part, path); err != nil {
		return err
	}
	s.notef("%s in %s\n", what, path)
	return nil
}
