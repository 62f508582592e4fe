package http

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
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

type (
	uploadInput struct {
		Conditions
		Name string `query:"name" maxLength:"200" doc:"Of the file"`
	}
	errorRowsInput struct{ ImportPath }
)

// uploads are raw routes: huma would hold a whole file in memory.
func (s *Server) uploads() {
	o := op(http.MethodPost, "/v1/imports", "uploadImport", "Bring a file of leads in: CSV with any delimiter, or NDJSON, up to 1 GB", refuses(
		errTooLarge, errFileBroke, imports.ErrEmpty, imports.ErrNoHeader, imports.ErrHeader, imports.ErrTooManyColumns, imports.ErrUnclosedQuote, imports.ErrRecordTooLong, imports.ErrJSONArray))
	o.Description = "The body is the file itself. GET /v1/imports/{id} says what its columns may mean; plan and commit it next."
	text := func(example string) *huma.MediaType { return textual("", example)[""] }
	o.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"text/csv": text("name,email\nAda Lovelace,ada@example.com\n"), "application/x-ndjson": text(`{"name":"Ada Lovelace","email":"ada@example.com"}` + "\n"),
		"application/octet-stream": text("name;email\nAda Lovelace;ada@example.com\n"),
	}}
	o.Responses = map[string]*huma.Response{"202": {
		Description: "It lies ready", Headers: receiptHeaders(),
		Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Ref: "#/components/schemas/Receipt"}}},
	}}
	raw(s, o, access.ImportLeads, s.upload)

	o = op(http.MethodGet, "/v1/imports/{id}/errors.csv", "downloadImportErrors", "Download the rows that cannot be taken, with their reasons, to be corrected and sent again", refuses(imports.ErrNotFound, imports.ErrGone, access.ErrMasked))
	o.Responses = map[string]*huma.Response{"200": {
		Description: "The file's own columns, and canvass_line and canvass_reason",
		Content:     textual("text/csv", "name,email,canvass_line,canvass_reason\nAda,ada@,2,email is not an address\n"),
	}}
	raw(s, o, access.ImportLeads, s.errorRows)
}

// upload keeps a file chunk by chunk as it comes, and then records it.
func (s *Server) upload(c echo.Context, in *uploadInput) error {
	ctx := c.Request().Context()
	p := principalOf(ctx)
	if kind, _, err := mime.ParseMediaType(c.Request().Header.Get("Content-Type")); err == nil && strings.HasPrefix(kind, "multipart/") {
		return &domain.Error{Kind: domain.Invalid, Code: "request.invalid", Message: "send the file itself as the body, not a form", Fields: values.Fault("Content-Type", "is a form")}
	}
	if err := in.opens(); err != nil {
		return err
	}
	name, faults := values.Line("name", in.Name, 200)
	if err := domain.Refuse(faults); err != nil {
		return err
	}
	id := commands.NewID()
	file, sum, err := s.keep(ctx, c, p.Org, id)
	if err == nil {
		err = s.recognise(ctx, p, &file)
	}
	file.Name = name
	var out *receiptOutput
	if err == nil {
		out, err = execute(ctx, s, in.Conditions, "uploadImport", "", []string{name, sum}, commands.UploadImport{ID: id, Uploaded: file})
	}
	// What was refused is not kept, nor what came in before under the same Idempotency-Key.
	if err != nil || out.Body.ID != id {
		if left := s.staging.Discard(context.WithoutCancel(ctx), p.Org, id); left != nil {
			s.log.WarnContext(ctx, "the chunks of a refused file stay for now", "request_id", requestID(ctx))
		}
	}
	if err != nil {
		return err
	}
	c.Response().Header().Set("Location", "/v1/imports/"+out.Body.ID)
	c.Response().Header().Set("ETag", out.ETag)
	c.Response().Header().Set("Canvass-Position", out.Position)
	return c.JSON(http.StatusAccepted, out.Body)
}

// keep reads the file to its end, a chunk at a time, and gives a hash of it too.
func (s *Server) keep(ctx context.Context, c echo.Context, org, id string) (imports.Uploaded, string, error) {
	control := http.NewResponseController(c.Response())
	chunk := make([]byte, projections.ChunkSize)
	var out imports.Uploaded
	sum := sha256.New()
	for {
		_ = control.SetReadDeadline(s.now().Add(uploadPatience)) // a test's connection may know none
		n, err := io.ReadFull(c.Request().Body, chunk)
		end := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !end {
			return out, "", errFileBroke
		}
		if out.Bytes += int64(n); out.Bytes > maxUpload {
			return out, "", errTooLarge
		}
		if out.Chunks == 0 {
			if err := look(&out, chunk[:n]); err != nil {
				return out, "", err
			}
		}
		if n > 0 {
			sum.Write(chunk[:n])
			if err := s.staging.Put(ctx, org, id, out.Chunks, chunk[:n]); err != nil {
				return out, "", err
			}
			out.Chunks++
		}
		if end {
			_ = control.SetWriteDeadline(s.now().Add(uploadPatience))
			return out, hex.EncodeToString(sum.Sum(nil)), nil
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
func (s *Server) errorRows(c echo.Context, in *errorRowsInput) error {
	ctx := c.Request().Context()
	p := principalOf(ctx)
	if p.Masked() {
		return access.ErrMasked
	}
	i, err := s.queries.Import(ctx, p, in.ID)
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
