package suppression

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/values"
)

// What the columns of a file are called, by the exports of Mailchimp, SendGrid, HubSpot,
// Resend, Postmark, Mailgun and SES, and by our own, in the form of imports.Squashed. The
// first name that a file has is taken.
const (
	addressNames = "recipient recipientemail recipientaddress recipientemailaddress subscriber subscriberemail address to"
	scopeNames   = "scope"
	reasonNames  = "reason suppressionreason unsubscribereason unsubreason optoutreason type suppressiontype origin"
	noteNames    = "note notes comment comments"
	endedNames   = "unsubscribed unsubscribedat unsubscribedon unsubscribedate unsubscribetime unsubtime unsubscribedfromallemail optedout optedoutat optedoutdate optedoutofemail optedoutofallemail optout optoutdate emailoptout globaloptout hasoptedoutofemail donotemail"
)

// reasonWords are the words of other systems for our reasons. Whoever has unsubscribed there
// has asked for it, as far as we know: a member says so, and not the person to us.
var reasonWords = map[Reason]string{
	Requested:  "requested request unsubscribed unsubscribe unsubscribes unsub globalunsubscribe groupunsubscribe listunsubscribe optout optedout optouts globaloptout userrequest recipientrequest",
	Complained: "complained complaint complaints spam spamcomplaint spamcomplaints spamreport spamreports spamreported reportedspam markedasspam abuse abusecomplaint abusereport",
	Bounced:    "bounced bounce bounces hard hardbounce hardbounced hardbounces permanent permanentbounce permanentfailure cleaned invalid invalidemail invalidemails undeliverable",
	Manual:     "manual manually manuallyadded manualsuppression manuallysuppressed admin",
	Listed:     "listed",
}

// reasonOf turns the table round.
var reasonOf = sync.OnceValue(func() map[string]Reason {
	out := map[string]Reason{}
	for reason, words := range reasonWords {
		for w := range strings.FieldsSeq(words) {
			out[w] = reason
		}
	}
	return out
})

// no are the words of a column that tells who has unsubscribed for those who have not.
const no = "false no n f 0 nein non subscribed"

// columns are the places of what a file tells; -1 is none.
type columns struct {
	emails                         []int
	id, scope, reason, note, ended int
}

func columnsOf(header []string) columns {
	names := make([]string, len(header))
	var c columns
	for i, h := range header {
		names[i] = imports.Squashed(h)
		if imports.NamesAddresses(h) {
			c.emails = append(c.emails, i)
		}
	}
	find := func(wanted string) int {
		for w := range strings.FieldsSeq(wanted) {
			if i := slices.Index(names, w); i >= 0 {
				return i
			}
		}
		return -1
	}
	if i := find(addressNames); c.emails == nil && i >= 0 {
		c.emails = []int{i}
	}
	c.id, c.scope, c.reason, c.note, c.ended = find("id"), find(scopeNames), find(reasonNames), find(noteNames), find(endedNames)
	return c
}

// Header is how we call the columns of a file.
func Header() []string { return []string{"id", "email", "scope", "reason", "by", "at", "note"} }

// Row is what holds for one scope of an address as a line of a file, which a spreadsheet may
// open and Open reads again.
func Row(id, email string, scope Scope, e Entry) []string {
	return []string{id, values.Defused(email), string(scope), string(e.Reason), string(e.By), e.At.UTC().Format(time.RFC3339), values.Defused(e.Note)}
}
