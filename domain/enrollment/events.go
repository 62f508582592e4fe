package enrollment

import (
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/mail"
	"github.com/canvass-hq/canvass/domain/suppression"
)

// Event is a fact about one person in one campaign.
//
//sumtype:decl
type Event interface{ isEnrollment() }

// Skipped says that the person is written to never by this campaign, and why.
type Skipped struct {
	Campaign string            `json:"campaign"`
	Lead     string            `json:"lead"`
	Reason   Reason            `json:"reason"`
	Scope    suppression.Scope `json:"scope,omitempty"` // what holds the mail back, where something does
}

// Dispatched says that a mail is about to be handed over. It is in the log before anybody
// outside hears of the mail: whoever finds it without an outcome must find out before the
// mail is sent again.
type Dispatched struct {
	Campaign    string            `json:"campaign"`
	Lead        string            `json:"lead"`
	Batch       string            `json:"batch"` // the mails that a worker has taken together: its lease
	N           int               `json:"n"`     // the place in it
	Key         string            `json:"key"`   // the same for the same mail, to the provider
	MessageID   string            `json:"message_id"`
	Template    string            `json:"template"`
	Revision    int               `json:"revision"`
	Suppression string            `json:"suppression"` // id of the suppression of the address
	Provider    string            `json:"provider"`
	To          string            `json:"to,omitempty"`
	Values      map[string]string `json:"values,omitempty"` // what the template has asked for
}

// Sent says that the provider has taken the mail.
type Sent struct {
	ProviderID string `json:"provider_id,omitempty"`
}

// Failed says that the mail was not taken, for good.
type Failed struct {
	Class mail.Class `json:"class"`
	Code  int        `json:"code,omitempty"`
}

// Deferred says that the mail was not taken now, and from when on it is tried again.
type Deferred struct {
	Class mail.Class `json:"class"`
	Code  int        `json:"code,omitempty"`
	Until time.Time  `json:"until"`
}

// Doubted says that nobody knows whether the mail was taken: it is not sent again unless
// somebody decides so.
type Doubted struct{}

// Requeued says that somebody has decided to send a mail again that is in doubt.
type Requeued struct{}

// Reported is what became of a mail behind the provider, as it was told.
type Reported struct {
	Kind   Report    `json:"kind"`
	Bounce Bounce    `json:"bounce,omitempty"`
	Code   string    `json:"code,omitempty"` // the status that was given (RFC 3463), such as 5.1.1
	At     time.Time `json:"at"`
}

// Unsubscribed says that the person has ended mail by a link of this one.
type Unsubscribed struct {
	Scope suppression.Scope `json:"scope"`
}

func (Skipped) isEnrollment()      {}
func (Dispatched) isEnrollment()   {}
func (Sent) isEnrollment()         {}
func (Failed) isEnrollment()       {}
func (Deferred) isEnrollment()     {}
func (Doubted) isEnrollment()      {}
func (Requeued) isEnrollment()     {}
func (Reported) isEnrollment()     {}
func (Unsubscribed) isEnrollment() {}

// Schema lists the facts as they are stored. What a mail says to the person is sealed for
// the lead, and goes dark with it.
func Schema() []domain.Schema {
	return []domain.Schema{
		domain.Stored[Skipped]("enrollment.skipped").Public(),
		domain.SealFor(domain.Stored[Dispatched]("enrollment.dispatched"), func(d Dispatched) string { return d.Lead }, "to", "values").Public(),
		domain.Stored[Sent]("enrollment.sent").Public(),
		domain.Stored[Failed]("enrollment.failed").Public(),
		domain.Stored[Deferred]("enrollment.deferred").Public(),
		domain.Stored[Doubted]("enrollment.doubted").Public(),
		domain.Stored[Requeued]("enrollment.requeued").Public(),
		domain.Stored[Reported]("enrollment.reported").Public(),
		domain.Stored[Unsubscribed]("enrollment.unsubscribed").Public(),
	}
}
