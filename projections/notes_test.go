package projections_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/task"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/projections"
)

func (w *world) notes(t *testing.T, p access.Principal, of string, before int64, limit int) (texts []string, page projections.Page[projections.Note]) {
	t.Helper()
	page, err := w.ask.NotePage(t.Context(), p, of, before, limit)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range page.Items {
		texts = append(texts, n.Text)
	}
	return texts, page
}

func noted(text string) lead.Noted { return lead.Noted{Note: eventstoretest.NewID(), Text: text} }

// TestNotes: what is kept of a lead's notes, the newest first, whatever a batch holds.
func TestNotes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org := uuid.NewString()
	for _, batch := range []int{1, 2, 3, 500} {
		one, two, three := noted("one"), noted("two"), noted("three")
		id := w.capture(org, eventstoretest.Captured("ann"), one, two, lead.NoteRemoved{Note: one.Note}, three)
		other := w.capture(org, eventstoretest.Captured("bo"), noted("of another"))
		w.follow(projections.Leads(), 0)
		w.follow(projections.Notes(), batch)
		texts, page := w.notes(t, admin(org), id, 0, 10)
		if !slices.Equal(texts, []string{"three", "two"}) || page.More || page.Total != (projections.Total{Value: 2, Exact: true}) {
			t.Errorf("in batches of %d: %v, %+v", batch, texts, page)
		}
		if n := page.Items[1]; n.ID != two.Note || n.Author != "user:"+org || n.CreatedAt.IsZero() {
			t.Errorf("a note reads %+v", n)
		}
		first, page := w.notes(t, admin(org), id, 0, 1)
		next, last := w.notes(t, admin(org), id, page.Items[0].Position(), 1)
		if !slices.Equal(append(first, next...), texts) || !page.More || last.More {
			t.Errorf("in pages: %v and %v", first, next)
		}
		if texts, _ := w.notes(t, admin(org), other, 0, 10); !slices.Equal(texts, []string{"of another"}) {
			t.Errorf("those of another lead are %v", texts)
		}
	}
}

// TestNotesAreScoped: notes are seen by who sees the lead.
func TestNotesAreScoped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org, me := uuid.NewString(), uuid.NewString()
	captured := func(owner string) lead.Captured {
		return lead.Captured{Status: lead.New, Owner: owner, Details: lead.Details{Name: "Ann"}}
	}
	w.make(org, task.Created{Title: "x"})
	mine, yours, deleted := w.capture(org, captured(me), noted("x")), w.capture(org, captured(org), noted("x")), w.capture(org, captured(me), noted("x"), lead.Deleted{})
	w.followAll()
	user := access.Principal{Org: org, ID: me, Role: access.User}
	stranger := admin(uuid.NewString())
	w.notes(t, user, mine, 0, 10)
	w.notes(t, admin(org), yours, 0, 10)
	for _, c := range []struct {
		who access.Principal
		of  string
	}{{user, yours}, {user, deleted}, {admin(org), deleted}, {stranger, mine}, {admin(org), uuid.NewString()}} {
		if page, err := w.ask.NotePage(t.Context(), c.who, c.of, 0, 10); !errors.Is(err, lead.ErrNotFound) || len(page.Items) > 0 {
			t.Errorf("%s: %v, %+v", c.who.Role, err, page.Items)
		}
	}
	// Row-level security holds by itself: nothing is shown to another organization.
	var n int
	b := eventstore.ForOrg(stranger.Org)
	b.Queue(`select (select count(*) from read.notes_v1) + (select count(*) from read.tasks_v1)`).QueryRow(func(r pgx.Row) error { return r.Scan(&n) })
	if err := w.Pools.App.SendBatch(t.Context(), b).Close(); err != nil || n != 0 {
		t.Errorf("%d rows are shown to another organization, %v", n, err)
	}
}

// TestErasedNotes: when a lead is erased, what was noted about it is gone from the table,
// before the key is destroyed and after, live and rebuilt.
func TestErasedNotes(t *testing.T) {
	t.Parallel()
	for _, batch := range []int{1, 500} {
		t.Run(strconv.Itoa(batch), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			org := uuid.NewString()
			id := w.capture(org, eventstoretest.Captured("ann"), noted("secret one"), noted("secret two"))
			w.capture(org, eventstoretest.Captured("bo"), noted("kept"))
			w.follow(projections.Notes(), batch)
			if raw := strings.Join(w.rows(projections.Notes()), ""); strings.Count(raw, "secret") != 2 {
				t.Fatalf("the notes are %s", raw)
			}
			w.Put(t, org, lead.Stream(id), noted("secret three"), lead.Erased{})
			w.follow(projections.Notes(), batch)
			live := w.rows(projections.Notes())
			if raw := strings.Join(live, ""); strings.Contains(raw, "secret") || !strings.Contains(raw, "kept") || len(live) != 4 {
				t.Errorf("once it is erased the notes are %s", raw)
			}
			w.rebuild(projections.Notes())
			same(t, "rebuilt before the key is destroyed", live, w.rows(projections.Notes()))
			w.destroy(org, id)
			if raw := strings.Join(w.Strings(t, `select data::text from es.events where type = 'lead.noted'`), ""); strings.Contains(raw, "secret") || strings.Contains(raw, "kept") {
				t.Errorf("the log holds notes in clear: %s", raw)
			}
			w.rebuild(projections.Notes())
			same(t, "rebuilt after", live, w.rows(projections.Notes()))
		})
	}
}
