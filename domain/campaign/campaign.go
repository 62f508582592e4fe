// Package campaign decides what may happen to one campaign: the same mail to many people.
// The rules:
//
//  1. A plan can be changed until it is launched; then it is what is sent: the template as
//     it was, to the audience of the moment at which it begins, settled for good.
//  2. It begins at its time, or not at all: too late it is paused, and somebody decides.
//  3. Pausing, going on and cancelling hold for every mail that has not been handed over.
//     What was cancelled or completed stays so.
//  4. When too much of the last days comes back or is complained of, of the campaign or of all
//     campaigns of its sender, it is paused, and the numbers stand in the fact; only somebody
//     lets it go on.
package campaign

import (
	"fmt"
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/values"
)

// Category names the streams of campaigns.
const Category = "campaign"

// Stream names the stream of one campaign.
func Stream(id string) domain.StreamID { return domain.StreamID{Category: Category, ID: id} }

// Phase is where a campaign stands. Phases are stored and shown: they are never renamed.
type Phase string

// The phases.
const (
	Draft     Phase = "draft"
	Scheduled Phase = "scheduled" // launched, and its audience is not settled
	Running   Phase = "running"
	Stopped   Phase = "paused"
	Done      Phase = "completed"
	Dead      Phase = "cancelled"
	Broken    Phase = "failed" // it could not begin
)

// PauseReason is why a campaign is paused.
type PauseReason string

// The reasons.
const (
	ByHand      PauseReason = "requested"
	TooLate     PauseReason = "too_late"
	TooBounced  PauseReason = "bounces"
	TooComplain PauseReason = "complaints"
	NoSender    PauseReason = "sender"       // it is gone, or its domain does not let it send any more
	NoPlan      PauseReason = "organization" // its plan lets the organization read only
)

// Numbers are those by which a guardrail has decided.
type Numbers struct {
	Sent       int     `json:"sent"`
	Bounced    int     `json:"bounced"`
	Complained int     `json:"complained"`
	Limit      float64 `json:"limit_percent"`
	Days       int     `json:"days,omitempty" doc:"Of the mail of so many days, today among them"`
	Sender     bool    `json:"sender,omitempty" doc:"Of all campaigns of the sender"`
}

// GuardDays is of how many days a guardrail counts the mail.
const GuardDays = 7

// The refusals of a campaign.
var (
	ErrNotFound = &domain.Error{Kind: domain.NotFound, Code: "campaign.not_found", Message: "there is no such campaign"}
	ErrExists   = &domain.Error{Kind: domain.Conflict, Code: "campaign.exists", Message: "the campaign exists already"}
	ErrLaunched = &domain.Error{Kind: domain.Conflict, Code: "campaign.launched", Message: "the campaign was launched: it can be paused or cancelled, not changed or launched again"}
	ErrPhase    = &domain.Error{Kind: domain.Conflict, Code: "campaign.status_not_allowed", Message: "the campaign does not stand where this can be done"}
)

// Campaign is what the rules need to remember of one campaign.
type Campaign struct {
	Name      string
	Plan      Plan
	Phase     Phase
	Launch    Launched
	Paused    bool
	Why       PauseReason
	People    int
	Parts     int
	Frozen    bool
	Started   bool // the lateness was judged, or somebody has decided to begin all the same
	Deleted   bool
	overruled map[PauseReason]bool
}

// Evolve folds one fact into the state.
func (c Campaign) Evolve(e Event) Campaign {
	switch e := e.(type) {
	case Created:
		c.Name, c.Plan, c.Phase = e.Name, e.Plan, Draft
	case Changed:
		c.Name, c.Plan = e.Name, e.Plan
	case Deleted:
		c.Deleted = true
	case Launched:
		c.Launch, c.Phase = e, Scheduled
	case Frozen:
		c.People, c.Parts, c.Frozen = e.People, e.Parts, true
		c.Phase = c.going()
	case Paused:
		c.Paused, c.Why, c.Phase = true, e.Reason, Stopped
	case Resumed:
		c.Started = c.Started || c.Why == TooLate
		if c.Why != ByHand {
			overruled := map[PauseReason]bool{c.Why: true}
			for r := range c.overruled {
				overruled[r] = true
			}
			c.overruled = overruled
		}
		c.Paused, c.Why = false, ""
		c.Phase = c.going()
	case Cancelled:
		c.Phase = Dead
	case Failed:
		c.Phase = Broken
	case Completed:
		c.Phase = Done
	}
	return c
}

func (c Campaign) going() Phase {
	switch {
	case c.Paused:
		return Stopped
	case c.Frozen:
		return Running
	}
	return Scheduled
}

// Create opens a campaign.
func (c Campaign) Create(name string, p Plan) ([]Event, error) {
	if c.Phase != "" {
		return nil, ErrExists
	}
	name, p, faults := normalised(name, p)
	if err := domain.Refuse(faults); err != nil {
		return nil, err
	}
	return []Event{Created{Name: name, Plan: p}}, nil
}

// Change gives a campaign that was not launched another name or plan.
func (c Campaign) Change(name string, p Plan) ([]Event, error) {
	if err := c.draft(); err != nil {
		return nil, err
	}
	name, p, faults := normalised(name, p)
	if err := domain.Refuse(faults); err != nil {
		return nil, err
	}
	if name == c.Name && p == c.Plan {
		return nil, nil
	}
	return []Event{Changed{Name: name, Plan: p}}, nil
}

