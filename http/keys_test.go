package http_test

import (
	"strings"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/apikey"
	"github.com/canvass-hq/canvass/projections"
)

// key makes a key, and is its holder.
func (m *member) key(t testing.TB, body string) (holder *member, id string) {
	t.Helper()
	made := into[struct{ ID, Token string }](t, m.ask(t, "POST", "/v1/api-keys", body).wants(t, 201))
	if _, _, _, ok := apikey.ParseToken(made.Token); !ok {
		t.Fatalf("no key was shown: %+v", made)
	}
	return &member{app: m.app, Principal: access.Principal{Org: m.Org, ID: made.ID, Role: access.API}, token: made.Token}, made.ID
}

func TestKeys(t *testing.T) {
	t.Parallel()
	boss := shared(t).founder(t)
	begun := time.Now()
	sync, id := boss.key(t, `{"name":"Sync","scopes":["lead:read","lead:write"]}`)
	sync.capture(t, `{"name":"Persona"}`)
	sync.fresh(t, "/v1/leads").wants(t, 200)
	sync.ask(t, "GET", "/v1/events", "").refuses(t, 403, "access.denied")
	sync.ask(t, "GET", "/v1/api-keys", "").refuses(t, 403, "access.denied")
	sync.ask(t, "POST", "/v1/organizations", `{"name":"Mine"}`).refuses(t, 403, "access.denied")
	sync.ask(t, "GET", "/v1/leads", "", "Canvass-Org", boss.Org).wants(t, 200)
	sync.ask(t, "GET", "/v1/leads", "", "Canvass-Org", someone).refuses(t, 403, "access.not_a_member")
	if facts := boss.fresh(t, "/v1/events?type=lead.captured").wants(t, 200); !strings.Contains(facts.body, `"actor":"api:`+id+`"`) {
		t.Errorf("the log does not name the key: %s", facts.body)
	}
	soon(t, 5*time.Second, func() bool { // when it was used is written down every few seconds
		k := into[projections.Key](t, boss.ask(t, "GET", "/v1/api-keys/"+id, "").wants(t, 200))
		return k.LastUsedAt != nil && k.LastUsedAt.After(begun.Add(-time.Second)) && strings.HasSuffix(sync.token, k.Hint)
	})
	shown := boss.ask(t, "GET", "/v1/api-keys", "").wants(t, 200).body + boss.ask(t, "GET", "/v1/events?type=apikey.created", "").wants(t, 200).body
	if strings.Contains(shown, sync.token[len(sync.token)-32:]) {
		t.Error("a secret is shown a second time")
	}
	for what, token := range map[string]string{
		"another secret": sync.token[:len(sync.token)-2] + map[bool]string{true: "bq", false: "aq"}[strings.HasSuffix(sync.token, "aq")], "cut short": sync.token[:60], "the prefix": apikey.Prefix, "nothing behind it": apikey.Prefix + "_",
		"a key that is not there": apikey.Token(boss.Org, someone, make([]byte, apikey.SecretBytes)), "an organization that is not there": apikey.Token(someone, id, make([]byte, apikey.SecretBytes)),
	} {
		if got := (&member{app: boss.app, token: token}).ask(t, "GET", "/v1/leads", ""); got.refuses(t, 401, "key.invalid").Status != 401 {
			t.Error(what)
		}
	}
}

// TestKeyEnds: on every instance within a second.
func TestKeyEnds(t *testing.T) {
	t.Parallel()
	boss := shared(t).founder(t)
	elsewhere := boss.again(t, "127.0.0.1:0")
	first, id := boss.key(t, `{"name":"Sync","scopes":["lead:read"]}`)
	there := &member{app: elsewhere, token: first.token}
	there.ask(t, "GET", "/v1/leads", "").wants(t, 200)
	rotated := into[struct{ ID, Token string }](t, boss.ask(t, "POST", "/v1/api-keys/"+id+"/rotate", "", "Idempotency-Key", "r").wants(t, 200))
	if again := into[struct{ ID, Token string }](t, boss.ask(t, "POST", "/v1/api-keys/"+id+"/rotate", "", "Idempotency-Key", "r").wants(t, 200)); again.Token != "" || again.ID != id {
		t.Errorf("a repetition shows %+v", again)
	}
	soon(t, time.Second, func() bool { return there.ask(t, "GET", "/v1/leads", "").status == 401 })
	second := &member{app: elsewhere, token: rotated.Token}
	soon(t, time.Second, func() bool { return second.ask(t, "GET", "/v1/leads", "").status == 200 })
	boss.ask(t, "DELETE", "/v1/api-keys/"+id, "").wants(t, 200)
	soon(t, time.Second, func() bool { return second.ask(t, "GET", "/v1/leads", "").status == 401 })
	boss.ask(t, "POST", "/v1/api-keys/"+id+"/rotate", "").refuses(t, 409, "key.ended")

	end := time.Now().Add(2 * time.Second).UTC().Format(time.RFC3339Nano)
	short, _ := boss.key(t, `{"name":"Short","scopes":["lead:read"],"expires_at":"`+end+`"}`)
	soon(t, 3*time.Second, func() bool { return short.ask(t, "GET", "/v1/leads", "").status == 401 })
	far, _ := boss.key(t, `{"name":"Far","scopes":["lead:read"],"addresses":["192.0.2.0/24"]}`)
	far.ask(t, "GET", "/v1/leads", "").refuses(t, 403, "key.address")
	near, _ := boss.key(t, `{"name":"Near","scopes":["lead:read"],"addresses":["127.0.0.0/8","::1"]}`)
	near.ask(t, "GET", "/v1/leads", "").wants(t, 200)
}

// TestStreamEnds: who is no longer what they were is not told more.
func TestStreamEnds(t *testing.T) {
	t.Parallel()
	boss := shared(t).founder(t)
	holder, id := boss.key(t, `{"name":"Follow","scopes":["event:read"]}`)
	s := holder.opened(t, "")
	boss.ask(t, "DELETE", "/v1/api-keys/"+id, "").wants(t, 200)
	for {
		if _, _, err := s.next(); err != nil {
			return // before the stream's own time is over
		}
	}
}

// TestStreamGoesOn: a stream lasts as long as who follows it is what they were, also by a
// key that may be used from one network only.
func TestStreamGoesOn(t *testing.T) {
	t.Parallel()
	boss := shared(t).founder(t)
	holder, _ := boss.key(t, `{"name":"Follow","scopes":["event:read"],"addresses":["127.0.0.0/8","::1"]}`)
	s := holder.opened(t, "type=lead.captured")
	for _, name := range []string{"Ada", "Bob", "Cid"} {
		boss.capture(t, `{"name":"`+name+`"}`)
		if _, err := s.fact(); err != nil {
			t.Fatalf("before %s came: %v", name, err)
		}
	}
}
