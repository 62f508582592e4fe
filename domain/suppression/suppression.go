// Package suppression decides what may not be written to one mail address. The rules:
//
//  1. A suppression belongs to an address, not to a lead: deleting, erasing, merging or
//     importing leads leaves it as it is. It is known by a keyed hash of the address.
//  2. It has a scope: everything, a purpose (such as marketing), or one campaign. What
//     bounced for good, and what was complained of, is everything. Transactional mail is
//     kept back by a suppression of everything only.
//  3. Whoever has the last word keeps it: the person before a member, a member before the
//     system. A weaker one changes nothing, and nor does the same one again.
//  4. What a person has ended needs their new consent, given later than they ended it, to
//     be lifted; anything else needs a reason.
//  5. Mail that comes back softly ends nothing, unless it does so several times in a row with
//     none that arrives in between.
//  6. Who unsubscribes by a link is known by the link, whatever became of the lead.
//  7. Asking for what is already so decides nothing.
//  8. What stands in a file is what the member says who brings it in: of whoever has
//     unsubscribed elsewhere, that they have asked for it. When that was is not known to us.
package suppression

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/values"
)

// The refusals of a suppression.
var (
	ErrNotFound = &domain.Error{Kind: domain.NotFound, Code: "suppression.not_found", Message: "nothing is suppressed for this address"}
	ErrConsent  = &domain.Error{Kind: domain.Conflict, Code: "suppression.consent", Message: "the person has ended this mail: only their new consent, given since, lets it be written again"}
)

// Category names the streams of suppressions.
const Category = "suppression"

// Stream names the stream of one suppression.
func Stream(id string) domain.StreamID { return domain.StreamID{Category: Category, ID: id} }

// KeyPurpose tells the keyed hash of an address from other hashes of an organization.
const KeyPurpose = "suppression"

// ID is the id of an address's suppression, of its keyed hash: a UUID (RFC 9562, version 8).
func ID(hash []byte) string {
	b := slices.Clone(hash[:16])
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Scope is what may not be written: All, "purpose:NAME" or "campaign:ID".
type Scope string

// All is every mail, transactional mail too.
const All Scope = "all"

// Marketing is what somebody unsubscribes from who says no more.
const Marketing Scope = "purpose:marketing"

var purposes = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)

func (s Scope) fault() []domain.Field {
	purpose, named := strings.CutPrefix(string(s), "purpose:")
	campaign, one := strings.CutPrefix(string(s), "campaign:")
	if s == All || named && purposes.MatchString(purpose) || one && values.IsUUID(campaign) {
		return nil
	}
	return values.Fault("scope", "is all, purpose:NAME (in small letters, such as purpose:marketing) or campaign:ID (a UUID)")
}

// Reason is why something may not be written. Reasons are stored and shown: they are never
// renamed.
type Reason string

// The reasons.
const (
	Unsubscribed Reason = "unsubscribed" // the person has ended it
	Complained   Reason = "complained"   // the person has called it spam
	Requested    Reason = "requested"    // the person has asked a member to end it
	Bounced      Reason = "bounced"      // the address takes nothing, for good
	Manual       Reason = "manual"       // a member has decided it
	Listed       Reason = "listed"       // it stood in a list that was brought in
)

func (r Reason) fault() []domain.Field {
	if slices.Contains([]Reason{Unsubscribed, Complained, Requested, Bounced, Manual, Listed}, r) {
		return nil
	}
	return values.Fault("reason", "is none that mail can be ended for")
}

// persons are the reasons by which the person has decided, whoever has written it down.
var persons = map[Reason]bool{Unsubscribed: true, Complained: true, Requested: true}

// Decider is who has decided.
type Decider string

// The deciders, from the weakest.
const (
	BySystem  Decider = "system"
	ByMember  Decider = "member"
	BySubject Decider = "subject"
)

// Entry is what holds for one scope.
type Entry struct {
	Reason Reason    `json:"reason"`
	By     Decider   `json:"by" doc:"Who has decided: the person (subject), a member, or the system"`
	At     time.Time `json:"at"`
	Note   string    `json:"note,omitempty"`
}

// strength orders entries: who decided, and whether the person has.
func (e Entry) strength() int {
	n := slices.Index([]Decider{BySystem, ByMember, BySubject}, e.By) * 2
	if persons[e.Reason] {
		n++
	}
	return n
}

// Consent is what allows mail to be written again to somebody who has ended it.
type Consent struct {
	Source  string    `json:"source,omitempty" doc:"Where it was given, such as a form's address"`
	GivenAt time.Time `json:"given_at,omitzero" doc:"After the person ended it"`
}

// MaxNote is the longest note, and the longest source of a consent, in characters.
const MaxNote = 500

// Suppression is what the rules need to remember of one address.
type Suppression struct {
	Entries   map[Scope]Entry
	Email     string
	Known     bool
	Forgotten bool
	Soft      int // mails in a row that have come back softly
}

// SoftInRow is how many mails in a row come back softly from an address that takes nothing.
const SoftInRow = 5

