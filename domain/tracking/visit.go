package tracking

import (
	"crypto/sha256"
	"strings"
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/suppression"
)

// Category names the streams of what was done with single mails.
const Category = "visit"

// Stream names the stream of what was done with a mail, by the id that its links hold.
func Stream(mail string) domain.StreamID {
	hash := sha256.Sum256([]byte("visit|" + mail))
	return domain.StreamID{Category: Category, ID: suppression.ID(hash[:])}
}

// Event is something that was done with a mail, as it was seen: who did it, a person or a
// program, is judged by whoever reads it, and can be judged again.
//
//sumtype:decl
type Event interface{ isVisit() }

// Hit is what is kept of one request.
type Hit struct {
	Campaign string `json:"campaign"`
	Mail     string `json:"mail"` // the enrollment; for a pseudonymous one, nobody
	Agent    Agent  `json:"agent"`
	Head     bool   `json:"head,omitempty"` // only the head was asked for
	Seconds  int    `json:"seconds"`        // since the mail was written
	At       int64  `json:"at"`             // Unix time
}

// Opened says that the picture of a mail was asked for.
type Opened struct{ Hit }

// Clicked says that a link was followed.
type Clicked struct {
	Hit
	Link int `json:"link"`
}

func (Opened) isVisit()  {}
func (Clicked) isVisit() {}

// Schema lists the facts as they are stored. They hold no address and no name of a program:
// only of what kind it is.
func Schema() []domain.Schema {
	return []domain.Schema{domain.Stored[Opened]("visit.opened").Public(), domain.Stored[Clicked]("visit.clicked").Public()}
}

// Agent is the kind of program that a request came from.
type Agent string

// The kinds. They are stored: never renamed.
const (
	Browser    Agent = "browser"
	AppleProxy Agent = "apple_privacy" // Apple's Mail loads every picture, whoever reads
	GmailProxy Agent = "gmail_proxy"   // Google loads a picture when a person opens the mail
	YahooProxy Agent = "yahoo_proxy"
	Scanner    Agent = "scanner"
	Nameless   Agent = "nameless"
)

var scanners = []string{"bot", "crawl", "spider", "scan", "barracuda", "proofpoint", "mimecast", "curl", "wget", "python", "go-http", "java/", "okhttp", "headless", "preview", "facebookexternalhit", "slack", "monitor"}

// AgentOf is the kind of a program by what it calls itself.
func AgentOf(name string) Agent {
	low := strings.ToLower(name)
	switch {
	case strings.TrimSpace(name) == "":
		return Nameless
	case strings.Contains(low, "googleimageproxy"):
		return GmailProxy
	case strings.Contains(low, "yahoomailproxy"):
		return YahooProxy
	case low == "mozilla/5.0" || strings.HasSuffix(strings.TrimSpace(low), "(khtml, like gecko)"):
		return AppleProxy
	}
	for _, s := range scanners {
		if strings.Contains(low, s) {
			return Scanner
		}
	}
	return Browser
}

// Visit is what the rules need to remember of one mail.
type Visit struct{ hits int }

// MaxHits is how many requests of one mail are kept.
const MaxHits = 100

// Evolve folds one fact into the state.
func (v Visit) Evolve(Event) Visit { v.hits++; return v }

// Note keeps one request more, up to MaxHits.
func (v Visit) Note(e Event) ([]Event, error) {
	if v.hits >= MaxHits {
		return nil, nil
	}
	return []Event{e}, nil
}

// Seen is one request, for a verdict.
type Seen struct {
	Agent   Agent `json:"agent"`
	Head    bool  `json:"head,omitempty"`
	Seconds int   `json:"seconds"`
	At      int64 `json:"at"`
	Link    int   `json:"link"` // -1 for the picture
}

// Picture is the link of a request for the picture.
const Picture = -1

// hurry is how soon after a mail no person has read it.
const hurry = 2 * time.Second

// Verdict is what the requests of one mail say.
type Verdict struct{ Opened, OpenedByBot, Clicked bool }

// Judge says whether a person has opened a mail, and followed a link. A program asks for the
// head alone, or within moments, or for several links at once; or it says so. A click of a
// person is an opening too.
func Judge(seen []Seen) (v Verdict) {
	perSecond := map[int64]map[int]bool{}
	for _, s := range seen {
		if s.Link != Picture {
			if perSecond[s.At] == nil {
				perSecond[s.At] = map[int]bool{}
			}
			perSecond[s.At][s.Link] = true
		}
	}
	for _, s := range seen {
		bot := s.Head || s.Agent == Scanner || s.Agent == Nameless || time.Duration(s.Seconds)*time.Second < hurry
		if s.Link == Picture {
			bot = bot || s.Agent == AppleProxy
			v.Opened, v.OpenedByBot = v.Opened || !bot, v.OpenedByBot || bot
			continue
		}
		if !bot && len(perSecond[s.At]) < 3 {
			v.Opened, v.Clicked = true, true
		}
	}
	v.OpenedByBot = v.OpenedByBot && !v.Opened
	return v
}
