package http_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain/access"
	apphttp "github.com/canvass-hq/canvass/http"
)

// TestBrowsers: a frontend of a listed origin may ask from the browser, and read what it
// needs of the answer; no other may.
func TestBrowsers(t *testing.T) {
	t.Parallel()
	const ours = "https://app.example.com"
	a := start(t, func(c *apphttp.Config) { c.Origins, c.Public = []string{ours}, "https://api.example.com" })
	m := a.member(t, access.Admin)
	ask := func(method, origin string, headers ...string) answer {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, a.base+"/v1/leads", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", origin)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return answer{status: res.StatusCode, header: res.Header}
	}
	for origin, allowed := range map[string]bool{ours: true, "https://evil.example.com": false, "https://app.example.com.evil.test": false, "null": false, "": false} {
		preflight := ask("OPTIONS", origin, "Access-Control-Request-Method", "PATCH", "Access-Control-Request-Headers", "authorization,if-match,idempotency-key,canvass-org")
		got := ask("GET", origin, "Authorization", "Bearer "+m.token)
		for _, res := range []answer{preflight, got} {
			want := ""
			if allowed {
				want = origin
			}
			if res.header.Get("Access-Control-Allow-Origin") != want || res.header.Get("Access-Control-Allow-Credentials") != "" || !strings.Contains(res.header.Get("Vary"), "Origin") {
				t.Errorf("%q: %d %v", origin, res.status, res.header)
			}
		}
		if preflight.status != http.StatusNoContent || allowed != strings.Contains(preflight.header.Get("Access-Control-Allow-Headers"), "Idempotency-Key") || allowed != strings.Contains(preflight.header.Get("Access-Control-Allow-Methods"), "PATCH") {
			t.Errorf("%q asks before: %d %v", origin, preflight.status, preflight.header)
		}
		if got.status != http.StatusOK || allowed != strings.Contains(got.header.Get("Access-Control-Expose-Headers"), "ETag") || got.header.Get("Strict-Transport-Security") == "" {
			t.Errorf("%q: %d %v", origin, got.status, got.header)
		}
	}
	if got := shared(t).member(t, access.Admin).ask(t, "GET", "/v1/leads", "", "Origin", ours).wants(t, 200); got.header.Get("Access-Control-Allow-Origin") != "" || got.header.Get("Strict-Transport-Security") != "" {
		t.Errorf("where nobody is listed: %v", got.header)
	}
}
