package task

import "github.com/canvass-hq/canvass/domain"

// Event is a fact about one task. Times are instants in UTC, RFC 3339, to the second;
// "" is no time.
//
//sumtype:decl
type Event interface{ isTask() }

// Created opens a task.
type Created struct {
	Lead     string `json:"lead,omitempty"` // whom it is about; "" for nobody
	Title    string `json:"title"`
	Due      string `json:"due,omitempty"`
	Assignee string `json:"assignee,omitempty"` // the member who is to do it; "" for nobody
}

// Renamed says in other words what is to be done.
type Renamed struct {
	Lead string `json:"lead,omitempty"` // whose data the words are
	From string `json:"from"`
	To   string `json:"to"`
}

// Rescheduled moves the time until which the task is to be done.
type Rescheduled struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Assigned gives the task to a member; "" is nobody.
type Assigned struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Completed says that the task is done.
type Completed struct{}

// Reopened says that it is to be done all the same.
type Reopened struct {
	Due string `json:"due,omitempty"` // as it was and is
}

// Deleted takes the task out of every list, for good.
type Deleted struct{}

// Reminded says that the time has come and the task was still to be done.
type Reminded struct {
	Due string `json:"due"`
}

func (Created) isTask()     {}
func (Renamed) isTask()     {}
func (Rescheduled) isTask() {}
func (Assigned) isTask()    {}
func (Completed) isTask()   {}
func (Reopened) isTask()    {}
func (Deleted) isTask()     {}
func (Reminded) isTask()    {}

// Schema lists the facts as they are stored. The words of a task are data of the lead
// that it is about, and go when that lead is erased.
func Schema() []domain.Schema {
	return []domain.Schema{
		domain.SealFor(domain.Stored[Created]("task.created"), func(e Created) string { return e.Lead }, "title").Public(),
		domain.SealFor(domain.Stored[Renamed]("task.renamed"), func(e Renamed) string { return e.Lead }, "from", "to").Public(),
		domain.Stored[Rescheduled]("task.rescheduled").Public(),
		domain.Stored[Assigned]("task.assigned").Public(),
		domain.Stored[Completed]("task.completed").Public(),
		domain.Stored[Reopened]("task.reopened").Public(),
		domain.Stored[Deleted]("task.deleted").Public(),
		domain.Stored[Reminded]("task.reminded").Public(),
	}
}
