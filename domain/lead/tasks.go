package lead

import "github.com/canvass-hq/canvass/domain/access"

// TakesTasks reports whether somebody who sees what is so owned may make a task about the
// lead.
func (l Lead) TakesTasks(sees func(access.Belonging) bool) error {
	if l.there() == nil && !sees(l.Belongs()) {
		return ErrNotFound
	}
	return l.workable()
}

// ShowsTask reports whether somebody may see a task about the lead: what is to be done
// about a deleted lead nobody sees, and what nobody is to do only who sees the lead. A
// task that somebody is to do is theirs to see, whoever has the lead.
func (l Lead) ShowsTask(assignee string, sees func(access.Belonging) bool) bool {
	return l.Status != "" && !l.Deleted && (assignee != "" || sees(l.Belongs()))
}
