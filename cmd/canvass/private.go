package main

import (
	"fmt"
	"net"

	"github.com/getsentry/sentry-go"
)

// operatorFaults are those of the settings that only operators see the effect of.
func (c Config) operatorFaults() (out []string) {
	if _, _, err := net.SplitHostPort(c.PrivateAddr); c.PrivateAddr != "" && err != nil {
		out = append(out, "PRIVATE_ADDR: is not host:port")
	}
	if c.LogFormat != formatText && c.LogFormat != formatJSON {
		out = append(out, "LOG_FORMAT: is neither text nor json")
	}
	if _, err := sentry.NewDsn(c.SentryDSN); c.SentryDSN != "" && err != nil {
		out = append(out, "SENTRY_DSN: is not the URL of a Sentry project (https://key@host/project)")
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
