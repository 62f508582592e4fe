package sender

// Health is how the mail of a sender has fared in the last days.
type Health struct {
	Days       int     `json:"days" doc:"Of so many days, today among them"`
	Sent       int     `json:"sent" doc:"Mails that a provider has taken"`
	Bounced    int     `json:"bounced"`
	Complained int     `json:"complained"`
	Bounces    float64 `json:"bounces_percent"`
	Complaints float64 `json:"complaints_percent"`
	State      Fitness `json:"state" enum:"unknown,good,watch,bad" doc:"unknown: fewer than 50 mails; watch: from 2 % returned or 0.1 % complaints on; bad: from 5 % or 0.3 % on"`
	Today      int     `json:"taken_today" doc:"How much of its cap for the day is taken; 0 where it has none"`
	Cap        int     `json:"cap_today,omitempty" doc:"How many mails it may send today, its ramp included; absent for any number"`
}

// Fitness is what is to be thought of a sender.
type Fitness string

// What is to be thought.
const (
	Untold Fitness = "unknown"
	Good   Fitness = "good"
	Watch  Fitness = "watch"
	Bad    Fitness = "bad"
)

// told is how many mails tell something.
const told = 50

// Judge judges a sender by its mail of some days. Google asks for complaints under 0.1 %, and
// never 0.3 %; Amazon advises to keep returned mail under 2 %, and reviews a sender from 5 % on.
func Judge(days, sent, bounced, complained int) Health {
	h := Health{Days: days, Sent: sent, Bounced: bounced, Complained: complained, State: Untold}
	if sent == 0 {
		return h
	}
	h.Bounces, h.Complaints = 100*float64(bounced)/float64(sent), 100*float64(complained)/float64(sent)
	switch {
	case sent < told:
	case h.Bounces >= 5, h.Complaints >= 0.3:
		h.State = Bad
	case h.Bounces >= 2, h.Complaints >= 0.1:
		h.State = Watch
	default:
		h.State = Good
	}
	return h
}

// Spent tells how much of the caps of today is taken.
func (h Health) Spent(d Details, day string, a Allowance) Health {
	if h.Today = a.Day; d.CapOn(day) < unlimited {
		h.Cap = d.CapOn(day)
	}
	return h
}
