package projections

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/eventstore"
)

// LeadMatch is the oldest lead that has a key, and how many have it, counted up to
// imports.MatchedUpTo.
type LeadMatch struct {
	ID string
	Of int
}

// MatchLeads finds the leads that have keys of an import which belong to no lead alone:
// a phone, or a name and a company. Archived leads are among them, deleted and erased
// ones are not. It names ids only, which whoever may import may know.
func (q *Queries) MatchLeads(ctx context.Context, org string, keys []domain.Claim) (map[domain.Claim]LeadMatch, error) {
	var phones, people []domain.Claim
	seen := map[domain.Claim]bool{}
	for _, k := range keys {
		switch {
		case seen[k]:
		case k.Scope == imports.ByPhone:
			phones = append(phones, k)
		case k.Scope == imports.ByCompanyName:
			people = append(people, k)
		}
		seen[k] = true
	}
	out := map[domain.Claim]LeadMatch{}
	b := eventstore.ForOrg(org)
	if len(phones) > 0 {
		numbers := make([]string, len(phones))
		for i, k := range phones {
			numbers[i] = k.Value
		}
		queueMatches(b, out, phones, `unnest($3::text[]) with ordinality k(phone, n)`, `s.phone = k.phone`, org, imports.MatchedUpTo, numbers)
	}
	if len(people) > 0 {
		names, firms := make([]string, len(people)), make([]string, len(people))
		for i, k := range people {
			names[i], firms[i], _ = strings.Cut(k.Value, "\n")
		}
		queueMatches(b, out, people, `unnest($3::text[], $4::text[]) with ordinality k(name, company, n)`, `s.name = k.name and s.company = k.company`,
			org, imports.MatchedUpTo, names, firms)
	}
	return out, orUnavailable(q.app.SendBatch(ctx, b).Close())
}

// queueMatches asks for each of the keys by itself, so that an index answers and a key
// that everybody has costs no more than others.
func queueMatches(b *pgx.Batch, out map[domain.Claim]LeadMatch, keys []domain.Claim, of, condition string, args ...any) {
	b.Queue(`select k.n, m.id::text, m.of from `+of+` cross join lateral (
		select (array_agg(o.id order by o.created_position))[1] as id, count(*) as of from (
			select s.id, s.created_position from `+searchTable+` s where s.tenant_id = $1 and `+condition+` and not s.deleted and not s.erased
			order by s.created_position limit $2) o) m
		where m.of > 0`, args...).Query(func(rows pgx.Rows) error {
		var n int
		var m LeadMatch
		_, err := pgx.ForEachRow(rows, []any{&n, &m.ID, &m.Of}, func() error {
			out[keys[n-1]] = m
			return nil
		})
		return err
	})
}
