package http

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

// Export takes leads out and writes the file as it comes. It gives how many there are,
// or an error when the file broke off before its end.
func (c *Client) Export(ctx context.Context, query url.Values, to io.Writer) (rows int, err error) {
	res, err := c.do(ctx, http.MethodGet, "/v1/leads/export", query, nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.Copy(to, res.Body); err != nil {
		return 0, fmt.Errorf("the export broke off before its end: %w", err)
	}
	rows, err = strconv.Atoi(res.Trailer.Get(rowsTrailer))
	if err != nil {
		return 0, fmt.Errorf("the export broke off before its end: it does not say how many leads it holds (%s)", rowsTrailer)
	}
	return rows, nil
}

// ExportSuppressions takes all suppressions out and writes the file as it comes.
func (c *Client) ExportSuppressions(ctx context.Context, to io.Writer) error {
	res, err := c.bodied(ctx, http.MethodGet, "/v1/suppressions/export", nil, nil, nil)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.Copy(to, res.Body); err != nil {
		return fmt.Errorf("the export broke off before its end: %w", err)
	}
	return nil
}

// ImportSuppressions brings a file of suppressions in.
func (c *Client) ImportSuppressions(ctx context.Context, query url.Values, file io.Reader) (SuppressionsImported, error) {
	var out SuppressionsImported
	err := c.send(ctx, http.MethodPost, "/v1/suppressions/import", query, "text/csv", file, &out)
	return out, err
}
