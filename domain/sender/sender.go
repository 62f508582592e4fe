// Package sender decides whom mail may be from, and how much of it. The rules:
//
//  1. A sender has an address of the organization's own, and sends nothing that leaves the
//     machine before the names of its domain (DNS) say that it may: SPF, DKIM and DMARC,
//     as Google and Yahoo ask of who sends in bulk. Somebody may take it on themselves
//     instead, and says why. Another address is checked anew.
//  2. It has caps, for a day and for an hour on the clock of its zone. A new one starts small
//     where it has a ramp: so many on the first day, so much more each day.
//  3. What is sent is taken from the caps before it is sent, in the log: two workers cannot
//     take the same.
package sender

import (
	"net/mail"
	"strings"
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/values"
)

// Category names the streams of senders.
const Category = "sender"

// Stream names the stream of one sender.
func Stream(id string) domain.StreamID { return domain.StreamID{Category: Category, ID: id} }

// Provider is what a sender sends by.
type Provider string

// The providers. Default is what the installation sends by.
const (
	Default Provider = ""
	SMTP    Provider = "smtp"
	Resend  Provider = "resend"
)

// Details are what somebody says of a sender.
type Details struct {
	Name     string   `json:"name" doc:"As people read it" example:"Ada of Canvass"`
	Email    string   `json:"email" doc:"The address that mail is from" example:"ada@mail.canvass.example"`
	ReplyTo  string   `json:"reply_to,omitempty" doc:"Where answers go; the address itself where nothing is said"`
	Provider Provider `json:"provider,omitempty" enum:"smtp,resend" doc:"What it sends by: what the installation does where nothing is said"`
	Zone     string   `json:"zone,omitempty" doc:"IANA time zone by whose clock days and hours are counted; UTC where nothing is said" example:"Europe/Berlin"`
	Limits   Limits   `json:"limits,omitzero"`
}

// Limits is how much a sender sends.
type Limits struct {
	PerDay    int  `json:"per_day,omitempty" minimum:"0" maximum:"100000000" doc:"0 for any number"`
	PerHour   int  `json:"per_hour,omitempty" minimum:"0" maximum:"100000000" doc:"0 for any number"`
	PerDomain int  `json:"per_domain_hour,omitempty" minimum:"0" maximum:"100000000" doc:"Mails an hour to addresses of one domain, evenly; 0 for any number"`
	Gap       int  `json:"gap_seconds,omitempty" minimum:"0" maximum:"86400" doc:"At least so many seconds between two mails"`
	Ramp      Ramp `json:"ramp,omitzero" doc:"A new sender starts small"`
}

// Ramp lets a new sender grow: so many mails on its first day, and each day so many percent
// more, until its cap for a day.
type Ramp struct {
	Start   int    `json:"start,omitempty" minimum:"0" maximum:"1000000" doc:"Mails on the first day; 0 for no ramp"`
	Percent int    `json:"growth_percent,omitempty" minimum:"0" maximum:"1000" doc:"More on each day; 50 where nothing is said"`
	From    string `json:"from,omitempty" doc:"The first day; that of the sender's beginning where nothing is said" example:"2026-12-01"`
}

// State of one part of the check.
type State string

// The states.
const (
	Pass    State = "pass"
	Missing State = "missing"
	Wrong   State = "wrong"   // it is there, and does not let us send
	Unknown State = "unknown" // nobody could be asked
)

// Check is what the names of a domain tell of who may send for it.
type Check struct {
	SPF   State `json:"spf" enum:"pass,missing,wrong,unknown"`
	DKIM  State `json:"dkim" enum:"pass,missing,wrong,unknown"`
	DMARC State `json:"dmarc" enum:"pass,missing,wrong,unknown"`
}

// Passed tells whether all of it is well.
func (c Check) Passed() bool { return c.SPF == Pass && c.DKIM == Pass && c.DMARC == Pass }

// The refusals of a sender.
var (
	ErrNotFound  = &domain.Error{Kind: domain.NotFound, Code: "sender.not_found", Message: "there is no such sender"}
	ErrExists    = &domain.Error{Kind: domain.Conflict, Code: "sender.exists", Message: "the sender exists already"}
	ErrUnchecked = &domain.Error{Kind: domain.Conflict, Code: "sender.unchecked", Message: "SPF, DKIM and DMARC of the sender's domain do not all let it send: set them and check again, or take it on yourself (trust)"}
	ErrSpent     = &domain.Error{Kind: domain.Conflict, Code: "sender.spent", Message: "the sender has sent what it may for now"}
)

// EmailClaim is the scope in which an address belongs to one sender.
const EmailClaim = "sender.email"

// Sender is what the rules need to remember of one sender.
type Sender struct {
	Details
	Check     Check
	CheckedAt time.Time
	Vouched   bool
	Deleted   bool
	known     bool
}

// Evolve folds one fact into the state.
func (s Sender) Evolve(e Event) Sender {
	switch e := e.(type) {
	case Created:
		s.Details, s.known = e.Details, true
	case Changed:
		if e.Email != s.Email {
			s.Check, s.CheckedAt, s.Vouched = Check{}, time.Time{}, false
		}
		s.Details = e.Details
	case Checked:
		s.Check, s.CheckedAt = e.Result, e.At
	case Trusted:
		s.Vouched = true
	case Deleted:
		s.Deleted = true
	case Restored:
		s.Deleted = false
	}
	return s
}

