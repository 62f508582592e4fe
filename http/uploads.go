package http

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/values"
	"github.com/canvass-hq/canvass/projections"
)

// maxUpload is the longest file that is taken, in bytes.
const maxUpload = 1 << 30

// uploadPatience is how long a client may be silent in the middle of a file.
const uploadPatience = 60 * time.Second

var (
	errTooLarge  = &domain.Error{Kind: domain.Invalid, Code: "import.too_large", Message: "the file is larger than 1 GB"}
	errFileBroke = &domain.Error{Kind: domain.Malformed, Code: "import.broken_off", Message: "the file broke off before its end"}
)

// uploads are raw routes: huma would hold a whole file in memory.
func (s *Server) uploads() {
	s.echo.POST("/v1/imports", s.upload)
	s.echo.GET("/v1/imports/:id/errors.csv", s.errorRows)
	problem := map[string]*huma.MediaType{problemJSON: {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}}}
	refusal := &huma.Response{Description: "A refusal", Content: problem}
	s.api.OpenAPI().AddOperation(&huma.Operation{
		Method: http.MethodPost, Path: "/v1/imports", OperationID: "uploadImport", Summary: "Bring a file of leads in: CSV with any delimiter, or NDJSON, up to 1 GB",
		Description: fmt.Sprintf("The body is the file itself. The answer says what its columns may mean; plan and commit it next.\n\nNeeds the permission `%s`.", access.ImportLeads),
		Security:    []map[string][]string{{"bearer": {}}},
		Parameters:  []*huma.Param{{In: "query", Name: "name", Description: "Of the file", Schema: &huma.Schema{Type: "string"}}},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			"text/csv": {Schema: &huma.Schema{Type: "string"}}, "application/x-ndjson": {Schema: &huma.Schema{Type: "string"}}, "application/octet-stream": {Schema: &huma.Schema{Type: "string"}},
		}},
		Responses: map[string]*huma.Response{
			"202":     {Description: "It lies ready", Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Ref: "#/components/schemas/Receipt"}}}},
			"default": refusal,
		},
	})
	s.api.OpenAPI().AddOperation(&huma.Operation{
		Method: http.MethodGet, Path: "/v1/imports/{id}/errors.csv", OperationID: "downloadImportErrors",
		Summary:     "Download the rows that cannot be taken, with their reasons, to be corrected and sent again",
		Description: fmt.Sprintf("Needs the permission `%s`.", access.ImportLeads),
		Security:    []map[string][]string{{"bearer": {}}},
		Parameters:  []*huma.Param{{In: "path", Name: "id", Required: true, Schema: &huma.Schema{Type: "string", Format: "uuid"}}},
		Responses: map[string]*huma.Response{
			"200":     {Description: "The file's own columns, and canvass_line and canvass_reason", Content: map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: "string"}}}},
			"default": refusal,
		},
	})
}

// upload keeps a file chunk by chunk as it comes, and then records it.
func (s *Server) upload(c echo.Context) error {
	ctx := c.Request().Context()
	p := principalOf(ctx)
	if err := p.Allows(access.ImportLeads); err != nil {
		return err
	}
	if kind, _, err := mime.ParseMediaType(c.Request().Header.Get("Content-Type")); err == nil && strings.HasPrefix(kind, "multipart/") {
		return &domain.Error{Kind: domain.Invalid, Code: "request.invalid", Message: "send the file itself as the body, not a form", Fields: values.Fault("Content-Type", "is a form")}
	}
	name, faults := values.Line("name", c.QueryParam("name"), 200)
	for q := range c.QueryParams() {
		if q != "name" {
			faults = append(faults, values.Fault(q, "is no parameter of an upload")...)
		}
	}
	if err := domain.Refuse(faults); err != nil {
		return err
	}
	id := commands.NewID()
	file, err := s.keep(ctx, c, p.Org, id)
	if err == nil {
		err = s.recognise(ctx, p, &file)
	}
	if err == nil {
		file.Name = name
		var receipt domain.Receipt
		receipt, err = commands.Execute(ctx, s.run, commands.Call{Principal: p, ID: commands.NewID(), RequestID: requestID(ctx)}, commands.UploadImport{ID: id, Uploaded: file})
		if err == nil {
			s.writes.note(p, receipt.Position)
			c.Response().Header().Set("Location", "/v1/imports/"+id)
			c.Response().Header().Set("ETag", etag(receipt.Version))
			c.Response().Header().Set("Canvass-Position", strconv.FormatInt(receipt.Position, 10))
			return c.JSON(http.StatusAccepted, Receipt{ID: id, Version: receipt.Version, Position: receipt.Position})
		}
	}
	if left := s.staging.Discard(context.WithoutCancel(ctx), p.Org, id); left != nil {
		s.log.WarnContext(ctx, "the chunks of a refused file stay for now", "request_id", requestID(ctx))
	}
	return err
}

