package http

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/suppression"
	"github.com/canvass-hq/canvass/projections"
)

const (
	maxSuppressionFile = 10 << 20 // bytes
	maxFaultsNamed     = 100
)

type importSuppressionsInput struct {
	Conditions
	Scope      string `query:"scope" maxLength:"60" doc:"Of lines that name none: all (when it is absent), purpose:NAME or campaign:ID"`
	Reason     string `query:"reason" enum:"requested,complained,bounced,manual,listed" doc:"Of lines that name none; listed when it is absent"`
	Note       string `query:"note" maxLength:"500" doc:"Of lines that have none"`
	SkipFaulty string `query:"skip_faulty" enum:"false,true" doc:"true: carry out the other lines when some are at fault; otherwise nothing is done then"`
}

// SuppressionsImported answers for a file.
type SuppressionsImported struct {
	Addresses int            `json:"addresses" doc:"How many different addresses stood in the file: all of them are suppressed now"`
	Lines     int            `json:"lines" doc:"How many there were, without the header and blank ones"`
	Forgotten int            `json:"forgotten" doc:"Lines with an id and no address that are suppressed here already, and stay so"`
	Skipped   int            `json:"skipped" doc:"Lines that asked for nothing: an id without an address that is not suppressed here, or somebody who has not unsubscribed, of a file that says who has"`
	Faulty    int            `json:"faulty" doc:"Lines at fault, which were passed over (skip_faulty)"`
	Faults    []domain.Field `json:"faults,omitempty" doc:"The first 100 of their faults, by line and column"`
	Position  int64          `json:"position" doc:"Send it as Canvass-Min-Position to read what this has written; 0 when there was nothing to write"`
}

func (s *Server) suppressionImport() {
	o := op(http.MethodPost, "/v1/suppressions/import", "importSuppressions", "Bring in a file of addresses to which nothing is to be written (CSV, or one address on each line), up to 100,000 lines and 10 MB", refuses(
		suppression.ErrNoAddresses, suppression.ErrTooManyLines, suppression.ErrFaultyLines, imports.ErrEmpty, imports.ErrNoHeader, imports.ErrHeader, imports.ErrTooManyColumns, imports.ErrUnclosedQuote, imports.ErrRecordTooLong, imports.ErrJSONArray, domain.ErrForbidden))
	o.Description = "The body is the file itself, by exportSuppressions or by another system. All of it is read and judged before anything is done. It needs `" + string(access.SuppressMail) + "` as well."
	text := func(example string) *huma.MediaType { return textual("", example)[""] }
	o.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"text/csv":   text("Email Address,reason,scope\nada@people.example,unsubscribed,purpose:marketing\n"),
		"text/plain": text("ada@people.example\ngrace@people.example\n"),
	}}
	answer := s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[SuppressionsImported](), true, "")
	o.Responses = map[string]*huma.Response{"200": {
		Description: "It is done", Headers: map[string]*huma.Param{"Canvass-Position": {Schema: &huma.Schema{Type: huma.TypeString}}},
		Content: map[string]*huma.MediaType{"application/json": {Schema: answer}},
	}}
	raw(s, o, access.LiftSuppressions, s.importSuppressions)
}

func (s *Server) importSuppressions(c echo.Context, in *importSuppressionsInput) error {
	ctx := c.Request().Context()
	if err := principalOf(ctx).Allows(access.SuppressMail); err != nil {
		return err
	}
	if err := in.opens(); err != nil {
		return err
	}
	file, err := s.suppressionFile(c)
	if err != nil {
		return err
	}
	said := suppression.Said{Scope: scopeOf(in.Scope), Reason: suppression.Reason(cmp.Or(in.Reason, string(suppression.Listed))), Note: in.Note}
	list, err := s.judged(ctx, file, said)
	if err != nil {
		return err
	}
	if list.Faulty > 0 && in.SkipFaulty != "true" {
		refusal := *suppression.ErrFaultyLines
		refusal.Message = fmt.Sprintf("%d of %d %s", list.Faulty, list.Lines, refusal.Message)
		refusal.Fields = list.Faults
		return &refusal
	}
	if err := s.tellForgotten(ctx, list); err != nil {
		return err
	}
	sum := sha256.Sum256(file)
	if err := s.suppressAll(ctx, in.Conditions, []any{hex.EncodeToString(sum[:]), said, in.SkipFaulty == "true"}, list); err != nil {
		return err
	}
	_ = http.NewResponseController(c.Response()).SetWriteDeadline(s.now().Add(uploadPatience)) // a test's connection may know none
	c.Response().Header().Set("Canvass-Position", strconv.FormatInt(list.Position, 10))
	return c.JSON(http.StatusOK, list.SuppressionsImported)
}

