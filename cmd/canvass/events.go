package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/canvass-hq/canvass/domain/access"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

type eventsCmd struct {
	Type   string `help:"Only facts of this type, such as lead.captured."`
	Stream string `help:"Only facts about this record (its id)."`
	From   int64  `help:"Begin with this position of the log." default:"1"`
	Follow bool   `help:"Go on with the facts that are yet to come."`
	Format string `help:"How they are shown." enum:"table,ndjson" default:"table"`
}

// Help implements kong's detailed help.
func (eventsCmd) Help() string {
	return "Speaks to CANVASS_URL with CANVASS_TOKEN, by default to the running dev server of DATA_DIR.\nExample: canvass events --type lead.captured --follow --format ndjson"
}

// Run implements the subcommand.
func (c eventsCmd) Run(s *session) error {
	if c.From < 1 {
		return errors.New("--from: positions begin at 1")
	}
	client, err := s.client()
	if err != nil {
		return err
	}
	query := url.Values{}
	for name, v := range map[string]string{"type": c.Type, "stream": c.Stream} {
		if v != "" {
			query.Set(name, v)
		}
	}
	show := table(s.streams.Out)
	if c.Format == "ndjson" {
		lines := json.NewEncoder(s.streams.Out)
		show = func(e projections.Event) error { return lines.Encode(e) }
	}
	if c.Follow {
		query.Set("from", strconv.FormatInt(c.From, 10))
		return client.Follow(s, query, show)
	}
	query.Set("after", strconv.FormatInt(c.From-1, 10))
	query.Set("limit", "1000")
	return client.Events(s, query, show)
}

func table(w io.Writer) func(projections.Event) error {
	const row = "%10v  %-20v  %-22v  %-36v  %7v  %-42v  %v\n"
	head := true
	return func(e projections.Event) error {
		if head {
			head = false
			if _, err := fmt.Fprintf(w, row, "POSITION", "RECORDED", "TYPE", "STREAM", "VERSION", "ACTOR", "DATA"); err != nil {
				return err
			}
		}
		_, err := fmt.Fprintf(w, row, e.Position, e.RecordedAt.Format(time.RFC3339), e.Type, e.Stream, e.Version, e.Actor, string(e.Data))
		return err
	}
}

// client speaks to CANVASS_URL with CANVASS_TOKEN, by default as an admin to the dev
// server that runs in DATA_DIR.
func (s *session) client() (*apphttp.Client, error) {
	base, token := s.cfg.URL, s.cfg.Token
	if base == "" {
		var at running
		data, err := os.ReadFile(s.cfg.file(serverFile))
		if err != nil || json.Unmarshal(data, &at) != nil {
			return nil, errors.New("no server: set CANVASS_URL, or start one with canvass dev (make run)")
		}
		base = at.URL
	}
	if token == "" {
		org, err := s.cfg.demo()
		if err != nil {
			return nil, err
		}
		if token, err = s.cfg.token(demoPrincipal(org, access.Admin), time.Hour); err != nil {
			return nil, err
		}
	}
	return apphttp.NewClient(base, token), nil
}

type eraseCmd struct {
	Lead string `help:"The lead's id." required:"" placeholder:"UUID"`
	Yes  bool   `help:"Do it: nothing brings the person's data back."`
}

// Help implements kong's detailed help.
func (eraseCmd) Help() string { return "Example: canvass erase --lead 0190... --yes" }

// Run implements the subcommand.
func (c eraseCmd) Run(s *session) error {
	if !c.Yes {
		return errors.New("an erasure cannot be undone: repeat with --yes")
	}
	client, err := s.client()
	if err != nil {
		return err
	}
	done, err := client.Post(s, "/v1/leads/"+url.PathEscape(c.Lead)+"/erase")
	if err != nil {
		return err
	}
	s.printf("erased: lead %s, position %d; its key is destroyed within moments\n", done.ID, done.Position)
	return nil
}