// keep reads the file to its end, a chunk at a time.
func (s *Server) keep(ctx context.Context, c echo.Context, org, id string) (imports.Uploaded, error) {
	control := http.NewResponseController(c.Response())
	chunk := make([]byte, projections.ChunkSize)
	var out imports.Uploaded
	for {
		_ = control.SetReadDeadline(s.now().Add(uploadPatience)) // a test's connection may know none
		n, err := io.ReadFull(c.Request().Body, chunk)
		end := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !end {
			return out, errFileBroke
		}
		if out.Bytes += int64(n); out.Bytes > maxUpload {
			return out, errTooLarge
		}
		if out.Chunks == 0 {
			if err := look(&out, chunk[:n]); err != nil {
				return out, err
			}
		}
		if n > 0 {
			if err := s.staging.Put(ctx, org, id, out.Chunks, chunk[:n]); err != nil {
				return out, err
			}
			out.Chunks++
		}
		if end {
			_ = control.SetWriteDeadline(s.now().Add(uploadPatience))
			return out, nil
		}
	}
}

// samples is how many rows the meaning of columns is judged by.
const samples = 500

// look judges what a file is by its first chunk.
func look(u *imports.Uploaded, head []byte) error {
	r, err := imports.Open(bytes.NewReader(head))
	if err != nil {
		return err
	}
	u.Format, u.Encoding, u.Columns = r.Format(), r.Encoding(), imports.Propose(r.Header(), sampled(r))
	return nil
}

// sampled gives the first rows of a file, up to its end or that of the chunk: planning
// says which it was.
func sampled(r *imports.Reader) (rows [][]string) {
	for len(rows) < samples {
		row, err := r.Next()
		if err != nil {
			return rows
		}
		if row.Fault == nil {
			rows = append(rows, row.Values)
		}
	}
	return rows
}

// errorRows writes the rows of a file that cannot be taken, as they are in the file.
func (s *Server) errorRows(c echo.Context) error {
	ctx := c.Request().Context()
	p := principalOf(ctx)
	if err := p.Allows(access.ImportLeads); err != nil {
		return err
	}
	if p.Masked() {
		return access.ErrMasked
	}
	id := c.Param("id")
	i, err := s.queries.Import(ctx, p, id)
	if err != nil {
		return err
	}
	if i.Destroyed != "" {
		return imports.ErrGone
	}
	file, err := s.staging.File(ctx, p.Org, i.ID)
	if err != nil {
		return err
	}
	r, err := imports.Open(file)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Content-Type", "text/csv; charset=utf-8")
	c.Response().Header().Set("Content-Disposition", `attachment; filename="errors.csv"`)
	control := http.NewResponseController(c.Response())
	_ = control.SetReadDeadline(time.Time{}) // or the server would take the request for given up
	out := csv.NewWriter(bufio.NewWriterSize(&patient{w: c.Response(), control: control, now: s.now}, exportBuffer))
	if err := out.Write(append(defused(r.Header()), "canvass_line", "canvass_reason")); err != nil {
		return nil //nolint:nilerr // the client has gone
	}
	s.writeErrorRows(ctx, p, i.ID, r, out)
	return nil
}

// writeErrorRows goes through the file and the rows at fault side by side.
func (s *Server) writeErrorRows(ctx context.Context, p access.Principal, id string, r *imports.Reader, out *csv.Writer) {
	defer out.Flush()
	var wrong []projections.ImportRow
	for behind := 0; ; {
		row, err := r.Next()
		if err != nil {
			return // the end, or what planning has told of
		}
		if len(wrong) == 0 {
			if wrong, err = s.queries.ImportFaults(ctx, p, id, behind, samples); err != nil || len(wrong) == 0 {
				return // the answer has begun
			}
			behind = wrong[len(wrong)-1].Line
		}
		if wrong[0].Line != row.Line {
			continue
		}
		if err := out.Write(append(defused(row.Values), strconv.Itoa(row.Line), inWords(wrong[0].Reasons))); err != nil {
			return // the client has gone
		}
		wrong = wrong[1:]
	}
}

// defused is a row of a file as a spreadsheet may open it, and as an import reads it
// again as what it was.
func defused(row []string) []string {
	out := make([]string, len(row), len(row)+2)
	for i, v := range row {
		out[i] = values.Defused(values.Undefused(v))
	}
	return out
}

func inWords(reasons []imports.Reason) string {
	why := make([]string, len(reasons))
	for i, r := range reasons {
		why[i] = strings.TrimSpace(r.Field + " " + r.Message)
	}
	return strings.Join(why, "; ")
}
