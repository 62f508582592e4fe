package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/projections"
)

// The parts of which the people of a large list are made.
var (
	searchCities    = []string{"Lake Jeffborough", "Aaronville", "East Jordan", "Berlin", "Port Emily", "North Gary", "Köln", "São Paulo"}
	searchCountries = []string{"NO", "AD", "NP", "DE", "FR", "US", "BR", "GB", "IT", "ES"}
	searchSources   = []string{"fair", "website", "list", "partner", "referral"}
	searchTags      = []string{"vip", "cold", "newsletter", "trial", "renewal"}
)

// person is the n-th person of the list.
func (b *searchBench) person(n int) lead.Captured {
	r := b.random
	first := pick(r, "Heather", "Kristina", "Briana", "Patty", "Kathleen", "Nolan", "Chelsea", "Grace", "Joanna", "Walter", "Dwayne", "Marcus")
	last := pick(r, "Callahan", "Ferrell", "Andersen", "Ponce", "Mccormick", "Long", "Vang", "Phelps", "Arroyo", "Dickson", "Hurst", "Beard") + pick(r, "", "-Horn", "-Hall", "-Irwin", "-Sexton")
	firm := r.IntN(len(b.firms))
	d := lead.Details{
		Name: fmt.Sprintf("%s %s %d", first, last, r.IntN(1000)), Email: fmt.Sprintf("%s.%d@firm%d.com", strings.ToLower(last), n, firm), Phone: fmt.Sprintf("+1202555%04d%d", r.IntN(10_000), n%10),
		PhoneStatus: lead.PhoneInvalid, Title: pick(r, "Head of Sales", "Chief Technology Officer", "Buyer", ""), Company: fmt.Sprintf("%s %d", last, firm), CompanyID: b.firms[firm],
		City: pick(r, searchCities...), Country: pick(r, searchCountries...), Source: pick(r, searchSources...), Custom: map[string]string{"tier": pick(r, "gold", "silver", "bronze")},
	}
	if r.IntN(3) == 0 {
		d.Tags = []string{pick(r, searchTags...)}
	}
	statuses := lead.Statuses()
	return lead.Captured{Details: d, Status: statuses[r.IntN(len(statuses))], Owner: append([]string{""}, b.owners...)[r.IntN(len(b.owners)+1)]}
}

// fill has the projection fold so many facts as it folds those of the log.
func (b *searchBench) fill(ctx context.Context) error {
	leads := projections.Leads()
	begun := time.Now()
	for n := 0; n < b.Leads; {
		batch := make([]eventstore.Recorded, 0, 5_000)
		for len(batch) < cap(batch) && n < b.Leads {
			n++
			id := commands.NewID()
			if n%97 == 0 {
				b.ids = append(b.ids, id)
			}
			batch = append(batch, eventstore.Recorded{
				Org: b.org, Stream: lead.Stream(id), Version: 1, Position: int64(n), Type: "lead.captured", ID: uuid.NewString(),
				RecordedAt: begun.Add(time.Duration(n) * time.Millisecond), Fact: b.person(n),
			})
		}
		err := pgx.BeginFunc(ctx, b.rig.app.pools.Worker, func(tx pgx.Tx) error { return leads.Apply(ctx, tx, leads.Live(), batch) })
		if err != nil {
			return err
		}
		if n%100_000 == 0 {
			b.rig.note("bench: %d of %d leads, %.0f a second\n", n, b.Leads, float64(n)/time.Since(begun).Seconds())
		}
	}
	for _, table := range leads.Tables {
		if _, err := b.rig.app.pools.Worker.Exec(ctx, "vacuum (analyze) "+leads.Live().Table(table)); err != nil {
			return err
		}
	}
	return nil
}
