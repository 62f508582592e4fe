package lead

// TakesTasks reports whether somebody who sees the leads of these owners may make a task
// about the lead.
func (l Lead) TakesTasks(sees func(owner string) bool) error {
	if l.there() == nil && !sees(l.Owner) {
		return ErrNotFound
	}
	return l.workable()
}

// ShowsTask reports whether somebody may see a task about the lead: what is to be done
// about a deleted lead nobody sees, and what nobody is to do only who sees the lead. A
// task that somebody is to do is theirs to see, whoever has the lead.
func (l Lead) ShowsTask(assignee string, sees func(owner string) bool) bool {
	return l.Status != "" && !l.Deleted && (assignee != "" || sees(l.Owner))
}
