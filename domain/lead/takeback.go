package lead

import "slices"

// TakeBack undoes facts of this lead as far as nobody has touched since what they did:
// a lead that they brought in is deleted when they are all that there is of it, and of
// the others each value goes back that still is what they made of it. kept says that
// something else was done since, which stays.
func (l Lead) TakeBack(done []Event, version int) (undo []Event, kept bool) {
	if l.there() != nil {
		return nil, false
	}
	var w wayBack
	for _, e := range done {
		if _, ok := e.(Captured); ok {
			if l.Version != version {
				return nil, true
			}
			return []Event{Deleted{}}, false
		}
		w = w.before(e)
	}
	return w.from(l)
}

// wayBack is what facts have changed, put together: From is what it was made, To what
// it was before.
type wayBack struct {
	changes  []Change
	tags     Tagged
	owner    *Assigned
	status   *StatusChanged
	archived *bool // whether the last of the facts left the lead archived
	notes    []string
}

// before lays the way back of a later fact over that of earlier ones.
func (w wayBack) before(e Event) wayBack {
	switch e := e.(type) {
	case Edited:
		w.changes = reversed(w.changes, e.Changes)
	case Tagged:
		w.tags.Removed = append(w.tags.Removed, e.Added...)
		w.tags.Added = append(w.tags.Added, e.Removed...)
	case Assigned:
		back := Assigned{From: e.To, To: e.From}
		if w.owner != nil {
			back.To = w.owner.To
		}
		w.owner = &back
	case StatusChanged:
		back := StatusChanged{From: e.To, To: e.From}
		if w.status != nil {
			back.To = w.status.To
		}
		w.status = &back
	case Archived:
		w.archived = new(true)
	case Restored:
		w.archived = new(false)
	case Noted:
		w.notes = append(w.notes, e.Note)
	case Captured, Deleted, Erased, Shredded, NoteRemoved:
	}
	return w
}

// from goes the way back on a lead, as far as it is where the facts have left it.
func (w wayBack) from(l Lead) (undo []Event, kept bool) {
	for _, n := range w.notes {
		if l.kept(n) >= 0 {
			undo = append(undo, NoteRemoved{Note: n})
		}
	}
	now := l.changes(Details{}) // From is what each value is
	back := slices.DeleteFunc(w.changes, func(c Change) bool {
		i := slices.IndexFunc(now, func(n Change) bool { return n.Field == c.Field })
		same := i < 0 && c.From == "" || i >= 0 && now[i].From == c.From
		kept = kept || !same
		return !same || c.From == c.To
	})
	if len(back) > 0 {
		undo = append(undo, Edited{Changes: back})
	}
	w.tags.Removed = slices.DeleteFunc(w.tags.Removed, func(t string) bool { return !slices.Contains(l.Tags, t) })
	w.tags.Added = slices.DeleteFunc(w.tags.Added, func(t string) bool { return slices.Contains(l.Tags, t) })
	if len(w.tags.Removed)+len(w.tags.Added) > 0 {
		undo = append(undo, w.tags)
	}
	switch {
	case w.owner == nil:
	case l.Owner != w.owner.From:
		kept = true
	case l.Owner != w.owner.To:
		undo = append(undo, *w.owner)
	}
	switch {
	case w.status == nil:
	case l.Status != w.status.From:
		kept = true
	case l.Status != w.status.To:
		undo = append(undo, *w.status)
	}
	switch {
	case w.archived == nil:
	case l.Archived != *w.archived:
		kept = true
	case l.Archived:
		undo = append(undo, Restored{})
	default:
		undo = append(undo, Archived{})
	}
	return undo, kept
}

// reversed lays the way back of later changes over that of earlier ones.
func reversed(back, changes []Change) []Change {
	for _, c := range changes {
		i := slices.IndexFunc(back, func(b Change) bool { return b.Field == c.Field })
		if i < 0 {
			back = append(back, Change{Field: c.Field, From: c.To, To: c.From})
		} else {
			back[i].From = c.To
		}
	}
	return back
}
