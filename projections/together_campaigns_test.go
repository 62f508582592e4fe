package projections_test

import (
	"reflect"
	"testing"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/domain/sender"
	"github.com/canvass-hq/canvass/domain/template"
	"github.com/canvass-hq/canvass/domain/tracking"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/projections"
)

// What campaigns lead to is read for many at once: what is there, of the organization alone, and each funnel as the one
// that is read by itself.
func TestTogetherOfCampaigns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org, names := uuid.NewString(), map[string]string{}
	ids := []string{"no id", uuid.NewString()}
	put := func(name string, stream func(string) domain.StreamID, facts ...any) string {
		id := eventstoretest.NewID()
		w.Put(t, org, stream(id), facts...)
		names[id], ids = name, append(ids, id, id)
		return id
	}
	put("team", sender.Stream, sender.Created{Details: sender.Details{Name: "Team", Email: "team@mail.example"}})
	put("left", sender.Stream, sender.Created{Details: sender.Details{Name: "Left", Email: "left@mail.example"}}, sender.Deleted{})
	put("hello", template.Stream, template.Created{Name: "Hello"})
	put("bye", template.Stream, template.Created{Name: "Bye"}, template.Deleted{})
	for people, name := range []string{"draft", "one", "two"} {
		id := put(name, campaign.Stream, campaign.Created{Name: name})
		var leads []string
		for range people {
			lead := eventstoretest.NewID()
			leads = append(leads, lead)
			mail := enrollment.ID(id, lead)
			w.Put(t, org, enrollment.Stream(mail), enrollment.Dispatched{Campaign: id, Lead: lead}, enrollment.Sent{})
			w.Put(t, org, tracking.Stream(mail), tracking.Opened{Hit: tracking.Hit{Campaign: id, Mail: mail, Agent: tracking.Browser, Seconds: 60}})
		}
		if people > 0 {
			w.Put(t, org, campaign.PartStream(id, 0), campaign.Chosen{Campaign: id, Leads: leads})
		}
	}
	w.followAll()
	for _, c := range []struct {
		who                         access.Principal
		senders, templates, funnels string
	}{{admin(org), "team", "hello", "one two"}, {admin(uuid.NewString()), "", "", ""}} {
		senders, err := w.ask.SendersByID(t.Context(), c.who, ids)
		known(t, err, "senders", c.senders, named(names, senders))
		templates, err := w.ask.TemplatesByID(t.Context(), c.who, ids)
		known(t, err, "templates", c.templates, named(names, templates))
		funnels, err := w.ask.Funnels(t.Context(), c.who.Org, ids)
		known(t, err, "funnels", c.funnels, named(names, funnels))
		for id, f := range funnels {
			people := map[string]int{"one": 1, "two": 2}[names[id]]
			alone, err := w.ask.Funnel(t.Context(), c.who.Org, id)
			if want := (projections.Funnel{Audience: people, Sent: people, Dispatched: people, Opened: people}); err != nil || !reflect.DeepEqual(f, want) || !reflect.DeepEqual(alone, want) {
				t.Errorf("%s: %+v, alone %+v %v, want %+v", names[id], f, alone, err, want)
			}
		}
	}
}
