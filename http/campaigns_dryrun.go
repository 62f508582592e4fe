package http

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/domain/sender"
	"github.com/canvass-hq/canvass/domain/suppression"
	"github.com/canvass-hq/canvass/projections"
)

// dryRunLooks is how many people a dry run looks at one by one.
const dryRunLooks = 10_000

type dryRunInput struct {
	CampaignPath
	Freshness
}

type dryRunOutput struct {
	Body struct {
		Audience int            `json:"audience" doc:"People, as of now"`
		Mails    int            `json:"mails" doc:"How many of them would be written to"`
		Skipped  map[string]int `json:"skipped_by_reason,omitempty" doc:"How many would not, and why"`
		Exact    bool           `json:"exact" doc:"False where the audience has more than 10,000 people: then those are looked at, and the rest is estimated by them"`
		StartsAt time.Time      `json:"starts_at"`
		EndsAt   time.Time      `json:"ends_at" doc:"When the last mail would go, by the caps, the gap and the throttle"`
		Days     int            `json:"days" doc:"On how many days of the sender mail would go"`
		From     string         `json:"from" doc:"Whom it would be from"`
		Blockers []string       `json:"blockers,omitempty" doc:"Why it could not be launched now, by the codes of the refusals"`
		Empty    map[string]int `json:"empty_values,omitempty" doc:"How many of those who would be written to lack a value that the template asks for"`
	}
}

// dryRun looks at the audience as a campaign would, and sends nothing.
func (s *Server) dryRun(ctx context.Context, in *dryRunInput) (*dryRunOutput, error) {
	p, err := s.planned(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &dryRunOutput{}
	b := &out.Body
	if b.Audience, err = s.audienceSize(ctx, in.Freshness, p.campaign.Plan.Audience); err != nil {
		return nil, err
	}
	looked, to, err := s.lookAt(ctx, in.ID, p, out)
	if err != nil {
		return nil, err
	}
	for _, n := range to {
		b.Mails += n
	}
	b.Exact = looked == b.Audience
	most := slices.Max(append(slices.Collect(maps.Values(to)), 0))
	if !b.Exact && looked > 0 {
		share := float64(b.Audience) / float64(looked)
		b.Mails, most = int(float64(b.Mails)*share), int(float64(most)*share)
		for _, counts := range []map[string]int{b.Skipped, b.Empty} {
			for k, n := range counts {
				counts[k] = int(float64(n) * share)
			}
		}
	}
	at, _, faults := p.campaign.Plan.Schedule.Resolve(s.now())
	if len(faults) > 0 {
		b.Blockers, at = append(b.Blockers, "request.invalid: "+faults[0].Name+" "+faults[0].Message), s.now()
	}
	b.StartsAt, b.From = at.UTC(), p.from.From()
	b.EndsAt, b.Days, _ = sender.Forecast(p.from.Details, p.campaign.Plan.PerHour, b.Mails, most, at)
	b.Blockers = append(b.Blockers, s.blockers(p, b.Audience)...)
	return out, nil
}

// blockers are the codes of what a launch would be refused for.
func (s *Server) blockers(p planned, audience int) (codes []string) {
	if p.campaign.Phase != campaign.Draft {
		codes = append(codes, campaign.ErrLaunched.Code)
	}
	switch {
	case p.from.Email == "" || p.from.Deleted:
		codes = append(codes, sender.ErrNotFound.Code)
	case s.mailLeaves && !p.from.Ready():
		codes = append(codes, sender.ErrUnchecked.Code)
	}
	if p.template.Revision == 0 || p.template.Deleted {
		codes = append(codes, "template.not_found")
	}
	if most := p.campaign.Plan.Audience.AtMost; most > 0 && audience > most {
		codes = append(codes, "campaign.too_many")
	}
	if audience == 0 {
		codes = append(codes, "campaign.empty")
	}
	return codes
}

// lookAt looks at the first people of an audience one by one: to is how many mails would go to
// each domain.
func (s *Server) lookAt(ctx context.Context, id string, p planned, out *dryRunOutput) (looked int, to map[string]int, err error) {
	who, plan := principalOf(ctx), p.campaign.Plan
	ids, err := s.firstOf(ctx, plan.Audience)
	if err != nil {
		return 0, nil, err
	}
	out.Body.Skipped, out.Body.Empty = map[string]int{}, map[string]int{}
	to = map[string]int{}
	compiled, _ := p.template.At(p.template.Revision)
	for first := 0; first < len(ids); first += 1000 {
		page := ids[first:min(first+1000, len(ids))]
		people, err := s.queries.Addressees(ctx, who.Org, page)
		if err != nil {
			return 0, nil, err
		}
		held, err := s.heldOf(ctx, people)
		if err != nil {
			return 0, nil, err
		}
		for _, lead := range page {
			reason, _ := campaign.Gate(people[lead].Standing(), held[lead], plan.Purpose, id)
			if reason != "" {
				out.Body.Skipped[string(reason)]++
				continue
			}
			to[sender.DomainOf(people[lead].Email)]++
			values := campaign.Values(compiled.Variables, people[lead].Details, people[lead].Owner, p.from.Details, "")
			for _, name := range compiled.Variables {
				if values[name] == "" && name != "unsubscribe_url" {
					out.Body.Empty[name]++
				}
			}
		}
	}
	return len(ids), to, nil
}

// firstOf are the first people of an audience.
func (s *Server) firstOf(ctx context.Context, a campaign.Audience) ([]string, error) {
	if a.Import == "" {
		return s.queries.FirstSelected(ctx, principalOf(ctx), a.Selection(), dryRunLooks)
	}
	chain, err := commands.ImportChain(ctx, s.run, principalOf(ctx).Org, a.Import)
	if err != nil {
		return nil, err
	}
	return s.queries.FirstImported(ctx, principalOf(ctx), chain, dryRunLooks)
}

// heldOf is what may not be written to people, by their ids.
func (s *Server) heldOf(ctx context.Context, people map[string]projections.Addressee) (map[string]suppression.Suppression, error) {
	of := map[string]string{}
	var ids []string
	for lead, who := range people {
		if who.Email == "" {
			continue
		}
		id, err := s.suppressionOf(ctx, who.Email)
		if err != nil {
			return nil, err
		}
		of[lead], ids = id, append(ids, id)
	}
	held, err := s.queries.Suppressed(ctx, principalOf(ctx).Org, ids)
	out := map[string]suppression.Suppression{}
	for lead, id := range of {
		out[lead] = held[id]
	}
	return out, err
}
