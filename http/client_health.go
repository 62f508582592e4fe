package http

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Health asks how a process is, and fails with the parts that are down.
func (c *Client) Health(ctx context.Context, path string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return "", err
	}
	res, err := c.http.Do(r)
	if err != nil {
		return "", fmt.Errorf("the process cannot be reached: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	var report healthReport
	if err := json.NewDecoder(res.Body).Decode(&report); err != nil {
		return "", fmt.Errorf("the answer cannot be read: %w", err)
	}
	if res.StatusCode == http.StatusOK {
		return report.Status, nil
	}
	var down []string
	for name, part := range report.Parts {
		if part.Status != "ok" {
			down = append(down, strings.TrimSuffix(name+": "+part.Detail, ": "))
		}
	}
	slices.Sort(down)
	return "", fmt.Errorf("it is %s (%s)", report.Status, strings.Join(down, "; "))
}
