package http

import (
	"context"
	"errors"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/domain/suppression"
)

// told is what somebody tells of a mail behind the provider.
type told struct {
	org, mail, by string
	key           string // tells two deliveries of the same apart from two that were told
	what          enrollment.Reported
}

// toldTogether is how much is recorded by one commit.
const toldTogether = 200

// tell records what has become of a mail behind the provider, and what follows from it for
// the address. A provider tells of thousands at a time: what comes together is recorded
// together.
func (s *Server) tell(ctx context.Context, t told) error { return s.tellings.ask(ctx, t) }

// record records what was told, organization by organization.
func (s *Server) record(ctx context.Context, all []told) []error {
	of := map[string][]int{}
	for i, t := range all {
		of[t.org] = append(of[t.org], i)
	}
	errs := make([]error, len(all))
	for org, at := range of {
		some := make([]told, len(at))
		for i, n := range at {
			some[i] = all[n]
		}
		for i, err := range s.recordOf(ctx, org, some) {
			errs[at[i]] = err
		}
	}
	return errs
}

// recordOf records what was told of mails of one organization. One of a mail that is none of
// ours is taken, and changes nothing.
func (s *Server) recordOf(ctx context.Context, org string, all []told) []error {
	errs := make([]error, len(all))
	fail := func(err error) []error {
		for i := range errs {
			errs[i] = err
		}
		return errs
	}
	streams := make([]domain.StreamID, len(all))
	for i, t := range all {
		streams[i] = enrollment.Stream(t.mail)
	}
	mails, err := commands.States[enrollment.Enrollment, enrollment.Event](ctx, s.run, org, streams)
	if err != nil {
		return fail(err)
	}
	cmds := make([]commands.Command[enrollment.Enrollment, enrollment.Event], len(all))
	for i, t := range all {
		m := mails[t.mail]
		cmds[i] = commands.TellDelivery{ID: t.mail, Reported: t.what, Known: m.State, Version: m.Version}
	}
	results, err := commands.ExecuteMany(ctx, s.run, outside(ctx, org, all[0].by), cmds)
	if err != nil {
		return fail(err)
	}
	var arrived []domain.StreamID
	for i, t := range all {
		switch errs[i] = results[i].Err; {
		case errors.Is(errs[i], enrollment.ErrNotFound):
			errs[i] = nil
		case errs[i] != nil:
		case t.what.Kind == enrollment.Delivered:
			arrived = append(arrived, suppression.Stream(mails[t.mail].State.Mail.Suppression))
		default:
			errs[i] = s.follows(ctx, t, mails[t.mail].State.Mail)
		}
	}
	return s.recovered(ctx, all, errs, arrived, mails)
}

// recovered forgets the mails that came back softly from addresses where others have arrived
// since. Few addresses have any.
func (s *Server) recovered(ctx context.Context, all []told, errs []error, arrived []domain.StreamID, mails map[string]commands.Held[enrollment.Enrollment]) []error {
	if len(arrived) == 0 {
		return errs
	}
	addresses, err := commands.States[suppression.Suppression, suppression.Event](ctx, s.run, all[0].org, arrived)
	for i, t := range all {
		mail := mails[t.mail].State.Mail
		if errs[i] != nil || t.what.Kind != enrollment.Delivered || err == nil && addresses[mail.Suppression].State.Soft == 0 {
			continue
		}
		if errs[i] = err; err == nil {
			_, errs[i] = commands.Execute(ctx, s.run, outside(ctx, t.org, t.by), commands.CountBounce{ID: mail.Suppression, Email: mail.To, Arrived: true})
		}
	}
	return errs
}

// follows is what follows for the address from what was told of a mail to it.
func (s *Server) follows(ctx context.Context, t told, mail enrollment.Dispatched) (err error) {
	call := outside(ctx, t.org, t.by)
	end := func(reason suppression.Reason, who suppression.Decider) error {
		_, err := commands.Execute(ctx, s.run, call, commands.EndMail{ID: mail.Suppression, Email: mail.To, Scope: suppression.All, Reason: reason, By: who})
		return err
	}
	switch {
	case t.what.Kind == enrollment.Spam:
		return end(suppression.Complained, suppression.BySubject)
	case t.what.Kind == enrollment.Bounced && t.what.Bounce == enrollment.Hard:
		return end(suppression.Bounced, suppression.BySystem)
	case t.what.Kind == enrollment.Bounced && t.what.Bounce == enrollment.Soft:
		call.ID, call.Chosen, call.Request = commands.KeyedID(t.org, t.by, t.key), true, []byte(t.key)
		_, err = commands.Execute(ctx, s.run, call, commands.CountBounce{ID: mail.Suppression, Email: mail.To})
	}
	return err
}
