package http

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"

	"github.com/canvass-hq/canvass/projections"
)

// PlanOptions say how a file is taken in; what is empty is as the server has it.
type PlanOptions struct {
	Key         string   `json:"key,omitempty"`
	OnDuplicate string   `json:"on_duplicate,omitempty"`
	System      string   `json:"system,omitempty"`
	Source      string   `json:"source,omitempty"`
	Tags        []string `json:"tags,omitempty"`
}

// Upload brings a file in, as it is read.
func (c *Client) Upload(ctx context.Context, name string, file io.Reader) (Receipt, error) {
	var out Receipt
	err := c.send(ctx, http.MethodPost, "/v1/imports", url.Values{"name": {name}}, "text/csv", file, &out)
	return out, err
}

// PlanImport asks what an import would do.
func (c *Client) PlanImport(ctx context.Context, id string, o PlanOptions) (Receipt, error) {
	body, err := json.Marshal(map[string]PlanOptions{"options": o})
	if err != nil {
		return Receipt{}, err
	}
	var out Receipt
	err = c.send(ctx, http.MethodPost, "/v1/imports/"+url.PathEscape(id)+"/plan", nil, "application/json", bytes.NewReader(body), &out)
	return out, err
}

// Import shows an import.
func (c *Client) Import(ctx context.Context, id string) (projections.Import, error) {
	var out projections.Import
	err := c.send(ctx, http.MethodGet, "/v1/imports/"+url.PathEscape(id), nil, "", nil, &out)
	return out, err
}

// ImportRows shows the first rows of which one thing becomes.
func (c *Client) ImportRows(ctx context.Context, id, outcome string) (List[projections.ImportRow], error) {
	var out List[projections.ImportRow]
	err := c.send(ctx, http.MethodGet, "/v1/imports/"+url.PathEscape(id)+"/rows", url.Values{"outcome": {outcome}}, "", nil, &out)
	return out, err
}
