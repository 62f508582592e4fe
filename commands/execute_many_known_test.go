package commands_test

import (
	"errors"
	"testing"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/domain/suppression"
)

type mails = []commands.Command[enrollment.Enrollment, enrollment.Event]

func (o *office) deliver(cmds mails) []commands.Result {
	o.Helper()
	out, err := commands.ExecuteMany(o.Context(), o.runner, o.by(access.System, "campaigner"), cmds)
	if err != nil {
		o.Fatal(err)
	}
	return out
}

// dispatched is a mail to somebody whose address nothing is known to be held back from.
func dispatched(address string) (id string, cmd commands.DispatchFirst) {
	campaign, lead := commands.NewID(), commands.NewID()
	id = enrollment.ID(campaign, lead)
	return id, commands.DispatchFirst{DispatchMail: commands.DispatchMail{
		ID: id, Purpose: "marketing", Free: true, Dispatched: enrollment.Dispatched{Campaign: campaign, Lead: lead, Batch: "b", Key: id, Suppression: address},
	}}
}

func phaseOf(o *office, id string) enrollment.Phase {
	o.Helper()
	e, err := commands.State[enrollment.Enrollment, enrollment.Event](o.Context(), o.runner, o.org, enrollment.Stream(id))
	if err != nil {
		o.Fatal(err)
	}
	return e.Phase()
}

// An outcome is decided on what its giver has left, and anew where somebody wrote since.
func TestExecuteManyRecalls(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	one, first := dispatched(commands.NewID())
	two, second := dispatched(commands.NewID())
	for i, r := range o.deliver(mails{first, second}) {
		if r.Err != nil || r.Receipt.Version != 1 {
			t.Fatalf("mail %d: %+v", i, r)
		}
	}
	o.deliver(mails{commands.TellDelivery{ID: two, Reported: enrollment.Reported{Kind: enrollment.Bounced, Bounce: enrollment.Hard, At: noon}}})
	commits := len(o.store.commits)
	sent := func(id string, d commands.DispatchFirst) commands.RecordDelivery {
		return commands.RecordDelivery{ID: id, Batch: "b", Outcome: enrollment.Sent{}, Known: enrollment.Enrollment{}.Evolve(d.Dispatched), Version: 1}
	}
	out := o.deliver(mails{sent(one, first), sent(two, second)})
	if out[0].Err != nil || out[0].Receipt.Version != 2 || out[1].Err != nil || out[1].Receipt.Version != 3 {
		t.Errorf("the outcomes are %+v", out)
	}
	if tries := len(o.store.commits) - commits; tries != 2 {
		t.Errorf("it was written in %d tries", tries)
	}
	if a, b := phaseOf(o, one), phaseOf(o, two); a != enrollment.Taken || b != enrollment.Returned {
		t.Errorf("they are %s and %s", a, b)
	}
}

// What nothing was known to be held back from is not written to where the log knows better.
func TestExecuteManyFreeAddress(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	address := commands.NewID()
	if _, err := commands.Execute(t.Context(), o.runner, o.by(access.Admin, me), commands.Suppress{ID: address, Email: "ann@people.example", Scope: suppression.All, Reason: suppression.Manual, By: suppression.ByMember}); err != nil {
		t.Fatal(err)
	}
	held, first := dispatched(address)
	free, second := dispatched(commands.NewID())
	out := o.deliver(mails{first, second})
	if !errors.Is(out[0].Err, enrollment.ErrSuppressed) || out[1].Err != nil {
		t.Errorf("the results are %+v", out)
	}
	if a, b := phaseOf(o, held), phaseOf(o, free); a != "" || b != enrollment.InFlight {
		t.Errorf("they are %q and %q", a, b)
	}
}
