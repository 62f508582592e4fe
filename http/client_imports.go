package http

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"

	"github.com/canvass-hq/canvass/domain/mapping"
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

// MappingNamed gives the saved mapping of a name, or mapping.ErrNotFound.
func (c *Client) MappingNamed(ctx context.Context, name string) (projections.Mapping, error) {
	var out List[projections.Mapping]
	if err := c.send(ctx, http.MethodGet, "/v1/mappings", url.Values{"name": {name}}, "", nil, &out); err != nil {
		return projections.Mapping{}, err
	}
	if len(out.Items) != 1 {
		return projections.Mapping{}, mapping.ErrNotFound
	}
	return out.Items[0], nil
}

// Upload brings a file in, as it is read.
func (c *Client) Upload(ctx context.Context, name string, file io.Reader) (Receipt, error) {
	var out Receipt
	err := c.send(ctx, http.MethodPost, "/v1/imports", url.Values{"name": {name}}, "text/csv", file, &out)
	return out, err
}

// PlanImport asks what an import would do, by a saved mapping when its id is given.
func (c *Client) PlanImport(ctx context.Context, id, mapping string, o PlanOptions) (Receipt, error) {
	body, err := json.Marshal(struct {
		Mapping string      `json:"mapping,omitempty"`
		Options PlanOptions `json:"options"`
	}{mapping, o})
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
