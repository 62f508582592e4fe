// Package enrollment decides what may happen to one person in one campaign: whether the
// mail may go, and what has become of it. The rules:
//
//  1. The stream begins with the first decision. That a mail is dispatched stands in the
//     log before the provider is asked; its outcome behind it. A mail that is dispatched is
//     somebody's until they say what became of it: nobody else sends it.
//  2. Who takes over the mail of a worker that has died goes on in the batch that it was in:
//     what the worker has noted of each mail tells which were never handed over.
//  3. A mail that nobody knows the fate of is in doubt: it is listed, and sent again only if
//     somebody decides so. Whatever is told of it later ends the doubt.
//  4. What is told of a mail counts whatever the order, the delay and the number of times in
//     which it is told.
package enrollment

import (
	"crypto/sha256"
	"maps"
	"slices"
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/mail"
	"github.com/canvass-hq/canvass/domain/suppression"
	"github.com/canvass-hq/canvass/domain/values"
)

// Category names the streams of enrollments.
const Category = "enrollment"

// Stream names the stream of one enrollment.
func Stream(id string) domain.StreamID { return domain.StreamID{Category: Category, ID: id} }

// ID is the id of a person in a campaign: the same whoever makes it.
func ID(campaign, lead string) string {
	hash := sha256.Sum256([]byte(campaign + "|" + lead))
	return suppression.ID(hash[:])
}

// Phase is where a mail to a person stands. Phases are shown and filtered by: they are never
// renamed.
type Phase string

// The phases, in about their order.
const (
	Queued     Phase = "queued"
	Left       Phase = "skipped"
	InFlight   Phase = "dispatched"
	Waiting    Phase = "deferred"
	InDoubt    Phase = "in_doubt"
	Refused    Phase = "failed"
	Taken      Phase = "sent"
	Arrived    Phase = "delivered"
	Returned   Phase = "bounced"
	Complained Phase = "complained"
)

// Phases lists them.
func Phases() []Phase {
	return []Phase{Queued, Left, InFlight, Waiting, InDoubt, Refused, Taken, Arrived, Returned, Complained}
}

// Reason is why a person is not written to. Reasons are stored and shown: they are never
// renamed.
type Reason string

// The reasons.
const (
	NoAddress    Reason = "no_address"
	Suppressed   Reason = "suppressed"
	LeadErased   Reason = "lead_erased"
	LeadDeleted  Reason = "lead_deleted"
	LeadArchived Reason = "lead_archived"
	NotRendered  Reason = "not_rendered" // the template made no mail of this person's values
	Ended        Reason = "campaign_cancelled"
)

// Reasons lists them.
func Reasons() []Reason {
	return []Reason{NoAddress, Suppressed, LeadErased, LeadDeleted, LeadArchived, NotRendered, Ended}
}

// Report is what is told of a mail behind the provider.
type Report string

// The reports.
const (
	Delivered Report = "delivered"
	Delayed   Report = "delayed" // it is still tried: no outcome
	Bounced   Report = "bounced"
	Spam      Report = "complained"
	Dropped   Report = "failed"     // the provider has given it up
	HeldBack  Report = "suppressed" // the provider does not write to the address
)

// ReportKinds lists them.
func ReportKinds() []Report {
	return []Report{Delivered, Delayed, Bounced, Spam, Dropped, HeldBack}
}

// The refusals of an enrollment.
var (
	ErrNotFound   = &domain.Error{Kind: domain.NotFound, Code: "enrollment.not_found", Message: "there is no such recipient"}
	ErrTaken      = &domain.Error{Kind: domain.Conflict, Code: "enrollment.taken", Message: "the mail is another's, or has an outcome"}
	ErrSuppressed = &domain.Error{Kind: domain.Conflict, Code: "enrollment.suppressed", Message: "nothing may be written to the address"}
	ErrNoDoubt    = &domain.Error{Kind: domain.Conflict, Code: "enrollment.no_doubt", Message: "only a mail that is in doubt can be sent again"}
)

// Enrollment is what the rules need to remember of one person in one campaign.
type Enrollment struct {
	Mail     Dispatched // the newest
	Attempts int
	Reports  map[Report]Reported
	Ended    map[suppression.Scope]bool // mail that the person has ended by a link of this one
	Base     Phase                      // as far as we know ourselves
}

// Phase is where the mail stands: what was told of it weighs more than what we know.
func (e Enrollment) Phase() Phase {
	told := func(r Report) bool { _, ok := e.Reports[r]; return ok }
	switch {
	case told(Spam):
		return Complained
	case e.bounced():
		return Returned
	case told(Delivered):
		return Arrived
	case told(Dropped), told(HeldBack):
		return Refused
	case len(e.Reports) > 0 && (e.Base == InDoubt || e.Base == InFlight):
		return Taken
	}
	return e.Base
}

// bounced says that the mail has come back. One that came back softly and is told of as
// delivered too was tried again in between; another has come back later.
func (e Enrollment) bounced() bool {
	r, ok := e.Reports[Bounced]
	_, arrived := e.Reports[Delivered]
	return ok && (!arrived || r.Bounce != Soft)
}

