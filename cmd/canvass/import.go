package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/mapping"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

type importCmd struct {
	File        string   `arg:"" help:"CSV with any delimiter, or NDJSON." type:"existingfile"`
	Yes         bool     `help:"Carry the plan out without asking."`
	JSON        bool     `name:"json" help:"End with one JSON object."`
	Key         string   `help:"By what a row and a lead are the same." enum:",email,external_id,phone,company_name" default:"" placeholder:"email"`
	OnDuplicate string   `help:"What becomes of a row whose lead is there." enum:",skip,fill,overwrite,create" default:"" placeholder:"skip"`
	Mapping     string   `help:"A saved mapping of columns, and its options where none are given." placeholder:"NAME"`
	System      string   `help:"Whose ids the column of ids holds." placeholder:"NAME"`
	Source      string   `help:"Of rows that name none." placeholder:"LABEL"`
	Tag         []string `help:"For every lead." placeholder:"TAG"`
}

// Help implements kong's detailed help.
func (importCmd) Help() string {
	return `Without --yes the plan is shown and nothing is changed until you agree.
Example: canvass import leads.csv --on-duplicate fill --tag fair-2026`
}

// imported is what the command ends with.
type imported struct {
	Import    string `json:"import"`
	Rows      int    `json:"rows"`
	Created   int    `json:"created"`
	Updated   int    `json:"updated"`
	Unchanged int    `json:"unchanged"`
	Skipped   int    `json:"skipped"`
	Errors    int    `json:"errors"`
	Position  int64  `json:"position"`
}

// Run implements the subcommand.
func (c importCmd) Run(s *session) error {
	client, err := s.client()
	if err != nil {
		return err
	}
	saved, err := c.saved(s, client)
	if err != nil {
		return err
	}
	file, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	size := int64(0)
	if info, err := file.Stat(); err == nil {
		size = info.Size()
	}
	show := newBars(s.streams.Err)
	defer show.done()
	up, err := client.Upload(s, filepath.Base(c.File), &counted{r: file, tell: func(n int64) { show.step("uploading", "bytes", n, size) }})
	if err != nil {
		return err
	}
	if _, err := client.PlanImport(s, up.ID, saved, apphttp.PlanOptions{Key: c.Key, OnDuplicate: c.OnDuplicate, System: c.System, Source: c.Source, Tags: c.Tag}); err != nil {
		return err
	}
	i, err := s.importStands(client, show, up.ID, imports.StatusPlanned)
	if err != nil {
		return err
	}
	show.done()
	if !c.JSON {
		s.showPlan(client, i)
	}
	if !c.Yes && !s.agreed() {
		return c.end(s, i, *i.Plan)
	}
	if _, err := client.Post(s, "/v1/imports/"+i.ID+"/commit"); err != nil {
		return err
	}
	if i, err = s.importStands(client, show, i.ID, imports.StatusCommitted); err != nil {
		return err
	}
	show.done()
	return c.end(s, i, i.Result.Counts)
}

// saved is the id of the mapping that is asked for, "" for none.
func (c importCmd) saved(s *session, client *apphttp.Client) (string, error) {
	if strings.TrimSpace(c.Mapping) == "" {
		return "", nil
	}
	m, err := client.MappingNamed(s, c.Mapping)
	if errors.Is(err, mapping.ErrNotFound) {
		return "", fmt.Errorf("there is no mapping with the name %q: GET /v1/mappings lists them", c.Mapping)
	}
	return m.ID, err
}

func (c importCmd) end(s *session, i projections.Import, n imports.Counts) error {
	done := imported{Import: i.ID, Rows: n.Rows, Unchanged: n.Unchanged, Skipped: n.Skip, Errors: n.Error + n.Refused, Position: i.Position}
	if i.Status == imports.StatusCommitted {
		done.Created, done.Updated = n.Create, n.Update
	}
	if c.JSON {
		return json.NewEncoder(s.streams.Out).Encode(done)
	}
	if i.Status != imports.StatusCommitted {
		s.printf("Nothing was changed. To carry the plan out: POST /v1/imports/%s/commit\n", i.ID)
		return nil
	}
	s.printf("%d created, %d updated, %d unchanged, %d skipped, %d not taken; %d companies. To take it back: POST /v1/imports/%s/undo\n",
		done.Created, done.Updated, done.Unchanged, done.Skipped, done.Errors, i.Result.Companies, i.ID)
	return nil
}

// importStands waits until an import stands there, and shows how far it is.
func (s *session) importStands(client *apphttp.Client, show *bars, id string, at imports.Status) (projections.Import, error) {
	for {
		i, err := client.Import(s, id)
		var refused *apphttp.Problem
		if err != nil && (!errors.As(err, &refused) || refused.Code != imports.ErrNotFound.Code) { // it is not shown yet
			return i, err
		}
		switch {
		case i.Status == at:
			return i, nil
		case i.Status == imports.StatusFailed:
			return i, fmt.Errorf("the file cannot be read: %s", i.Failure.Message)
		case i.Progress != nil:
			show.step(string(i.Status), "bytes", i.Progress.Bytes, i.File.Bytes)
		}
		select {
		case <-s.Done():
			return i, s.Err()
		case <-time.After(150 * time.Millisecond):
		}
	}
}

// showPlan says what the import would do.
func (s *session) showPlan(client *apphttp.Client, i projections.Import) {
	for _, c := range i.Columns {
		to := string(c.Field)
		if to == "" {
			to = "(left out: " + c.Why + ")"
		}
		s.printf("%-32s %s\n", c.Header, to)
	}
	p := i.Plan
	s.printf("\n%d rows: %d create, %d update, %d unchanged, %d skip, %d error, %d refused\n", p.Rows, p.Create, p.Update, p.Unchanged, p.Skip, p.Error, p.Refused)
	for _, outcome := range []imports.Outcome{imports.Error, imports.Refused} {
		page, err := client.ImportRows(s, i.ID, string(outcome))
		if err != nil {
			continue
		}
		for n, row := range page.Items {
			if n == 5 {
				s.printf("  ... all of them: GET /v1/imports/%s/errors.csv\n", i.ID)
				break
			}
			for _, r := range row.Reasons {
				s.printf("  line %d: %s %s\n", row.Line, r.Field, r.Message)
			}
		}
	}
}

// agreed asks on a terminal; elsewhere nobody agrees.
func (s *session) agreed() bool {
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return false
	}
	s.printf("Carry it out? [y/N] ")
	answer, _ := bufio.NewReader(os.Stdin).ReadString('\n')
	return strings.EqualFold(strings.TrimSpace(answer), "y")
}

// counted tells how much has been read.
type counted struct {
	r    io.Reader
	n    int64
	tell func(int64)
}

// Read implements io.Reader.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	c.tell(c.n)
	return n, err
}
