package main

import (
	"fmt"
	"net"
	"net/url"

	"github.com/getsentry/sentry-go"
	"github.com/google/uuid"
)

// operatorFaults are those of the settings that only operators see the effect of.
func (c Config) operatorFaults() (out []string) {
	if _, _, err := net.SplitHostPort(c.PrivateAddr); c.PrivateAddr != "" && err != nil {
		out = append(out, "PRIVATE_ADDR: is not host:port")
	}
	if id, err := uuid.Parse(c.OpsOrg); c.OpsOrg != "" && (err != nil || id.String() != c.OpsOrg) {
		out = append(out, "OPS_ORG: is not the id of an organization")
	}
	if c.LogFormat != formatText && c.LogFormat != formatJSON {
		out = append(out, "LOG_FORMAT: is neither text nor json")
	}
	if _, err := sentry.NewDsn(c.SentryDSN); c.SentryDSN != "" && err != nil {
		out = append(out, "SENTRY_DSN: is not the URL of a Sentry project (https://key@host/project)")
	}
	if u, err := url.Parse(c.TracesURL); c.TracesURL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		out = append(out, "OTEL_EXPORTER_OTLP_ENDPOINT: is not an http:// URL")
	}
	if c.TracesShare < 0 || c.TracesShare > 1 {
		out = append(out, "OTEL_TRACES_SAMPLER_ARG: is not between 0 and 1")
	}
	return out
}

// listenPrivate opens the address for operators; nil where none is set.
func listenPrivate(s *session, address string) (net.Listener, error) {
	if address == "" {
		return nil, nil //nolint:nilnil // no listener is what was asked for
	}
	l, err := (&net.ListenConfig{}).Listen(s, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("PRIVATE_ADDR %s cannot be listened on (set it to another): %w", address, err)
	}
	return l, nil
}

// devPrivateAddress is where dev listens for operators: this machine only, on any port,
// for several copies may run side by side.
const devPrivateAddress = "127.0.0.1:0"
