package main

import (
	"context"
	"net"
	"strconv"
	"time"

	apphttp "github.com/canvass-hq/canvass/http"
)

type healthCmd struct {
	Live bool `help:"Ask only whether the process runs, not whether it should get traffic."`
}

// Help implements kong's detailed help.
func (healthCmd) Help() string {
	return "Asks the process of this machine: at PRIVATE_ADDR where it is set, else at PORT. Fails when it is not well.\nExample: canvass health --live"
}

const healthPatience = 4 * time.Second

// Run implements the subcommand.
func (c healthCmd) Run(s *session) error {
	path := "/health/ready"
	if c.Live {
		path = "/health/live"
	}
	ctx, cancel := context.WithTimeout(s, healthPatience)
	defer cancel()
	status, err := apphttp.NewClient(s.cfg.ownAddress(), "").Health(ctx, path)
	if err != nil {
		return err
	}
	s.printf("%s\n", status)
	return nil
}

// ownAddress is where a process of these settings tells how it is.
func (c Config) ownAddress() string {
	host, port, err := net.SplitHostPort(c.PrivateAddr)
	if err != nil {
		host, port = "", strconv.Itoa(c.Port)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}