// suppressionFile reads the body as long as something comes.
func (s *Server) suppressionFile(c echo.Context) ([]byte, error) {
	r, control := c.Request(), http.NewResponseController(c.Response())
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "text/csv" && kind != "text/plain" || r.Header.Get("Content-Encoding") != "" {
		return nil, problem(http.StatusUnsupportedMediaType, codeOf(http.StatusUnsupportedMediaType, ""), "the body is to be the file itself, as text/csv or text/plain and not compressed")
	}
	defer func() { _ = control.SetReadDeadline(time.Time{}) }() // or the server would take the request for given up
	file, err := io.ReadAll(&unhurried{r: http.MaxBytesReader(c.Response(), r.Body, maxSuppressionFile), control: control, now: s.now})
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return nil, problem(http.StatusRequestEntityTooLarge, codeOf(http.StatusRequestEntityTooLarge, ""), "a file of suppressions has up to 10 MB")
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, problem(http.StatusRequestTimeout, codeOf(http.StatusRequestTimeout, ""), "the body came too slowly")
	case err != nil:
		return nil, problem(http.StatusBadRequest, codeOf(http.StatusBadRequest, ""), "the body ended before its end, or is not framed as HTTP has it")
	}
	return file, nil
}

// unhurried reads from a client as long as it sends.
type unhurried struct {
	r       io.Reader
	control *http.ResponseController
	now     domain.Clock
}

// Read implements io.Reader.
func (u *unhurried) Read(p []byte) (int, error) {
	_ = u.control.SetReadDeadline(u.now().Add(uploadPatience)) // a test's connection may know none
	return u.r.Read(p)
}

// suppressionList is what a file asks for.
type suppressionList struct {
	SuppressionsImported

	cmds []commands.Command[suppression.Suppression, suppression.Event]
	ids  map[string][]suppression.Scope // of lines without an address
}

// judged reads all of a file and does nothing.
func (s *Server) judged(ctx context.Context, file []byte, said suppression.Said) (*suppressionList, error) {
	f, err := suppression.Open(bytes.NewReader(file), said)
	if err != nil {
		return nil, err
	}
	type asked struct {
		id     string
		scope  suppression.Scope
		reason suppression.Reason
	}
	list, addresses, seen := &suppressionList{ids: map[string][]suppression.Scope{}}, map[string]bool{}, map[asked]bool{}
	for {
		line, err := f.Next()
		if errors.Is(err, io.EOF) {
			list.Lines, list.Addresses = f.Lines(), len(addresses)
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		switch {
		case line.Faults != nil:
			list.Faulty++
			list.Faults = append(list.Faults, line.Faults[:min(len(line.Faults), maxFaultsNamed-len(list.Faults))]...)
			continue
		case line.ID != "":
			list.ids[line.ID] = append(list.ids[line.ID], line.Scope)
		case line.Added == nil:
			list.Skipped++
		}
		for _, a := range line.Added {
			id, err := s.suppressionOf(ctx, a.Email)
			if err != nil {
				return nil, err
			}
			addresses[id] = true
			if key := (asked{id, a.Scope, a.Reason}); !seen[key] {
				seen[key] = true
				list.cmds = append(list.cmds, commands.Suppress{ID: id, Email: a.Email, Scope: a.Scope, Reason: a.Reason, By: suppression.ByMember, Note: a.Note})
			}
		}
	}
}

// tellForgotten counts the lines without an address: what they name is suppressed here, or
// they are of no use.
func (s *Server) tellForgotten(ctx context.Context, list *suppressionList) error {
	if len(list.ids) == 0 {
		return nil
	}
	if err := s.await(ctx, Freshness{}, projections.Suppressions()); err != nil {
		return err
	}
	all := make([]string, 0, len(list.ids))
	for id := range list.ids {
		all = append(all, id)
	}
	for part := range slices.Chunk(all, exportedPage) {
		held, err := s.queries.Suppressed(ctx, principalOf(ctx).Org, part)
		if err != nil {
			return err
		}
		for _, id := range part {
			for _, scope := range list.ids[id] {
				if _, there := held[id].Entries[scope]; there {
					list.Forgotten++
				} else {
					list.Skipped++
				}
			}
		}
	}
	return nil
}

// suppressAll carries a list out. Its first command is the one that Idempotency-Key is kept
// with: it knows the whole of what is asked, and the others only their addresses.
func (s *Server) suppressAll(ctx context.Context, c Conditions, asked any, list *suppressionList) error {
	call, err := s.call(ctx, c, "importSuppressions", "", asked)
	if err != nil || len(list.cmds) == 0 {
		return err
	}
	first, err := commands.Execute(ctx, s.run, call, list.cmds[0])
	if err != nil {
		return err
	}
	list.Position = first.Position
	results, err := commands.ExecuteMany(ctx, s.run, call, list.cmds[1:])
	for _, r := range results {
		if err == nil {
			err = r.Err
		}
		list.Position = max(list.Position, r.Receipt.Position)
	}
	if err == nil {
		s.writes.note(call.Principal, list.Position)
	}
	return err
}