// Delete takes a campaign away that was not launched.
func (c Campaign) Delete() ([]Event, error) {
	if c.Deleted {
		return nil, nil
	}
	if err := c.draft(); err != nil {
		return nil, err
	}
	return []Event{Deleted{}}, nil
}

func (c Campaign) draft() error {
	switch {
	case c.Phase == "" || c.Deleted:
		return ErrNotFound
	case c.Phase != Draft:
		return ErrLaunched
	}
	return nil
}

// LaunchAt starts the campaign at its time, with a revision of the template.
func (c Campaign) LaunchAt(revision int, role string, teams []string, now time.Time) ([]Event, error) {
	if err := c.draft(); err != nil {
		return nil, err
	}
	at, latest, faults := c.Plan.Schedule.Resolve(now)
	if err := domain.Refuse(faults); err != nil {
		return nil, err
	}
	return []Event{Launched{Revision: revision, At: at, Latest: latest, Role: role, Teams: teams}}, nil
}

// Begin tells whether the audience may be settled now: a campaign that is too late is paused
// instead.
func (c Campaign) Begin(now time.Time) ([]Event, error) {
	switch {
	case c.Phase == "" || c.Deleted:
		return nil, ErrNotFound
	case c.Phase != Scheduled:
		return nil, ErrPhase
	case !c.Launch.Latest.IsZero() && now.After(c.Launch.Latest) && !c.Started:
		return []Event{Paused{Reason: TooLate}}, nil
	}
	return nil, nil
}

// Freeze notes that the audience is settled.
func (c Campaign) Freeze(people, parts int) ([]Event, error) {
	if c.Frozen || c.Phase == Dead {
		return nil, nil
	}
	if c.Phase != Scheduled && c.Phase != Stopped {
		return nil, ErrPhase
	}
	facts := []Event{Frozen{People: people, Parts: parts}}
	if people == 0 {
		return []Event{Failed{Code: "campaign.empty", Message: "nobody is in the audience"}}, nil
	}
	return facts, nil
}

// Fail notes why the campaign could not begin.
func (c Campaign) Fail(code, message string) ([]Event, error) {
	if c.Phase != Scheduled {
		return nil, nil
	}
	return []Event{Failed{Code: code, Message: message}}, nil
}

// Pause stops the campaign.
func (c Campaign) Pause(note string) ([]Event, error) {
	if c.Phase == Stopped {
		return nil, nil
	}
	if c.Phase != Scheduled && c.Phase != Running {
		return nil, c.phaseFault()
	}
	note, faults := values.Line("note", note, MaxName)
	if err := domain.Refuse(faults); err != nil {
		return nil, err
	}
	return []Event{Paused{Reason: ByHand, Note: note}}, nil
}

// Hold stops the campaign, for its sender or its organization may not send.
func (c Campaign) Hold(why PauseReason) ([]Event, error) {
	if c.Phase != Running && c.Phase != Scheduled {
		return nil, nil
	}
	return []Event{Paused{Reason: why}}, nil
}

// Guarded stops the campaign when too much has come back or is complained of, of any mail that
// was counted. What somebody has overruled stops it no more.
func (c Campaign) Guarded(counted []Numbers) ([]Event, error) {
	if c.Phase != Running {
		return nil, nil
	}
	g := c.Plan.Guard
	for _, n := range counted {
		if n.Sent < orInt(g.Floor, 50) {
			continue
		}
		for _, rule := range []struct {
			reason PauseReason
			count  int
			limit  float64
		}{{TooComplain, n.Complained, orFloat(g.Complaints, 0.3)}, {TooBounced, n.Bounced, orFloat(g.Bounces, 5)}} {
			if !c.overruled[rule.reason] && float64(rule.count)*100 >= rule.limit*float64(n.Sent) && rule.count > 0 {
				n.Limit = rule.limit
				return []Event{Paused{Reason: rule.reason, Numbers: &n}}, nil
			}
		}
	}
	return nil, nil
}

func orInt(n, other int) int {
	if n == 0 {
		return other
	}
	return n
}

func orFloat(n, other float64) float64 {
	if n == 0 {
		return other
	}
	return n
}

// Resume lets the campaign go on.
func (c Campaign) Resume() ([]Event, error) {
	switch c.Phase {
	case Stopped:
		return []Event{Resumed{}}, nil
	case Running, Scheduled:
		return nil, nil
	case Draft, Done, Dead, Broken:
	}
	return nil, c.phaseFault()
}

// Cancel ends the campaign.
func (c Campaign) Cancel() ([]Event, error) {
	switch c.Phase {
	case Scheduled, Running, Stopped:
		return []Event{Cancelled{}}, nil
	case Dead:
		return nil, nil
	case Draft, Done, Broken:
	}
	return nil, c.phaseFault()
}

// Complete notes that everybody has an outcome.
func (c Campaign) Complete() ([]Event, error) {
	if c.Phase != Running {
		return nil, nil
	}
	return []Event{Completed{}}, nil
}

func (c Campaign) phaseFault() error {
	if c.Phase == "" || c.Deleted {
		return ErrNotFound
	}
	e := *ErrPhase
	e.Message = fmt.Sprintf("the campaign is %s: this cannot be done to it", c.Phase)
	return &e
}
