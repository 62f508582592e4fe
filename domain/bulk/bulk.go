// Package bulk decides what may happen to one bulk action: the same change to many
// leads, as one whole that can be counted before and taken back afterwards. The rules:
//
//  1. An action names its leads by a filter, by a segment, or one by one; a filter and a
//     segment together are those in both. Nothing at all is refused: to mean every lead,
//     say so (All).
//  2. Which leads these are is settled once, when the action begins. Each of them is
//     changed by its own rules, in the name and with the rights of the one who asked; what
//     one refuses does not stop the others.
//  3. When more leads are found than the one who asked has agreed to, nothing is done.
//  4. A finished action can be undone once, as a whole: what somebody has touched since
//     stays as it is.
package bulk

import (
	"fmt"
	"slices"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/segment"
	"github.com/canvass-hq/canvass/domain/values"
)

// Phase is where a bulk action stands.
type Phase string

// The phases of a bulk action, in their order.
const (
	Running  Phase = "running"
	Done     Phase = "finished"
	Broken   Phase = "failed"
	Undoing  Phase = "undoing"
	Reverted Phase = "undone"
)

// The refusals of a bulk action.
var (
	ErrNotFound = &domain.Error{Kind: domain.NotFound, Code: "bulk_action.not_found", Message: "there is no such bulk action"}
	ErrExists   = &domain.Error{Kind: domain.Conflict, Code: "bulk_action.exists", Message: "the bulk action exists already"}
	ErrBusy     = &domain.Error{Kind: domain.Conflict, Code: "bulk_action.status_not_allowed", Message: "only an action that is finished can be undone, and only once"}
)

// Category names the streams of bulk actions.
const Category = "bulk_action"

// Stream names the stream of one bulk action.
func Stream(id string) domain.StreamID { return domain.StreamID{Category: Category, ID: id} }

// MaxLeads is how many leads an action may name one by one.
const MaxLeads = 1_000

// Selection says which leads an action is about.
type Selection struct {
	segment.Rule
	Archived string   `json:"archived,omitempty"` // "false" (also ""), "true", "any"
	Segment  string   `json:"segment,omitempty"`
	Leads    []string `json:"leads,omitempty"`
	All      bool     `json:"all,omitempty"`     // every lead that the principal sees
	AtMost   int      `json:"at_most,omitempty"` // 0 for any number
}

func (s Selection) faults() (faults []domain.Field) {
	named := s.Filter != "" || s.Words != "" || s.Segment != ""
	switch {
	case len(s.Leads) > 0 && (named || s.All), s.All && named:
		faults = values.Fault("selection", "names leads in two ways")
	case len(s.Leads) == 0 && !named && !s.All:
		faults = values.Fault("selection", "names no leads: give a filter, a segment or leads, or all")
	case len(s.Leads) > MaxLeads:
		faults = values.Fault("selection.leads", fmt.Sprintf("are more than %d", MaxLeads))
	}
	if !slices.Contains([]string{"", "false", "true", "any"}, s.Archived) {
		faults = append(faults, values.Fault("selection.archived", "is none of false, true, any")...)
	}
	for i, id := range s.Leads {
		if !values.IsUUID(id) {
			faults = append(faults, values.Fault(fmt.Sprintf("selection.leads[%d]", i), "is not the id (a UUID) of a lead")...)
		}
	}
	if s.AtMost < 0 {
		faults = append(faults, values.Fault("selection.at_most", "is less than nothing")...)
	}
	return faults
}

// Counts is what became of the leads of an action.
type Counts struct {
	Selected  int            `json:"selected"`
	Changed   int            `json:"changed"`
	Unchanged int            `json:"unchanged"` // were so already
	Refused   int            `json:"refused"`
	Reasons   map[string]int `json:"reasons,omitempty"` // of refusals, by their codes
}

// Bulk is what the rules need to remember of one bulk action.
type Bulk struct {
	Action    Action
	Selection Selection
	Role      string
	Teams     []string
	Phase     Phase
}

// Evolve folds one fact into the state.
func (b Bulk) Evolve(e Event) Bulk {
	switch e := e.(type) {
	case Started:
		b.Action, b.Selection, b.Role, b.Teams, b.Phase = e.Action, e.Selection, e.Role, e.Teams, Running
	case Finished:
		b.Phase = Done
	case Failed:
		b.Phase = Broken
	case UndoStarted:
		b.Role, b.Teams, b.Phase = e.Role, e.Teams, Undoing
	case Undone:
		b.Phase = Reverted
	}
	return b
}

// Start asks for an action, in the name of somebody of a role, in teams.
func (b Bulk) Start(a Action, s Selection, role string, teams []string) ([]Event, error) {
	if b.Phase != "" {
		return nil, ErrExists
	}
	if err := domain.Refuse(append(a.faults(), s.faults()...)); err != nil {
		return nil, err
	}
	return []Event{Started{Action: a, Selection: s, Role: role, Teams: teams}}, nil
}

// Finish notes what the action has done.
func (b Bulk) Finish(c Counts) ([]Event, error) {
	return b.after(Running, Finished{Counts: c})
}

// Fail notes why the action could not begin.
func (b Bulk) Fail(code, message string) ([]Event, error) {
	return b.after(Running, Failed{Code: code, Message: message})
}

// Undo asks for everything to be taken back that nobody has touched since.
func (b Bulk) Undo(role string, teams []string) ([]Event, error) {
	return b.after(Done, UndoStarted{Role: role, Teams: teams})
}

// RecordUndo notes what was taken back.
func (b Bulk) RecordUndo(u Undone) ([]Event, error) {
	return b.after(Undoing, u)
}

func (b Bulk) after(phase Phase, e Event) ([]Event, error) {
	switch b.Phase {
	case "":
		return nil, ErrNotFound
	case phase:
		return []Event{e}, nil
	case Running, Done, Broken, Undoing, Reverted:
	}
	return nil, ErrBusy
}
