package http

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/exports"
	"github.com/canvass-hq/canvass/projections"
)

const (
	exportPage     = 1000             // leads that are held at once
	exportBuffer   = 64 << 10         // bytes that are written at once
	exportPatience = 60 * time.Second // for a client that does not read
)

// rowsTrailer stands behind a whole export: how many leads are in it.
const rowsTrailer = "Canvass-Rows"

var errClosing = errors.New("the server stops")

// export is one file on its way out.
type export struct {
	s      *Server
	p      access.Principal
	id     string
	chain  string // of causes: the command that began it
	format exports.Format
	sheet  exports.Sheet // of a CSV file
	ask    projections.LeadQuery
	page   projections.Page[projections.Lead]
	rows   int // that have been written
}

// answer writes the file. Only one whose end is recorded as whole is ended as HTTP has
// it; any other is cut off, which every client notices.
func (x *export) answer(c huma.Context) {
	ctx := c.Context()
	w, ok := c.BodyWriter().(http.ResponseWriter)
	if !ok {
		x.finish(ctx, false)
		panic(http.ErrAbortHandler)
	}
	control := http.NewResponseController(w)
	// The server stops to read when its time for a request is over, and would not notice
	// a client that leaves.
	_ = control.SetReadDeadline(time.Time{}) // a test's connection may know none
	kind := map[exports.Format]string{exports.CSV: "text/csv; charset=utf-8", exports.NDJSON: "application/x-ndjson"}[x.format]
	c.SetHeader("Content-Type", kind)
	c.SetHeader("Content-Disposition", `attachment; filename="leads.`+string(x.format)+`"`)
	c.SetHeader("Cache-Control", "no-store")
	c.SetHeader("Trailer", rowsTrailer)
	c.SetStatus(http.StatusOK)
	if asksHead(ctx) {
		return
	}
	err := x.write(ctx, &patient{w: w, control: control, now: x.s.now})
	if !x.finish(ctx, err == nil) || err != nil {
		x.s.log.InfoContext(ctx, "an export broke off", "request_id", requestID(ctx), "export", x.id, "rows", x.rows)
		panic(http.ErrAbortHandler)
	}
	w.Header().Set(rowsTrailer, strconv.Itoa(x.rows))
}

// write goes through the leads page by page, and no more than one is in memory.
func (x *export) write(ctx context.Context, to io.Writer) error {
	out := bufio.NewWriterSize(to, exportBuffer)
	line := x.lines(out)
	for {
		for i := range x.page.Items {
			x.rows++
			if err := line(&x.page.Items[i]); err != nil {
				return err
			}
		}
		if err := out.Flush(); err != nil || !x.page.More {
			return err
		}
		select {
		case <-x.s.closing:
			return errClosing
		default:
		}
		x.ask.After = x.ask.Place(x.page.Items[len(x.page.Items)-1])
		var err error
		if x.page, err = x.s.queries.LeadsBehind(ctx, x.p, x.ask); err != nil {
			return err
		}
	}
}

// lines writes a lead to the file; the header of a CSV file is written by then.
func (x *export) lines(out *bufio.Writer) func(*projections.Lead) error {
	if x.format == exports.NDJSON {
		encode := json.NewEncoder(out)
		encode.SetEscapeHTML(false) // as in every other answer
		return func(l *projections.Lead) error { return encode.Encode(l) }
	}
	var row bytes.Buffer
	rows := csv.NewWriter(&row)
	put := func(values []string) error {
		row.Reset()
		if len(values) == 1 && values[0] == "" { // else it would be a blank line, which nobody reads
			row.WriteString("\"\"\n")
		} else if err := rows.Write(values); err != nil {
			return err
		}
		rows.Flush()
		_, err := out.Write(row.Bytes())
		return err
	}
	_ = put(x.sheet.Header()) // an error stays with out
	return func(l *projections.Lead) error {
		return put(x.sheet.Row(&exports.Lead{
			Details: l.Details, ID: l.ID, Status: l.Status, Owner: l.Owner, Archived: l.Archived, CreatedAt: l.CreatedAt, UpdatedAt: l.UpdatedAt,
		}))
	}
}

// patient writes to a client as long as it reads.
type patient struct {
	w       http.ResponseWriter
	control *http.ResponseController
	now     domain.Clock
}

// Write implements io.Writer.
func (p *patient) Write(text []byte) (int, error) {
	_ = p.control.SetWriteDeadline(p.now().Add(exportPatience)) // a test's connection may know none
	n, err := p.w.Write(text)
	if err == nil {
		err = p.control.Flush()
	}
	return n, err
}
