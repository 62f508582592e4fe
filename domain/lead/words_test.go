package lead_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain/lead"
)

const owner = "01900000-0000-7000-8000-0000000000e1"

// told writes words so that a table of tests can be read.
func told(w lead.Words) string {
	out := []string{w.Text}
	for _, c := range w.Changes {
		text := fmt.Sprintf("%s: %s -> %s", c.Label, c.From, c.To)
		if c.Erased {
			text += " !"
		}
		out = append(out, text)
	}
	return strings.Join(out, " | ")
}

func edited(changes ...string) lead.Edited {
	var e lead.Edited
	for i := 0; i < len(changes); i += 3 {
		e.Changes = append(e.Changes, lead.Change{Field: changes[i], From: changes[i+1], To: changes[i+2]})
	}
	return e
}

func TestInWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fact            lead.Event
		lost, forgotten bool
		want            string
	}{
		{
			lead.Captured{Status: lead.New, Owner: owner, Details: lead.Details{Name: "Ann", Phone: "+4930123;ext=5", Source: "web", Tags: []string{"a", "b"}, Custom: map[string]string{"deal_size": "9"}}},
			false, false,
			"Captured from web | Status:  -> new | Owner:  -> " + owner + " | Name:  -> Ann | Phone:  -> +4930123 ext. 5 | Source:  -> web | deal size:  -> 9 | Tags:  -> a, b",
		},
		{lead.Captured{Status: lead.New, Details: lead.Details{Name: "Ann"}}, false, false, "Captured | Status:  -> new | Name:  -> Ann"},
		{lead.Captured{Status: lead.New, Details: lead.Details{Source: "web"}}, true, true, "Captured from web; personal data (erased) | Status:  -> new | Source:  -> web"},
		{lead.Captured{Status: lead.New, Details: lead.Details{Name: "Ann", Country: "DE"}}, false, true, "Captured; personal data (erased) | Status:  -> new | Country:  -> DE"},
		{lead.Captured{Status: lead.New, Details: lead.Details{Tags: []string{"a"}}}, false, true, "Captured; personal data (erased) | Status:  -> new"},
		{
			edited("title", "CEO", "CTO", "phone", "", "+4930123", "phone_status", "", "valid", "country_given", "Atlantis", ""), false, false,
			"Corrected title, phone, country | Title: CEO -> CTO | Phone:  -> +4930123 | Phone status:  -> valid | Country as given: Atlantis -> ",
		},
		{
			edited("email", "a@b.de", "", "linkedin", "", "x", "external_ids.crm", "1", "2", "custom.order_status", "", "x"), false, false,
			"Corrected E-mail, LinkedIn, id in crm, order status | E-mail: a@b.de ->  | LinkedIn:  -> x | Id in crm: 1 -> 2 | order status:  -> x",
		},
		{
			edited("emails", "", `[{"address":"a@b.de","kind":"work"},{"address":"c@d.de"}]`, "phones", `[{"number":"+49;ext=1","kind":"mobile","status":"valid"}]`, ""), false, false,
			"Corrected further e-mails, further phones | Further e-mails:  -> a@b.de (work), c@d.de | Further phones: +49 ext. 1 (mobile) -> ",
		},
		{edited("title", "", "", "source", "web", "fair"), true, true, "Corrected title, source | Title: (erased) -> (erased) ! | Source: web -> fair"},
		{edited("emails", "", `[{"address":"a@b.de"}]`), false, true, "Corrected further e-mails | Further e-mails: (erased) -> (erased) !"},
		{lead.Assigned{To: owner}, false, false, "Assigned to " + owner + " | Owner:  -> " + owner},
		{lead.Assigned{From: owner}, false, true, "Assigned to nobody | Owner: " + owner + " -> "},
		{lead.StatusChanged{From: lead.New, To: lead.Working, Reason: "called back"}, false, false, "Status changed from new to working: called back | Status: new -> working"},
		{lead.StatusChanged{From: lead.New, To: lead.Working}, false, true, "Status changed from new to working | Status: new -> working"},
		{lead.StatusChanged{From: lead.New, To: lead.Working}, true, true, "Status changed from new to working: (erased) | Status: new -> working"},
		{lead.Archived{Reason: "left"}, false, false, "Archived: left"},
		{lead.Archived{Reason: "left"}, false, true, "Archived: (erased)"},
		{lead.Archived{}, false, true, "Archived"},
		{lead.Archived{}, false, false, "Archived"},
		{lead.Tagged{Added: []string{"vip", "x"}, Removed: []string{"cold"}}, false, false, "Tagged vip, x; untagged cold | Tags: cold -> vip, x"},
		{lead.Tagged{Removed: []string{"cold"}}, false, false, "Untagged cold | Tags: cold -> "},
		{lead.Tagged{}, true, true, "Tags changed (erased) | Tags: (erased) -> (erased) !"},
		{lead.Tagged{Added: []string{"vip"}}, false, true, "Tags changed (erased) | Tags: (erased) -> (erased) !"},
		{lead.Deleted{Reason: "twice"}, false, false, "Deleted: twice"},
		{lead.Restored{}, false, false, "Restored"},
		{lead.Erased{}, false, true, "Erased: the person is forgotten"},
		{lead.Shredded{}, false, true, "The key of the person's data is destroyed"},
	} {
		if got := told(lead.InWords(c.fact, c.lost, c.forgotten)); got != c.want {
			t.Errorf("%#v\n got %s\nwant %s", c.fact, got, c.want)
		}
	}
}

// Of somebody who is erased nothing sealed is told, whether the key is still there or
// not; and no fact is without words.
func TestNothingSealedIsTold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		secret := func(what string) string { return rapid.SampledFrom([]string{"", "Persona"}).Draw(t, what) }
		change := lead.Change{
			Field: rapid.SampledFrom([]string{"name", "email", "emails", "phones", "custom.x", "external_ids.x", "country_given", "phone_status"}).Draw(t, "field"),
			From:  secret("from"), To: `[{"address":"Persona","number":"Persona"}]`,
		}
		e := rapid.SampledFrom([]lead.Event{
			lead.Captured{Status: lead.New, Details: lead.Details{
				Name: secret("name"), Email: secret("email"), Emails: []lead.Email{{Address: "Persona"}}, Phone: secret("phone"), Title: secret("title"), Company: secret("company"),
				CountryGiven: secret("country"), Tags: []string{"Persona"}, ExternalIDs: map[string]string{"crm": "Persona"}, Custom: map[string]string{"x": "Persona"},
			}},
			lead.Edited{Changes: []lead.Change{change}},
			lead.StatusChanged{From: lead.New, To: lead.Working, Reason: secret("reason")},
			lead.Archived{Reason: secret("reason")},
			lead.Tagged{Added: []string{secret("tag")}, Removed: []string{secret("tag")}},
			lead.Deleted{Reason: secret("reason")},
			lead.Restored{},
			lead.Erased{},
			lead.Shredded{},
			lead.Assigned{},
		}).Draw(t, "fact")
		w := lead.InWords(e, rapid.Bool().Draw(t, "lost"), true)
		all, err := json.Marshal(w)
		if err != nil || strings.Contains(string(all), "Persona") || w.Text == "" {
			t.Fatalf("%#v reads %s, %v", e, all, err)
		}
	})
}
