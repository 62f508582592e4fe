package http_test

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain/access"
	apphttp "github.com/canvass-hq/canvass/http"
)

// The job queue is for Admins of the operators' organization, with a session of theirs
// that is not over.
func TestOps(t *testing.T) {
	t.Parallel()
	org := uuid.NewString()
	var later atomic.Int64 // seconds
	a := start(t, func(c *apphttp.Config) {
		c.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load()) * time.Second) }
		c.Ops = apphttp.Ops{Org: org, UI: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "the queue at "+r.URL.String())
		})}
	})
	admin := a.colleague(t, org, access.Admin)
	a.member(t, access.Admin).ask(t, "POST", "/v1/ops/session", "").refuses(t, 404, "ops.not_found")
	a.colleague(t, org, access.Manager).ask(t, "POST", "/v1/ops/session", "").refuses(t, 403, "access.denied")

	got := admin.ask(t, "POST", "/v1/ops/session", "").wants(t, 200)
	cookie, attributes, _ := strings.Cut(got.header.Get("Set-Cookie"), "; ")
	for _, want := range []string{"HttpOnly", "Secure", "SameSite=Strict", "Path=/ops/jobs"} {
		if !strings.Contains(attributes, want) {
			t.Errorf("the cookie is not %s: %s", want, attributes)
		}
	}
	const page = "/ops/jobs/api/jobs?state=running&state=available"
	if body := admin.ask(t, "GET", page, "", "Cookie", cookie).wants(t, 200).body; body != "the queue at "+page {
		t.Errorf("it says %s", body)
	}
	name, value, _ := strings.Cut(cookie, "=")
	until, signature, _ := strings.Cut(value, ".")
	for what, other := range map[string]string{
		"nothing": "", "another signature": name + "=" + until + "." + strings.Repeat("0", len(signature)), "no signature": name + "=" + until, "another end": name + "=9999999999." + signature, "nonsense": name + "=x.y",
	} {
		if got := admin.ask(t, "GET", page, "", "Cookie", other); got.status != 401 {
			t.Errorf("%s: %d %s", what, got.status, got.body)
		}
	}
	admin.ask(t, "POST", page, "", "Cookie", cookie, "Sec-Fetch-Site", "cross-site").refuses(t, 403, "ops.foreign")
	admin.ask(t, "POST", page, "", "Cookie", cookie, "Sec-Fetch-Site", "same-origin").wants(t, 200)
	admin.ask(t, "GET", "/ops/jobsandmore", "", "Cookie", cookie).wants(t, 404)
	later.Store(16 * 60)
	admin.ask(t, "GET", page, "", "Cookie", cookie).refuses(t, 401, "ops.session")
}

// Without operators there is no page, whatever one brings along.
func TestNoOps(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	m.ask(t, "GET", "/ops/jobs", "", "Cookie", "canvass_ops=9999999999.").wants(t, 404)
}
