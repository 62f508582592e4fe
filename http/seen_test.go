package http_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	apphttp "github.com/canvass-hq/canvass/http"
)

// seen is every status that the run has seen.
var seen statuses //nolint:gochecknoglobals // one record for the whole run

type statuses struct {
	mu  sync.Mutex
	all map[sighting]bool
}

type sighting struct {
	method, path string
	status       int
}

func (s *statuses) note(method, path string, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[sighting]bool{}
	}
	s.all[sighting{method, template(path), status}] = true
}

// template is the route of a path.
func template(path string) string {
	parts := strings.Split(path, "/")
	if len(parts) > 3 && parts[1] == "v1" && parts[2] == "leads" && parts[3] != "export" {
		parts[3] = "{id}"
	}
	return strings.Join(parts, "/")
}

// description is as much of an OpenAPI document as the tests look at.
type description struct {
	OpenAPI string `json:"openapi"`
	Paths   map[string]map[string]struct {
		OperationID string         `json:"operationId"`
		Summary     string         `json:"summary"`
		Description string         `json:"description"`
		Responses   map[string]any `json:"responses"`
	} `json:"paths"`
}

func describe(log *slog.Logger) (d description, raw []byte, err error) {
	key, err := apphttp.NewIssuerKey()
	if err != nil {
		return d, nil, err
	}
	issuer, err := apphttp.OpenIssuer(key)
	if err != nil {
		return d, nil, err
	}
	raw, err = apphttp.NewServer(apphttp.Config{Issuer: issuer, Version: "1", Now: time.Now, Log: log}).OpenAPI()
	if err != nil {
		return d, nil, err
	}
	return d, raw, json.Unmarshal(raw, &d)
}

// undocumented lists what operations answered with that their description does not say.
func (s *statuses) undocumented() (out []string) {
	d, _, err := describe(logged.logger())
	if err != nil {
		return []string{"the description cannot be read: " + err.Error()}
	}
	for at := range s.all {
		operation, ok := d.Paths[at.path][strings.ToLower(at.method)]
		if !ok {
			continue
		}
		if _, said := operation.Responses[strconv.Itoa(at.status)]; said || operation.Responses["default"] != nil {
			continue
		}
		out = append(out, fmt.Sprintf("%s %s answered %d, which its description does not say", at.method, at.path, at.status))
	}
	slices.Sort(out)
	return out
}

func TestTemplate(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/v1/leads": "/v1/leads", "/v1/leads/0190/archive": "/v1/leads/{id}/archive", "/v1/events/stream": "/v1/events/stream",
	} {
		if got := template(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
