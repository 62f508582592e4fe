package campaign

import (
	"regexp"
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/bulk"
	"github.com/canvass-hq/canvass/domain/segment"
	"github.com/canvass-hq/canvass/domain/values"
)

// Plan is what a campaign is to be: it can be changed until the campaign is launched.
type Plan struct {
	Sender   string   `json:"sender" format:"uuid" doc:"Who the mail is from: id of a sender"`
	Template string   `json:"template" format:"uuid" doc:"What it says: id of a template"`
	Purpose  string   `json:"purpose,omitempty" maxLength:"40" doc:"What the mail is for, as people end it (purpose:NAME); marketing where nothing is said" example:"marketing"`
	Audience Audience `json:"audience"`
	Schedule Schedule `json:"schedule,omitzero"`
	PerHour  int      `json:"per_hour,omitempty" minimum:"0" maximum:"10000000" doc:"How many mails go out in an hour, evenly; 0 for as many as the sender may"`
	Tracking Tracking `json:"tracking,omitzero"`
	Guard    Guard    `json:"guard,omitzero"`
}

// Audience says who is written to: settled when the campaign begins.
type Audience struct {
	Segment string `json:"segment,omitempty" doc:"Id of a segment: a saved filter, or a list"`
	Import  string `json:"import,omitempty" doc:"Id of an import: the leads that it has created or changed"`
	Filter  string `json:"filter,omitempty" maxLength:"16000" doc:"In the language of filters (docs/api.md); with a segment, those in both"`
	Words   string `json:"q,omitempty" maxLength:"200" doc:"Words, as q of the list of leads"`
	All     bool   `json:"all,omitempty" doc:"Every lead that you see"`
	AtMost  int    `json:"at_most,omitempty" minimum:"0" doc:"Begin not at all when more leads are found"`
}

// Selection is the audience as other actions on many leads name theirs.
func (a Audience) Selection() bulk.Selection {
	return bulk.Selection{Rule: segment.Rule{Filter: a.Filter, Words: a.Words}, Segment: a.Segment, All: a.All, AtMost: a.AtMost}
}

func (a Audience) faults() []domain.Field {
	chosen := a.Segment != "" || a.Filter != "" || a.Words != ""
	switch {
	case a.Import != "" && (chosen || a.All), a.All && chosen:
		return values.Fault("audience", "is a segment or a filter, or an import, or all: one of them")
	case a.Import == "" && !chosen && !a.All:
		return values.Fault("audience", "names nobody: give a segment, an import or a filter, or say all")
	case a.Segment != "" && !values.IsUUID(a.Segment):
		return values.Fault("audience.segment", "is not the id (a UUID) of a segment")
	case a.Import != "" && !values.IsUUID(a.Import):
		return values.Fault("audience.import", "is not the id (a UUID) of an import")
	case a.AtMost < 0:
		return values.Fault("audience.at_most", "is less than nothing")
	}
	return nil
}

// Schedule says when a campaign begins: at once where nothing is said.
type Schedule struct {
	At       string `json:"at,omitempty" doc:"A time on the clock of the zone, such as 2026-12-01T09:00; empty for at once" example:"2026-12-01T09:00"`
	Zone     string `json:"zone,omitempty" doc:"IANA time zone, such as Europe/Berlin; UTC where nothing is said"`
	LateMins int    `json:"max_late_minutes,omitempty" minimum:"0" maximum:"10080" doc:"Begun later than this after its time (such as after an outage), the campaign is paused instead of sent; 60 where nothing is said"`
}

// late is how late a campaign may begin whose schedule says nothing.
const late = time.Hour

const clock = "2006-01-02T15:04"

// Resolve gives the instant at which a campaign begins, and the latest at which it may. A
// time that the clock of the zone leaves out, when summer time begins, is the one an hour
// later; one that it shows twice is the first.
func (s Schedule) Resolve(now time.Time) (at, latest time.Time, faults []domain.Field) {
	at, wait, faults := s.read()
	switch {
	case faults != nil:
		return at, latest, faults
	case s.At == "":
		return now.UTC(), time.Time{}, nil
	case !at.After(now):
		return at, latest, values.Fault("schedule.at", "has passed")
	case at.Sub(now) > 366*24*time.Hour:
		return at, latest, values.Fault("schedule.at", "is more than a year from now")
	}
	return at.UTC(), at.Add(wait).UTC(), nil
}

