package projections

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/organization"
	"github.com/canvass-hq/canvass/eventstore"
)

// Organizations is who belongs to which organization, as what. Memberships are looked for
// by the user before it is known which organization a request is about, so that table has
// no policy, and nothing in it that tells of a person.
func Organizations() Projection {
	return Projection{
		Name: "organizations", Version: 1, Tables: []string{"organizations", "memberships", "members", "teams", "invitations"}, Unguarded: []string{"memberships"},
		Reads: []string{organization.Category}, Apply: applyOrganizations,
		DDL: `create table {organizations} (
			tenant_id uuid not null primary key,
			name text,
			plan text not null,
			version int not null,
			position bigint not null,
			created_at timestamptz not null,
			updated_at timestamptz not null
		);
		create table {memberships} (
			tenant_id uuid not null,
			id uuid not null, -- of the user
			role text not null,
			teams uuid[] not null,
			withheld text[] not null,
			plan text not null,
			removed boolean not null,
			primary key (tenant_id, id)
		);
		create table {members} (
			tenant_id uuid not null,
			id uuid not null,
			email text,
			joined_position bigint not null,
			joined_at timestamptz not null,
			primary key (tenant_id, id)
		);
		create table {teams} (
			tenant_id uuid not null,
			id uuid not null,
			name text,
			created_position bigint not null,
			created_at timestamptz not null,
			primary key (tenant_id, id)
		);
		create table {invitations} (
			tenant_id uuid not null,
			id uuid not null,
			email text,
			role text not null,
			teams uuid[] not null,
			sent text not null, -- "", sent, or why not
			expires_at timestamptz not null,
			created_position bigint not null,
			created_at timestamptz not null,
			primary key (tenant_id, id)
		)`,
		Indexes: `create index on {memberships} (id);
			create index on {members} (tenant_id, joined_position);
			create index on {teams} (tenant_id, created_position);
			create index on {invitations} (tenant_id, created_position)`,
	}
}

// applyOrganizations writes fact by fact, all in one round trip: there are few of them.
func applyOrganizations(ctx context.Context, tx pgx.Tx, at Place, batch []eventstore.Recorded) error {
	w := organizationWriter{Batch: &pgx.Batch{}, at: at}
	for _, e := range batch {
		w.fact(e)
		w.Queue(`update `+at.Table("organizations")+` set version = $2, position = $3, updated_at = $4 where tenant_id = $1`, e.Org, int32(e.Version), e.Position, e.RecordedAt) //nolint:gosec // a version
	}
	return tx.SendBatch(ctx, w.Batch).Close()
}

type organizationWriter struct {
	*pgx.Batch

	at Place
}

func (w organizationWriter) fact(recorded eventstore.Recorded) {
	org := recorded.Org
	switch e := recorded.Fact.(type) {
	case organization.Created:
		w.Queue(`insert into `+w.at.Table("organizations")+` values ($1, $2, '', $3, $4, $5, $5)`, org, orNull(e.Name), int32(recorded.Version), recorded.Position, recorded.RecordedAt) //nolint:gosec // a version
	case organization.Renamed:
		w.Queue(`update `+w.at.Table("organizations")+` set name = $2 where tenant_id = $1`, org, orNull(e.To))
	case organization.PlanChanged:
		w.Queue(`update `+w.at.Table("organizations")+` set plan = $2 where tenant_id = $1`, org, string(e.To))
		w.Queue(`update `+w.at.Table("memberships")+` set plan = $2 where tenant_id = $1`, org, string(e.To))
	case organization.MemberInvited:
		w.Queue(`insert into `+w.at.Table("invitations")+` values ($1, $2, $3, $4, $5, '', $6, $7, $8)`,
			org, e.Invitation, orNull(e.Email), string(e.Role), some(e.Teams), e.ExpiresAt, recorded.Position, recorded.RecordedAt)
	case organization.InvitationSent:
		w.Queue(`update `+w.at.Table("invitations")+` set sent = 'sent' where tenant_id = $1 and id = $2`, org, e.Invitation)
	case organization.InvitationFailed:
		w.Queue(`update `+w.at.Table("invitations")+` set sent = $3 where tenant_id = $1 and id = $2`, org, e.Invitation, e.Class)
	case organization.InvitationRevoked:
		w.Queue(`delete from `+w.at.Table("invitations")+` where tenant_id = $1 and id = $2`, org, e.Invitation)
	case organization.TeamNamed:
		w.Queue(`insert into `+w.at.Table("teams")+` values ($1, $2, $3, $4, $5) on conflict (tenant_id, id) do update set name = excluded.name`, org, e.Team, orNull(e.Name), recorded.Position, recorded.RecordedAt)
	case organization.TeamRemoved:
		w.Queue(`delete from `+w.at.Table("teams")+` where tenant_id = $1 and id = $2`, org, e.Team)
		w.Queue(`update `+w.at.Table("memberships")+` set teams = array_remove(teams, $2) where tenant_id = $1 and $2 = any(teams)`, org, asUUID(e.Team))
	default:
		w.member(recorded)
	}
}

