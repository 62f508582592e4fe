package main

import (
	"encoding/json"
	"io"
	"net/url"
	"os"
)

// heldCmd groups what is done with files of addresses.
type heldCmd struct {
	Import suppressionsImportCmd `cmd:"" help:"Bring in a file of addresses to which nothing is to be written."`
	Export suppressionsExportCmd `cmd:"" help:"Take them out as a CSV file."`
}

type suppressionsImportCmd struct {
	File       string `arg:"" help:"CSV with any delimiter, or one address on each line." type:"existingfile"`
	Scope      string `help:"Of lines that name none: all, purpose:NAME or campaign:ID." placeholder:"all"`
	Reason     string `help:"Of lines that name none." enum:",requested,complained,bounced,manual,listed" default:"" placeholder:"listed"`
	Note       string `help:"Of lines that have none." placeholder:"TEXT"`
	SkipFaulty bool   `help:"Carry out the other lines when some are at fault."`
	JSON       bool   `name:"json" help:"End with one JSON object."`
}

// Help implements kong's detailed help.
func (suppressionsImportCmd) Help() string {
	return `All of the file is judged before anything is done. It may be one that another system has written.
Example: canvass suppressions import unsubscribed.csv --reason requested`
}

// Run implements the subcommand.
func (c suppressionsImportCmd) Run(s *session) error {
	client, err := s.client()
	if err != nil {
		return err
	}
	file, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	query := url.Values{}
	for name, v := range map[string]string{"scope": c.Scope, "reason": c.Reason, "note": c.Note, "skip_faulty": map[bool]string{true: "true"}[c.SkipFaulty]} {
		if v != "" {
			query.Set(name, v)
		}
	}
	n, err := client.ImportSuppressions(s, query, file)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(s.streams.Out).Encode(n)
	}
	for _, f := range n.Faults {
		s.notef("%s %s\n", f.Name, f.Message)
	}
	s.printf("%d addresses are suppressed; of %d lines %d were faulty, %d skipped, %d forgotten\n", n.Addresses, n.Lines, n.Faulty, n.Skipped, n.Forgotten)
	return nil
}

type suppressionsExportCmd struct {
	File string `arg:"" optional:"" help:"The file; the terminal when it is absent."`
}

// Help implements kong's detailed help.
func (suppressionsExportCmd) Help() string {
	return `The file can be brought in again, also in another organization. It is there only when it is whole.
Example: canvass suppressions export suppressed.csv`
}

// Run implements the subcommand.
func (c suppressionsExportCmd) Run(s *session) error {
	client, err := s.client()
	if err != nil {
		return err
	}
	return s.into(c.File, func(to io.Writer) (string, error) {
		return "the suppressions", client.ExportSuppressions(s, to)
	})
}
