package main

import (
	"fmt"
	"log/slog"
	"reflect"
	"runtime/debug"
	"strings"
	"time"

	"github.com/canvass-hq/canvass/domain/schema"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
	"github.com/canvass-hq/canvass/reactors"
)

type versionCmd struct{}

// Help implements kong's detailed help.
func (versionCmd) Help() string { return "Example: canvass version" }

// Run implements the subcommand.
func (versionCmd) Run(s *session) error {
	s.printf("canvass %s\n", version())
	return nil
}

// version is the release, as it was built.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}

type openAPICmd struct{}

// Help implements kong's detailed help.
func (openAPICmd) Help() string { return "Example: canvass openapi > docs/openapi.json" }

// Run implements the subcommand.
func (openAPICmd) Run(s *session) error {
	key, err := apphttp.NewIssuerKey()
	if err != nil {
		return err
	}
	issuer, err := apphttp.OpenIssuer(key)
	if err != nil {
		return err
	}
	description, err := apphttp.NewServer(apphttp.Config{Issuer: issuer, Version: "1", Now: time.Now, Log: slog.New(slog.DiscardHandler)}).OpenAPI()
	if err != nil {
		return err
	}
	s.printf("%s\n", description)
	return nil
}

type catalogCmd struct{}

// Help implements kong's detailed help.
func (catalogCmd) Help() string { return "Example: canvass catalogue > docs/events.md" }

// Run implements the subcommand.
func (catalogCmd) Run(s *session) error {
	s.printf("# Facts\n\nMade by `make generate` from the schemas in domain/. Names and versions never change once released.\nSealed values are ciphertext in the log under the key of the person they are about, and read null once that person is erased.\n\n")
	s.printf("| fact | version | values | sealed | public |\n|---|---|---|---|---|\n")
	for _, f := range schema.All() {
		s.printf("| `%s` | %d | %s | %s | %s |\n", f.Type, f.Version, strings.Join(values(f.Go), ", "), ticked(f.Sealed), yes(f.IsPublic))
	}
	s.printf("\n# Followers\n\nProjections: ")
	for i, p := range projections.All() {
		if i > 0 {
			s.printf(", ")
		}
		s.printf("`%s` (version %d)", p.Name, p.Version)
	}
	s.printf(". Reactors: ")
	for i, r := range reactors.All() {
		if i > 0 {
			s.printf(", ")
		}
		s.printf("`%s`", r.Name)
	}
	s.printf(". Relay: `relay`.\n")
	return nil
}

// values lists the JSON names of a fact's values.
func values(t reflect.Type) (out []string) {
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			out = append(out, values(f.Type)...)
		case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct:
			out = append(out, fmt.Sprintf("`%s: [{%s}]`", name, strings.ReplaceAll(strings.Join(values(f.Type.Elem()), ", "), "`", "")))
		default:
			out = append(out, "`"+name+"`")
		}
	}
	return out
}

func ticked(paths []string) string {
	if len(paths) == 0 {
		return "-"
	}
	return "`" + strings.Join(paths, "`, `") + "`"
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
