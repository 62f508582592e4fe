package suppression_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/suppression"
)

const campaign = "campaign:01980c5e-7a10-7c3e-9b1f-2f6d8e4a5b6c"

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func added(scope suppression.Scope, reason suppression.Reason, by suppression.Decider) suppression.Event {
	return suppression.Added{Scope: scope, Reason: reason, By: by, At: now, Email: "ada@people.example"}
}

// TestSuppress: who decides, for which scope, and what that changes.
func TestSuppress(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		given  []suppression.Event
		scope  suppression.Scope
		reason suppression.Reason
		by     suppression.Decider
		want   []suppression.Event
		fault  string
	}{
		"first":                                 {nil, suppression.Marketing, suppression.Unsubscribed, suppression.BySubject, []suppression.Event{added(suppression.Marketing, suppression.Unsubscribed, suppression.BySubject)}, ""},
		"one campaign":                          {nil, campaign, suppression.Unsubscribed, suppression.BySubject, []suppression.Event{added(campaign, suppression.Unsubscribed, suppression.BySubject)}, ""},
		"a complaint is everything":             {nil, campaign, suppression.Complained, suppression.BySubject, []suppression.Event{added(suppression.All, suppression.Complained, suppression.BySubject)}, ""},
		"a bounce is everything":                {nil, suppression.Marketing, suppression.Bounced, suppression.BySystem, []suppression.Event{added(suppression.All, suppression.Bounced, suppression.BySystem)}, ""},
		"the same again":                        {[]suppression.Event{added(suppression.All, suppression.Manual, suppression.ByMember)}, suppression.All, suppression.Manual, suppression.ByMember, nil, ""},
		"a bounce does not weaken a complaint":  {[]suppression.Event{added(suppression.All, suppression.Complained, suppression.BySubject)}, suppression.All, suppression.Bounced, suppression.BySystem, nil, ""},
		"a list does not weaken what they said": {[]suppression.Event{added(suppression.All, suppression.Requested, suppression.ByMember)}, suppression.All, suppression.Listed, suppression.ByMember, nil, ""},
		"what they said outweighs a member":     {[]suppression.Event{added(suppression.All, suppression.Manual, suppression.ByMember)}, suppression.All, suppression.Requested, suppression.ByMember, []suppression.Event{added(suppression.All, suppression.Requested, suppression.ByMember)}, ""},
		"the person outweighs the system":       {[]suppression.Event{added(suppression.All, suppression.Bounced, suppression.BySystem)}, suppression.All, suppression.Complained, suppression.BySubject, []suppression.Event{added(suppression.All, suppression.Complained, suppression.BySubject)}, ""},
		"another scope stands by itself":        {[]suppression.Event{added(suppression.Marketing, suppression.Unsubscribed, suppression.BySubject)}, suppression.All, suppression.Bounced, suppression.BySystem, []suppression.Event{added(suppression.All, suppression.Bounced, suppression.BySystem)}, ""},
		"after the address is forgotten":        {[]suppression.Event{added(suppression.Marketing, suppression.Unsubscribed, suppression.BySubject), suppression.Forgotten{}}, suppression.All, suppression.Manual, suppression.ByMember, []suppression.Event{suppression.Added{Scope: suppression.All, Reason: suppression.Manual, By: suppression.ByMember, At: now}}, ""},
		"no scope":                              {nil, "everything", suppression.Manual, suppression.ByMember, nil, "scope"},
		"no reason":                             {nil, suppression.All, "", suppression.ByMember, nil, "reason"},
		"a purpose that is none":                {nil, "purpose:Über uns", suppression.Manual, suppression.ByMember, nil, "scope"},
		"a campaign that is none":               {nil, "campaign:7", suppression.Manual, suppression.ByMember, nil, "scope"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := domain.Fold(suppression.Suppression{}, c.given...).Suppress(" Ada@People.example", c.scope, c.reason, c.by, "", now)
			if !reflect.DeepEqual(got, c.want) || fieldOf(err) != c.fault {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	if _, err := (suppression.Suppression{}).Suppress("ada", suppression.All, suppression.Manual, suppression.ByMember, "a\nb", now); fieldOf(err) != "email" {
		t.Errorf("no address: %v", err)
	}
}

func fieldOf(err error) string {
	refusal, ok := errors.AsType[*domain.Error](err)
	if !ok || len(refusal.Fields) == 0 {
		return ""
	}
	return refusal.Fields[0].Name
}

// TestLift: what a person has ended needs their new consent.
func TestLift(t *testing.T) {
	t.Parallel()
	unsubscribed, requested, bounced := added(suppression.Marketing, suppression.Unsubscribed, suppression.BySubject), added(suppression.Marketing, suppression.Requested, suppression.ByMember), added(suppression.All, suppression.Bounced, suppression.BySystem)
	later := now.Add(time.Hour)
	fresh := suppression.Consent{Source: "https://shop.example/form", GivenAt: later}
	for name, c := range map[string]struct {
		given   []suppression.Event
		scope   suppression.Scope
		consent suppression.Consent
		note    string
		want    []suppression.Event
		err     error
		fault   string
	}{
		"with new consent":                 {[]suppression.Event{unsubscribed}, suppression.Marketing, fresh, "", []suppression.Event{suppression.Lifted{Scope: suppression.Marketing, Consent: fresh}}, nil, ""},
		"without consent":                  {[]suppression.Event{unsubscribed}, suppression.Marketing, suppression.Consent{}, "they surely want it", nil, suppression.ErrConsent, ""},
		"without, as a member wrote down":  {[]suppression.Event{requested}, suppression.Marketing, suppression.Consent{}, "they surely want it", nil, suppression.ErrConsent, ""},
		"with a consent from before":       {[]suppression.Event{unsubscribed}, suppression.Marketing, suppression.Consent{Source: "form", GivenAt: now.Add(-time.Hour)}, "", nil, suppression.ErrConsent, ""},
		"with a consent of the same time":  {[]suppression.Event{unsubscribed}, suppression.Marketing, suppression.Consent{Source: "form", GivenAt: now}, "", nil, suppression.ErrConsent, ""},
		"with a consent that is to come":   {[]suppression.Event{unsubscribed}, suppression.Marketing, suppression.Consent{Source: "form", GivenAt: later.Add(time.Hour)}, "", nil, nil, "consent.given_at"},
		"with half a consent":              {[]suppression.Event{unsubscribed}, suppression.Marketing, suppression.Consent{GivenAt: later}, "", nil, nil, "consent"},
		"a bounce, with a reason":          {[]suppression.Event{bounced}, suppression.All, suppression.Consent{}, "the mailbox is there again", []suppression.Event{suppression.Lifted{Scope: suppression.All, Note: "the mailbox is there again"}}, nil, ""},
		"a bounce, without":                {[]suppression.Event{bounced}, suppression.All, suppression.Consent{}, "", nil, nil, "note"},
		"another scope":                    {[]suppression.Event{bounced}, suppression.Marketing, suppression.Consent{}, "x", nil, nil, ""},
		"no scope":                         {[]suppression.Event{bounced}, "", suppression.Consent{}, "x", nil, nil, "scope"},
		"nothing":                          {nil, suppression.All, fresh, "", nil, suppression.ErrNotFound, ""},
		"after the address is forgotten":   {[]suppression.Event{unsubscribed, suppression.Forgotten{}}, suppression.Marketing, fresh, "", []suppression.Event{suppression.Lifted{Scope: suppression.Marketing, Consent: suppression.Consent{GivenAt: later}}}, nil, ""},
		"a lifted one, which is not there": {[]suppression.Event{bounced, suppression.Lifted{Scope: suppression.All}}, suppression.All, suppression.Consent{}, "x", nil, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := domain.Fold(suppression.Suppression{}, c.given...).Lift(c.scope, c.consent, c.note, later)
			if !reflect.DeepEqual(got, c.want) || fieldOf(err) != c.fault || c.err != nil && !errors.Is(err, c.err) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

// TestForget: the address goes once, and what may not be written stays.
func TestForget(t *testing.T) {
	t.Parallel()
	if got, err := (suppression.Suppression{}).Forget(); got != nil || err != nil {
		t.Errorf("nothing was there: %v %v", got, err)
	}
	s := suppression.Suppression{}.Evolve(added(suppression.All, suppression.Complained, suppression.BySubject))
	got, err := s.Forget()
	if err != nil || len(got) != 1 {
		t.Fatalf("%v %v", got, err)
	}
	s = domain.Fold(s, got...)
	if _, _, blocked := s.Blocks(suppression.Mail{Transactional: true}); !blocked || s.Email != "" {
		t.Errorf("forgotten: %+v", s)
	}
	if got, _ := s.Forget(); got != nil {
		t.Errorf("forgotten again: %v", got)
	}
}

// TestBlocks: transactional mail is kept back by everything only.
func TestBlocks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		scope suppression.Scope
		mail  suppression.Mail
		want  bool
	}{
		{suppression.All, suppression.Mail{Transactional: true}, true},
		{suppression.All, suppression.Mail{Purpose: "marketing"}, true},
		{suppression.Marketing, suppression.Mail{Purpose: "marketing", Transactional: true}, false},
		{suppression.Marketing, suppression.Mail{Purpose: "marketing"}, true},
		{suppression.Marketing, suppression.Mail{Purpose: "events"}, false},
		{campaign, suppression.Mail{Purpose: "events", Campaign: campaign[len("campaign:"):]}, true},
		{campaign, suppression.Mail{Purpose: "events", Campaign: "another"}, false},
	} {
		s := suppression.Suppression{}.Evolve(added(c.scope, suppression.Manual, suppression.ByMember))
		if scope, _, got := s.Blocks(c.mail); got != c.want || got && scope != c.scope {
			t.Errorf("%s of %+v: %v by %s", c.scope, c.mail, got, scope)
		}
	}
}

// TestNothingWeakens: in whatever order decisions come, the strongest of a scope is the one
// that holds, and no decision but a lift opens what was closed.
func TestNothingWeakens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		reasons := []suppression.Reason{suppression.Unsubscribed, suppression.Complained, suppression.Requested, suppression.Bounced, suppression.Manual, suppression.Listed}
		deciders := []suppression.Decider{suppression.BySystem, suppression.ByMember, suppression.BySubject}
		var s suppression.Suppression
		person := false
		for i := range rapid.IntRange(1, 12).Draw(t, "decisions") {
			reason, by := rapid.SampledFrom(reasons).Draw(t, "reason"), rapid.SampledFrom(deciders).Draw(t, "by")
			facts, err := s.Suppress("ada@people.example", suppression.All, reason, by, "", now.Add(time.Duration(i)))
			if err != nil {
				t.Fatal(err)
			}
			s = domain.Fold(s, facts...)
			person = person || by == suppression.BySubject
			if got := s.Entries[suppression.All].By; person != (got == suppression.BySubject) {
				t.Fatalf("decided by %s", got)
			}
		}
	})
}

