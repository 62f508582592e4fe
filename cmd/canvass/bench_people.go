package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
)

// people makes persons that read like those of a real list, the same ones every time.
// Nobody in it exists.
type people struct {
	tag    string // tells those of one list from those of another
	random *rand.Rand
	n      int
}

func newPeople(tag string) *people {
	return &people{tag: tag, random: rand.New(rand.NewPCG(1, 2))} //nolint:gosec // benches are the same every time
}

func pick(r *rand.Rand, from ...string) string { return from[r.IntN(len(from))] }

func (p *people) next() lead.Details {
	r := p.random
	p.n++
	first := pick(r, "Heather", "Kristina", "Briana", "Patty", "Kathleen", "Nolan", "Chelsea", "Grace", "Joanna", "Walter", "Dwayne", "Marcus")
	last := pick(r, "Callahan", "Ferrell", "Andersen", "Ponce", "Mccormick", "Long", "Vang", "Phelps", "Arroyo", "Dickson", "Hurst", "Beard")
	company := pick(r, "Mosley", "Horn", "Irwin", "Blevins", "Espinoza", "Hall", "Sexton", "Donovan") + "-" + pick(r, "David", "Shepard", "Watson", "Oneal") + pick(r, "", " and Sons", " Group", " Inc")
	return lead.Details{
		Name: first + " " + last, Email: fmt.Sprintf("%s.%s%d@%s-%s.example", first, last, p.n, p.tag, pick(r, "hall-donovan", "blevins-sexton", "espinoza-francis")),
		Phone: fmt.Sprintf("+1 202 555 %04d", r.IntN(10_000)), Title: pick(r, "Head of Sales", "Chief Technology Officer", "Buyer", ""),
		Company: company, Country: pick(r, "US", "Norway", "Nepal", "Andorra", "DE"), Source: pick(r, "website", "fair", "list"),
	}
}

const statusesEvery = 4 // every fourth lead also moves on

// fill appends at least so many facts: people are captured, and some move on.
func (r *benchRig) fill(ctx context.Context, org string, facts int) error {
	who := newPeople(commands.NewID()[24:])
	job := commands.Call{Principal: access.Principal{Org: org, ID: org, Role: access.Admin, Strong: true}}
	for done, begun := 0, time.Now(); done < facts; {
		job.ID = commands.NewID()
		var ids []string
		captures := make([]commands.Command[lead.Lead, lead.Event], 0, 2_000)
		for range 2_000 {
			ids = append(ids, commands.NewID())
			captures = append(captures, commands.CaptureLead{ID: ids[len(ids)-1], Details: who.next()})
		}
		results, err := commands.ExecuteMany(ctx, r.app.run, job, captures)
		if err != nil {
			return err
		}
		for _, res := range results {
			if res.Err != nil {
				return res.Err
			}
		}
		done += len(results)
		job.ID = commands.NewID()
		moves := make([]commands.Command[lead.Lead, lead.Event], 0, len(ids)/statusesEvery)
		for i := 0; i < len(ids); i += statusesEvery {
			moves = append(moves, commands.ChangeLeadStatus{ID: ids[i], Status: lead.Working, Reason: "answered the phone"})
		}
		if _, err := commands.ExecuteMany(ctx, r.app.run, job, moves); err != nil {
			return err
		}
		done += len(moves)
		if done%50_000 < 2_500 {
			r.note("bench: %d of %d facts, %.0f facts/s\n", done, facts, float64(done)/time.Since(begun).Seconds())
		}
	}
	return nil
}

func newOrg() string { return uuid.Must(uuid.NewV7()).String() }