// Evolve folds one fact into the state.
func (e Enrollment) Evolve(fact Event) Enrollment {
	switch f := fact.(type) {
	case Skipped:
		e.Base, e.Mail.Campaign, e.Mail.Lead = Left, f.Campaign, f.Lead
	case Dispatched:
		e.Base, e.Mail = InFlight, f
		e.Attempts++
	case Sent:
		e.Base = Taken
	case Failed:
		e.Base = Refused
	case Deferred:
		e.Base = Waiting
	case Doubted:
		e.Base = InDoubt
	case Requeued:
		e.Base = Waiting
	case Reported:
		e.Reports = maps.Clone(e.Reports)
		if e.Reports == nil {
			e.Reports = map[Report]Reported{}
		}
		if before, ok := e.Reports[f.Kind]; !ok || f.before(before) {
			e.Reports[f.Kind] = f
		}
	case Unsubscribed:
		ended := maps.Clone(e.Ended)
		if ended == nil {
			ended = map[suppression.Scope]bool{}
		}
		ended[f.Scope] = true
		e.Ended = ended
	}
	return e
}

// before orders reports of one kind, so that which of them is kept does not depend on which
// came first.
func (r Reported) before(o Reported) bool {
	if n := slices.Index(bounces, r.Bounce) - slices.Index(bounces, o.Bounce); n != 0 {
		return n < 0
	}
	if !r.At.Equal(o.At) {
		return r.At.Before(o.At)
	}
	return r.Code < o.Code
}

// Dispatch takes the mail to hand it over, unless the address is not to be written to.
func (e Enrollment) Dispatch(d Dispatched, address suppression.Suppression, purpose string) ([]Event, error) {
	if e.Base != "" && e.Phase() != Waiting {
		return nil, ErrTaken
	}
	if _, _, blocked := address.Blocks(suppression.Mail{Purpose: purpose, Campaign: d.Campaign}); blocked {
		return nil, ErrSuppressed
	}
	return []Event{d}, nil
}

// Skip says that the person is not written to.
func (e Enrollment) Skip(s Skipped) ([]Event, error) {
	if e.Base != "" && e.Phase() != Waiting {
		return nil, ErrTaken
	}
	return []Event{s}, nil
}

// Record says what became of a mail of a batch: Sent, Failed, Deferred or Doubted. An
// outcome of a batch that has lost the mail is only told where it ends a doubt.
func (e Enrollment) Record(batch string, outcome Event) ([]Event, error) {
	_, doubts := outcome.(Doubted)
	_, sent := outcome.(Sent)
	switch phase := e.Phase(); {
	case e.Base == "":
		return nil, ErrNotFound
	case e.Base == InFlight && e.Mail.Batch == batch && (phase == InFlight || sent):
		return []Event{outcome}, nil
	case e.Base == InDoubt && e.Mail.Batch == batch && !doubts:
		return []Event{outcome}, nil
	}
	return nil, nil
}

// Tell notes what is told of a mail. What was told before, and nothing new by which it would
// be known better, is no fact.
func (e Enrollment) Tell(r Reported) ([]Event, error) {
	if e.Base == "" || e.Base == Left {
		return nil, ErrNotFound
	}
	if r.Kind != Bounced {
		r.Bounce = ""
	}
	r.At = r.At.UTC()
	if before, ok := e.Reports[r.Kind]; ok && !r.before(before) {
		return nil, nil
	}
	return []Event{r}, nil
}

// Requeue sends a mail again that is in doubt: somebody has decided that twice is better
// than never.
func (e Enrollment) Requeue() ([]Event, error) {
	switch {
	case e.Base == "":
		return nil, ErrNotFound
	case e.Phase() != InDoubt:
		return nil, ErrNoDoubt
	}
	return []Event{Requeued{}}, nil
}

// Unsubscribe notes that the person has ended mail by a link of this one.
func (e Enrollment) Unsubscribe(scope suppression.Scope) ([]Event, error) {
	if e.Base == "" {
		return nil, ErrNotFound
	}
	if e.Ended[scope] {
		return nil, nil
	}
	return []Event{Unsubscribed{Scope: scope}}, nil
}

// MaxValue is the longest value of a person that stands in a mail, in characters.
const MaxValue = 1_000

// Short is a value as it stands in a mail.
func Short(v string) string {
	v, faults := values.ProseUpTo("", v, MaxValue)
	if faults != nil {
		return ""
	}
	return v
}

// Retry is from when on a mail is tried again that was not taken: later each time. It is
// given up a day after it was dispatched first, for as long do providers know its key.
func Retry(attempts int, now time.Time) time.Time {
	wait := time.Minute << min(max(attempts-1, 0), 7) // up to about two hours
	return now.Add(wait).UTC()
}

// Patience is for how long a mail is tried again.
const Patience = 20 * time.Hour

// Outcome is the fact by which a mail ends that a provider has answered; first is when it
// was dispatched first.
func Outcome(providerID string, failed *mail.Error, attempts int, first, now time.Time) Event {
	switch {
	case failed == nil:
		return Sent{ProviderID: providerID}
	case failed.Class == mail.InDoubt:
		return Doubted{}
	case failed.Temporary && now.Sub(first) < Patience:
		return Deferred{Class: failed.Class, Code: failed.Code, Until: Retry(attempts, now)}
	}
	return Failed{Class: failed.Class, Code: failed.Code}
}
