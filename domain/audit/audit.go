// Package audit holds what is known of reading: what was refused to whom, and who read
// much. Nothing is decided on it; each record is a stream of its own that is opened and
// never written again.
package audit

import (
	"time"

	"github.com/canvass-hq/canvass/domain"
)

// Category names the streams of records.
const Category = "audit"

// Stream names the stream of one record.
func Stream(id string) domain.StreamID { return domain.StreamID{Category: Category, ID: id} }

// ManyRows is how many rows of lists somebody reads in an hour before it is recorded.
const ManyRows = 1000

// Event is a fact about what was asked.
//
//sumtype:decl
type Event interface{ isAudit() }

// Denied says how often within a minute an operation was refused to somebody.
type Denied struct {
	Principal string    `json:"principal"` // as actors are named
	Operation string    `json:"operation"`
	Reason    string    `json:"reason"` // code of the refusal
	Minute    time.Time `json:"minute"`
	Count     int       `json:"count"`
}

// ReadMany says how many rows of a list somebody read within a minute, who had read more
// than ManyRows in that hour. Of exports there is a fact of its own.
type ReadMany struct {
	Principal string    `json:"principal"`
	Operation string    `json:"operation"`
	Minute    time.Time `json:"minute"`
	Rows      int       `json:"rows"`
}

func (Denied) isAudit()   {}
func (ReadMany) isAudit() {}

// Schema lists the facts as they are stored.
func Schema() []domain.Schema {
	return []domain.Schema{
		domain.Stored[Denied]("audit.denied"),
		domain.Stored[ReadMany]("audit.read_many"),
	}
}

// Record is what is known of one record: nothing that a rule reads.
type Record struct{}

// Evolve folds one fact into the state.
func (r Record) Evolve(Event) Record { return r }
