package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/organization"
	apphttp "github.com/canvass-hq/canvass/http"
)

// secretBytes is the shortest secret that HS256 is safe with (RFC 7518, 3.2).
const secretBytes = 32

func (c Config) identityFaults() (out []string) {
	for name, v := range map[string]string{"SUPABASE_URL": c.SupabaseURL, "PUBLIC_URL": c.PublicURL, "APP_URL": c.AppURL} {
		if u, err := url.Parse(v); v != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
			out = append(out, name+": is not an https:// URL")
		}
	}
	for _, v := range c.Origins {
		if o, ok := originOf(v); !ok || o != v {
			out = append(out, "CORS_ORIGINS: holds what is no origin (https://app.example.com, without a path)")
			break
		}
	}
	if c.SupabaseURL == "" && c.SupabaseIssuer == "" && c.SupabaseSecret != "" {
		out = append(out, "SUPABASE_JWT_SECRET: needs SUPABASE_URL, by which it is known who made a token")
	}
	if c.SupabaseURL == "" && c.SupabaseSecret == "" && c.SupabaseIssuer != "" {
		out = append(out, "SUPABASE_ISSUER: needs SUPABASE_URL or SUPABASE_JWT_SECRET, by which tokens are proved")
	}
	if c.SupabaseSecret != "" && len(c.SupabaseSecret) < secretBytes {
		out = append(out, fmt.Sprintf("SUPABASE_JWT_SECRET: is shorter than %d bytes", secretBytes))
	}
	return out
}

// supabase tells whether the users are those of Supabase Auth.
func (c Config) supabase() bool { return c.SupabaseURL != "" || c.SupabaseSecret != "" }

// authority is whose tokens the API accepts; the issuer is that of this machine, nil where
// users are those of Supabase Auth.
func (a *App) authority(ctx context.Context) (apphttp.Authority, *apphttp.Issuer, error) {
	if a.cfg.supabase() {
		authority, err := apphttp.Supabase{URL: a.cfg.SupabaseURL, Issuer: a.cfg.SupabaseIssuer, Secret: a.cfg.SupabaseSecret}.Authority(ctx, a.log)
		return authority, nil, err
	}
	issuer, err := a.cfg.issuer()
	if err != nil {
		return apphttp.Authority{}, nil, err
	}
	return issuer.Authority(), issuer, nil
}

// origins are the web frontends that may ask from the browser.
func (c Config) origins() []string {
	if app, ok := originOf(c.AppURL); ok && len(c.Origins) == 0 {
		return []string{app}
	}
	return c.Origins
}

// originOf is the origin of a page (RFC 6454).
func originOf(page string) (string, bool) {
	u, err := url.Parse(page)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", false
	}
	return u.Scheme + "://" + u.Host, true
}

// publicURL is where the world finds the API.
func (c Config) publicURL() string {
	if c.PublicURL != "" {
		return strings.TrimSuffix(c.PublicURL, "/")
	}
	return fmt.Sprintf("http://localhost:%d", c.Port)
}

// appURL is where people find the web frontend.
func (c Config) appURL() string {
	if c.AppURL != "" {
		return strings.TrimSuffix(c.AppURL, "/")
	}
	return c.publicURL()
}

// makeDemo makes the demo organization, whose admin the token of the welcome is.
func (a *App) makeDemo(ctx context.Context) error {
	org, err := a.cfg.demo()
	if err != nil {
		return err
	}
	p := demoPrincipal(org, access.Admin)
	call := commands.Call{Principal: access.Principal{Org: org, ID: p.ID, Role: access.Visitor}, ID: commands.NewID()}
	_, err = commands.Execute(ctx, a.run, call, commands.CreateOrganization{ID: org, Name: "Demo", User: p.ID})
	if errors.Is(err, organization.ErrExists) || errors.Is(err, domain.ErrStale) { // it is there from the start before
		return nil
	}
	return err
}
