package main

import (
	"fmt"
	"net"
)

// operatorFaults are those of the settings that only operators see the effect of.
func (c Config) operatorFaults() (out []string) {
	if _, _, err := net.SplitHostPort(c.PrivateAddr); c.PrivateAddr != "" && err != nil {
		out = append(out, "PRIVATE_ADDR: is not host:port")
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
