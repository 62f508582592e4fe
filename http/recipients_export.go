package http

import (
	"context"
	"encoding/csv"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/domain/values"
	"github.com/canvass-hq/canvass/projections"
)

type exportRecipientsInput struct {
	CampaignPath
	Phase string `query:"phase" enum:"queued,skipped,dispatched,deferred,in_doubt,failed,sent,delivered,bounced,complained" doc:"Those of this phase alone"`
}

// exportedPage is how many recipients are in memory at a time.
const exportedPage = 1_000

// ledgerColumns is the header of the file.
func ledgerColumns() []string {
	return []string{"lead", "name", "email", "phase", "reason", "dispatched_at", "attempts", "provider", "message_id", "failure", "bounce", "unsubscribed_at"}
}

// recipientsExport documents the file, which is no huma operation: huma buffers.
func (s *Server) recipientsExport() {
	o := op(http.MethodGet, "/v1/campaigns/{id}/recipients/export", "exportRecipients", "Take the ledger of a campaign out as a file (CSV), without formulas", refuses(campaign.ErrNotFound))
	o.Description = "The answer is written as the ledger is read; one that breaks off is cut without its end."
	o.Responses = map[string]*huma.Response{"200": {Description: "One line for each person", Content: textual("text/csv", "lead,name,email,phase\n"+exampleID+",Ada Lovelace,ada@people.example,delivered\n")}}
	raw(s, o, access.ExportLeads, s.exportRecipients)
}

func (s *Server) exportRecipients(c echo.Context, in *exportRecipientsInput) error {
	ctx := c.Request().Context()
	p := principalOf(ctx)
	if _, err := s.queries.Campaign(ctx, p, in.ID); err != nil {
		return err
	}
	return s.writeCSV(c, "recipients", func(out *csv.Writer) error { return s.writeLedger(ctx, p, in, out) })
}

// writeCSV answers with a file that is written as it is read; one that breaks off is cut
// without its end.
func (s *Server) writeCSV(c echo.Context, name string, write func(*csv.Writer) error) error {
	ctx, h, control := c.Request().Context(), c.Response().Header(), http.NewResponseController(c.Response())
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	h.Set("Cache-Control", "no-store")
	_ = control.SetReadDeadline(time.Time{}) // or the server would take the request for given up
	if asksHead(ctx) {
		return c.NoContent(http.StatusOK)
	}
	if err := write(csv.NewWriter(&patient{w: c.Response(), control: control, now: s.now})); err != nil {
		s.log.InfoContext(ctx, "a file broke off", "file", name, "request_id", requestID(ctx))
		panic(http.ErrAbortHandler)
	}
	return nil
}

// writeLedger goes through the recipients page by page.
func (s *Server) writeLedger(ctx context.Context, p access.Principal, in *exportRecipientsInput, out *csv.Writer) error {
	if err := out.Write(ledgerColumns()); err != nil {
		return err
	}
	for ask := (projections.RecipientQuery{Phase: enrollment.Phase(in.Phase), Limit: exportedPage}); ; {
		page, err := s.queries.RecipientPage(ctx, p, in.ID, ask)
		if err != nil {
			return err
		}
		for _, r := range page.Items {
			if err := out.Write(ledgerLine(r)); err != nil {
				return err
			}
			ask.After = r.Place()
		}
		s.audit.rows(ctx, len(page.Items))
		if out.Flush(); out.Error() != nil || !page.More {
			return out.Error()
		}
		select {
		case <-s.closing:
			return errClosing
		default:
		}
	}
}

func ledgerLine(r projections.Recipient) []string {
	at := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	failure, bounce := "", ""
	if r.Failure != nil {
		failure = string(r.Failure.Class)
		if r.Failure.Code != 0 {
			failure += " " + strconv.Itoa(r.Failure.Code)
		}
	}
	for _, told := range r.Reports {
		if told.Kind == enrollment.Bounced {
			bounce = string(told.Bounce)
		}
	}
	return []string{
		r.Lead, values.Defused(r.Name), values.Defused(r.Email), string(r.Phase), string(r.Reason), at(r.Dispatched), strconv.Itoa(r.Attempts), r.Provider, r.MessageID, failure, bounce, at(r.Unsubscribed),
	}
}