// TestID: the id of an address's hash is a UUID.
func TestID(t *testing.T) {
	t.Parallel()
	hash := make([]byte, 32)
	for i := range hash {
		hash[i] = 0xff
	}
	if id := suppression.ID(hash); id != "ffffffff-ffff-8fff-bfff-ffffffffffff" || hash[6] != 0xff {
		t.Errorf("%s", id)
	}
}

// TestEnd: who is known by a link alone is known for long enough, and mail that comes back
// softly ends everything only several times in a row.
func TestEnd(t *testing.T) {
	t.Parallel()
	unsubscribed := func(s suppression.Suppression) ([]suppression.Event, error) {
		return s.End("", suppression.Marketing, suppression.Unsubscribed, suppression.BySubject, now)
	}
	hash := suppression.Added{Scope: suppression.Marketing, Reason: suppression.Unsubscribed, By: suppression.BySubject, At: now}
	soft := func(s suppression.Suppression) ([]suppression.Event, error) {
		return s.BounceSoftly("ada@people.example", now)
	}
	four := slices.Repeat([]suppression.Event{suppression.BouncedSoftly{}}, 4)
	for name, c := range map[string]struct {
		given []suppression.Event
		when  func(suppression.Suppression) ([]suppression.Event, error)
		want  []suppression.Event
	}{
		"by a link":                   {nil, unsubscribed, []suppression.Event{hash}},
		"by a link, twice":            {[]suppression.Event{hash}, unsubscribed, nil},
		"by a link, once forgotten":   {[]suppression.Event{added(suppression.All, suppression.Manual, suppression.ByMember), suppression.Forgotten{}}, unsubscribed, []suppression.Event{hash}},
		"softly":                      {nil, soft, four[:1]},
		"softly, five in a row":       {four, soft, []suppression.Event{suppression.BouncedSoftly{}, added(suppression.All, suppression.Bounced, suppression.BySystem)}},
		"softly, one arrived between": {append(slices.Clone(four), suppression.Recovered{}), soft, four[:1]},
		"arrived":                     {four, suppression.Suppression.Recover, []suppression.Event{suppression.Recovered{}}},
		"arrived as ever":             {nil, suppression.Suppression.Recover, nil},
	} {
		got, err := c.when(domain.Fold(suppression.Suppression{}, c.given...))
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	s := domain.Fold(suppression.Suppression{}, suppression.Event(hash))
	if _, _, blocked := s.Blocks(suppression.Mail{Purpose: "marketing"}); !blocked {
		t.Error("it stops nothing")
	}
}