// read gives the instant that the schedule names, and how late it may become.
func (s Schedule) read() (at time.Time, wait time.Duration, faults []domain.Field) {
	if s.At == "" {
		if s.Zone != "" || s.LateMins != 0 {
			faults = values.Fault("schedule.at", "is needed where a zone or a lateness is given")
		}
		return at, 0, faults
	}
	zone, err := time.LoadLocation(s.Zone)
	if err != nil || s.Zone == "Local" {
		return at, 0, values.Fault("schedule.zone", "is no IANA time zone, such as Europe/Berlin")
	}
	at, err = time.ParseInLocation(clock, s.At, zone)
	if err != nil {
		return at, 0, values.Fault("schedule.at", "is no time such as 2026-12-01T09:00")
	}
	if first := at.Add(-time.Hour); first.Format(clock) == s.At {
		at = first
	}
	if s.LateMins == 0 {
		return at, late, nil
	}
	if s.LateMins < 0 {
		return at, 0, values.Fault("schedule.max_late_minutes", "is less than nothing")
	}
	return at, time.Duration(s.LateMins) * time.Minute, nil
}

// Identity says how closely what people do with a mail is known.
type Identity string

// The identities.
const (
	Identified Identity = "identified" // who has opened and clicked
	Pseudonym  Identity = "pseudonymous"
	None       Identity = "none" // nothing is followed
)

// Tracking says what of a mail is followed.
type Tracking struct {
	Opens    bool     `json:"opens,omitempty" doc:"By a picture of one dot"`
	Clicks   bool     `json:"clicks,omitempty" doc:"By links that lead through Canvass"`
	Identity Identity `json:"identity,omitempty" enum:"identified,pseudonymous,none" doc:"identified: who has done it; pseudonymous: that somebody has, who is told apart from others and not known; none: nothing is followed"`
}

func (t Tracking) faults() []domain.Field {
	switch t.Identity {
	case "", Identified, Pseudonym:
		return nil
	case None:
		if t.Opens || t.Clicks {
			return values.Fault("tracking.identity", "none follows neither opens nor clicks")
		}
		return nil
	}
	return values.Fault("tracking.identity", "is none of identified, pseudonymous, none")
}

// Guard says by which rates a campaign is paused by itself. Google asks for complaints under
// 0.1 %, and never 0.3 %; Amazon reviews senders from 5 % of returned mail on.
type Guard struct {
	Bounces    float64 `json:"bounces_percent,omitempty" minimum:"0" maximum:"100" doc:"Of returned mail, in percent of what was sent; 5 where nothing is said"`
	Complaints float64 `json:"complaints_percent,omitempty" minimum:"0" maximum:"100" doc:"Of complaints, in percent of what was sent; 0.3 where nothing is said"`
	Floor      int     `json:"floor,omitempty" minimum:"0" maximum:"1000000" doc:"How many mails are sent before a rate says anything; 50 where nothing is said"`
}

var purposes = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)

// MaxName is the longest name, in characters.
const MaxName = 200

// normalised is the plan as it is kept.
func normalised(name string, p Plan) (string, Plan, []domain.Field) {
	name, faults := values.Line("name", name, MaxName)
	if name == "" && faults == nil {
		faults = values.Fault("name", "a campaign needs a name")
	}
	if p.Purpose == "" {
		p.Purpose = "marketing"
	}
	if p.Purpose == "transactional" {
		faults = append(faults, values.Fault("purpose", "a campaign is never transactional: who has ended such mail would get it all the same")...)
	}
	if !purposes.MatchString(p.Purpose) {
		faults = append(faults, values.Fault("purpose", "is a word in small letters, such as marketing")...)
	}
	for _, v := range []struct{ field, id string }{{"sender", p.Sender}, {"template", p.Template}} {
		if !values.IsUUID(v.id) {
			faults = append(faults, values.Fault(v.field, "is not the id (a UUID) of a "+v.field)...)
		}
	}
	words, wrong := values.Line("audience.q", p.Audience.Words, MaxName)
	p.Audience.Words = words
	faults = append(append(append(faults, wrong...), p.Audience.faults()...), p.Tracking.faults()...)
	if _, _, wrong := p.Schedule.read(); wrong != nil {
		faults = append(faults, wrong...)
	}
	if p.PerHour < 0 {
		faults = append(faults, values.Fault("per_hour", "is less than nothing")...)
	}
	if g := p.Guard; g.Bounces < 0 || g.Bounces > 100 || g.Complaints < 0 || g.Complaints > 100 || g.Floor < 0 {
		faults = append(faults, values.Fault("guard", "has rates between 0 and 100")...)
	}
	return name, p, faults
}