// Evolve folds one fact into the state.
func (s Suppression) Evolve(e Event) Suppression {
	switch e := e.(type) {
	case Added:
		s.Entries = maps.Clone(s.Entries)
		if s.Entries == nil {
			s.Entries = map[Scope]Entry{}
		}
		s.Entries[e.Scope] = Entry{Reason: e.Reason, By: e.By, At: e.At, Note: e.Note}
		s.Email, s.Known = cmp.Or(e.Email, s.Email), true
	case Lifted:
		s.Entries = maps.Clone(s.Entries)
		delete(s.Entries, e.Scope)
	case BouncedSoftly:
		s.Soft++
	case Recovered:
		s.Soft = 0
	case Forgotten:
		s.Email, s.Forgotten = "", true
		s.Entries = maps.Clone(s.Entries)
		for scope, e := range s.Entries {
			e.Note = ""
			s.Entries[scope] = e
		}
	}
	return s
}

// Suppress ends mail of a scope to the address.
func (s Suppression) Suppress(email string, scope Scope, reason Reason, by Decider, note string, now time.Time) ([]Event, error) {
	if reason == Complained || reason == Bounced {
		scope = All
	}
	email, faults := lead.MailAddress("email", email)
	faults = append(append(faults, scope.fault()...), reason.fault()...)
	note, wrong := values.Line("note", note, MaxNote)
	if err := domain.Refuse(append(faults, wrong...)); err != nil {
		return nil, err
	}
	entry := Entry{Reason: reason, By: by, At: now.UTC(), Note: note}
	if before, there := s.Entries[scope]; there && before.strength() >= entry.strength() {
		return nil, nil
	}
	if s.Forgotten { // it is known by its hash alone, for good
		email, note = "", ""
	}
	return []Event{Added{Scope: scope, Reason: reason, By: by, At: entry.At, Email: email, Note: note}}, nil
}

// End ends mail of a scope for an address that may be known by its hash alone: somebody has
// followed a link that proves it, or the address has been told to be of no use.
func (s Suppression) End(email string, scope Scope, reason Reason, by Decider, now time.Time) ([]Event, error) {
	if s.Forgotten || lead.Address(email) != email {
		email = ""
	}
	if reason == Complained || reason == Bounced {
		scope = All
	}
	if err := domain.Refuse(append(scope.fault(), reason.fault()...)); err != nil {
		return nil, err
	}
	entry := Entry{Reason: reason, By: by, At: now.UTC()}
	if before, there := s.Entries[scope]; there && before.strength() >= entry.strength() {
		return nil, nil
	}
	return []Event{Added{Scope: scope, Reason: reason, By: by, At: entry.At, Email: email}}, nil
}

// BounceSoftly counts a mail that has come back for a reason that may pass.
func (s Suppression) BounceSoftly(email string, now time.Time) ([]Event, error) {
	facts := []Event{BouncedSoftly{}}
	if s.Soft+1 < SoftInRow {
		return facts, nil
	}
	ended, err := s.End(email, All, Bounced, BySystem, now)
	return append(facts, ended...), err
}

// Recover notes that a mail has arrived.
func (s Suppression) Recover() ([]Event, error) {
	if s.Soft == 0 {
		return nil, nil
	}
	return []Event{Recovered{}}, nil
}

// Lift lets mail of a scope be written again.
func (s Suppression) Lift(scope Scope, c Consent, note string, now time.Time) ([]Event, error) {
	if !s.Known {
		return nil, ErrNotFound
	}
	faults := scope.fault()
	source, wrong := values.Line("consent.source", c.Source, MaxNote)
	faults = append(faults, wrong...)
	note, wrong = values.Line("note", note, MaxNote)
	faults = append(faults, wrong...)
	entry, there := s.Entries[scope]
	if !there && faults == nil {
		return nil, nil
	}
	c = Consent{Source: source, GivenAt: c.GivenAt.UTC()}
	switch byPerson := entry.By == BySubject || persons[entry.Reason]; {
	case byPerson && source == "" && c.GivenAt.IsZero() && faults == nil:
		return nil, ErrConsent
	case source == "" != c.GivenAt.IsZero():
		faults = append(faults, values.Fault("consent", "tells where it was given (source) and when (given_at)")...)
	case c.GivenAt.After(now):
		faults = append(faults, values.Fault("consent.given_at", "is yet to come")...)
	case byPerson && !c.GivenAt.After(entry.At) && faults == nil:
		return nil, ErrConsent
	case note == "" && source == "":
		faults = append(faults, values.Fault("note", "says why it is lifted")...)
	}
	if err := domain.Refuse(faults); err != nil {
		return nil, err
	}
	if s.Forgotten {
		c.Source, note = "", ""
	}
	return []Event{Lifted{Scope: scope, Consent: c, Note: note}}, nil
}

// Forget forgets the address of somebody who is erased, and keeps what may not be written.
func (s Suppression) Forget() ([]Event, error) {
	if !s.Known || s.Forgotten {
		return nil, nil
	}
	return []Event{Forgotten{}}, nil
}

// Mail is what is about to be written.
type Mail struct {
	Purpose       string
	Campaign      string
	Transactional bool // not to sell: an invitation, a receipt
}

// Blocks gives the scope that keeps a mail back, and why; ok is false where it may go.
func (s Suppression) Blocks(m Mail) (scope Scope, why Entry, ok bool) {
	scopes := []Scope{All}
	if !m.Transactional {
		scopes = append(scopes, Scope("purpose:"+m.Purpose), Scope("campaign:"+m.Campaign))
	}
	for _, scope := range scopes {
		if e, there := s.Entries[scope]; there {
			return scope, e, true
		}
	}
	return "", Entry{}, false
}