func (w organizationWriter) member(recorded eventstore.Recorded) {
	org := recorded.Org
	memberships := w.at.Table("memberships")
	switch e := recorded.Fact.(type) {
	case organization.MemberJoined:
		w.Queue(`delete from `+w.at.Table("invitations")+` where tenant_id = $1 and id = $2`, org, asUUID(e.Invitation))
		w.Queue(`insert into `+memberships+` select $1, $2, $3, $4, '{}', o.plan, false from `+w.at.Table("organizations")+` o where o.tenant_id = $1
			on conflict (tenant_id, id) do update set role = excluded.role, teams = excluded.teams, withheld = excluded.withheld, plan = excluded.plan, removed = false`,
			org, e.User, string(e.Role), some(e.Teams))
		w.Queue(`insert into `+w.at.Table("members")+` values ($1, $2, $3, $4, $5) on conflict (tenant_id, id) do update
			set email = excluded.email, joined_position = excluded.joined_position, joined_at = excluded.joined_at`,
			org, e.User, orNull(e.Email), recorded.Position, recorded.RecordedAt)
	case organization.MemberRoleChanged:
		w.Queue(`update `+memberships+` set role = $3 where tenant_id = $1 and id = $2`, org, e.User, string(e.To))
	case organization.MemberTeamsChanged:
		w.Queue(`update `+memberships+` set teams = $3 where tenant_id = $1 and id = $2`, org, e.User, some(e.To))
	case organization.MemberRestricted:
		w.Queue(`update `+memberships+` set withheld = $3 where tenant_id = $1 and id = $2`, org, e.User, permissions(e.To))
	case organization.MemberRemoved:
		// The row stays: that somebody was removed outweighs what an old token says.
		w.Queue(`update `+memberships+` set removed = true, teams = '{}', withheld = '{}' where tenant_id = $1 and id = $2`, org, e.User)
		w.Queue(`delete from `+w.at.Table("members")+` where tenant_id = $1 and id = $2`, org, e.User)
	}
}

// some writes nothing as an empty array.
func some(values []string) []string {
	if values == nil {
		return []string{}
	}
	return values
}

func permissions(list []domain.Permission) []string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = string(p)
	}
	return out
}

// Membership is what a user is in one organization.
type Membership struct {
	Org      string
	Role     access.Role
	Teams    []string
	Withheld []domain.Permission
	Plan     access.Plan
	Removed  bool // was a member, and is none any more
}

// Memberships lists what a user is, in which organizations.
func (q *Queries) Memberships(ctx context.Context, user string) ([]Membership, error) {
	rows, err := q.app.Query(ctx, `select tenant_id::text, role, teams::text[], withheld, plan, removed from `+Organizations().Live().Table("memberships")+` where id = $1 order by tenant_id`, asUUID(user))
	if err != nil {
		return nil, unavailable(err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (m Membership, err error) {
		return m, row.Scan(&m.Org, &m.Role, &m.Teams, &m.Withheld, &m.Plan, &m.Removed)
	})
	return found, orUnavailable(err)
}

// Organization is one organization, as its members see it.
type Organization struct {
	ID        string      `json:"id" format:"uuid"`
	Name      string      `json:"name"`
	Plan      access.Plan `json:"plan,omitempty" enum:"read_only" doc:"Left out when everything is open"`
	Version   int         `json:"version" doc:"Version of the organization, its members and teams, also its ETag"`
	Position  int64       `json:"position" doc:"Position in the log of its last fact"`
	CreatedAt time.Time   `json:"created_at"`
	UpdatedAt time.Time   `json:"updated_at"`
}