// Claims implements domain.Claimant.
func (s Sender) Claims() []domain.Claim {
	if !s.known || s.Deleted {
		return nil
	}
	return []domain.Claim{{Scope: EmailClaim, Value: s.Email}}
}

// Ready tells whether mail of the sender may leave the machine.
func (s Sender) Ready() bool { return s.Vouched || s.Check.Passed() }

// From is the sender as it stands in the head of a mail.
func (s Sender) From() string { return (&mail.Address{Name: s.Name, Address: s.Email}).String() }

// Domain is that of the sender's address.
func (s Sender) Domain() string { return DomainOf(s.Email) }

// DomainOf is the domain of an address.
func DomainOf(email string) string { return email[strings.LastIndexByte(email, '@')+1:] }

func normalised(d Details) (Details, []domain.Field) {
	name, faults := values.Line("name", d.Name, 200)
	if name == "" && faults == nil {
		faults = values.Fault("name", "a sender needs a name")
	}
	email, wrong := lead.MailAddress("email", d.Email)
	d.Name, d.Email, faults = name, email, append(faults, wrong...)
	if d.ReplyTo != "" {
		d.ReplyTo, wrong = lead.MailAddress("reply_to", d.ReplyTo)
		faults = append(faults, wrong...)
	}
	if d.Provider != Default && d.Provider != SMTP && d.Provider != Resend {
		faults = append(faults, values.Fault("provider", "is none of smtp, resend")...)
	}
	if _, err := time.LoadLocation(d.Zone); err != nil || d.Zone == "Local" {
		faults = append(faults, values.Fault("zone", "is no IANA time zone, such as Europe/Berlin")...)
	}
	l := d.Limits
	if l.PerDay < 0 || l.PerHour < 0 || l.PerDomain < 0 || l.Gap < 0 || l.Ramp.Start < 0 || l.Ramp.Percent < 0 {
		faults = append(faults, values.Fault("limits", "are numbers from 0 on")...)
	}
	if _, err := time.Parse(time.DateOnly, l.Ramp.From); l.Ramp.From != "" && err != nil {
		faults = append(faults, values.Fault("limits.ramp.from", "is no day such as 2026-12-01")...)
	}
	if l.Ramp.Start == 0 && l.Ramp != (Ramp{}) {
		faults = append(faults, values.Fault("limits.ramp.start", "is needed for a ramp")...)
	}
	return d, faults
}

// Create opens a sender; day is today, in its zone, on which a ramp begins that names no day.
func (s Sender) Create(d Details, now time.Time) ([]Event, error) {
	if s.known {
		return nil, ErrExists
	}
	d, faults := normalised(d)
	if err := domain.Refuse(faults); err != nil {
		return nil, err
	}
	return []Event{Created{d.begun(now)}}, nil
}

// begun gives a ramp its first day.
func (d Details) begun(now time.Time) Details {
	if d.Limits.Ramp.Start > 0 && d.Limits.Ramp.From == "" {
		d.Limits.Ramp.From = now.In(d.zone()).Format(time.DateOnly)
	}
	return d
}

func (d Details) zone() *time.Location {
	zone, err := time.LoadLocation(d.Zone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// Change gives it other details.
func (s Sender) Change(d Details, now time.Time) ([]Event, error) {
	if err := s.there(); err != nil {
		return nil, err
	}
	d, faults := normalised(d)
	if err := domain.Refuse(faults); err != nil {
		return nil, err
	}
	if d = d.begun(now); d == s.Details {
		return nil, nil
	}
	return []Event{Changed{d}}, nil
}

// RecordCheck notes what the names of a domain tell. They were asked before: of an address
// that the sender has no more they say nothing.
func (s Sender) RecordCheck(of string, c Check, now time.Time) ([]Event, error) {
	if err := s.there(); err != nil || s.Domain() != of {
		return nil, err
	}
	return []Event{Checked{Result: c, At: now.UTC()}}, nil
}

// Trust lets it send without the check, for a reason.
func (s Sender) Trust(note string) ([]Event, error) {
	if err := s.there(); err != nil {
		return nil, err
	}
	note, faults := values.Line("note", note, 500)
	if note == "" && faults == nil {
		faults = values.Fault("note", "says why the check is not needed")
	}
	if err := domain.Refuse(faults); err != nil || s.Vouched {
		return nil, err
	}
	return []Event{Trusted{Note: note}}, nil
}

// Delete takes the sender away: campaigns of it send nothing more.
func (s Sender) Delete() ([]Event, error) {
	switch {
	case !s.known:
		return nil, ErrNotFound
	case s.Deleted:
		return nil, nil
	}
	return []Event{Deleted{}}, nil
}

// Restore brings it back.
func (s Sender) Restore() ([]Event, error) {
	switch {
	case !s.known:
		return nil, ErrNotFound
	case !s.Deleted:
		return nil, nil
	}
	return []Event{Restored{}}, nil
}

func (s Sender) there() error {
	if !s.known || s.Deleted {
		return ErrNotFound
	}
	return nil
}
