package projections

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/organization"
	"github.com/canvass-hq/canvass/eventstore"
)

const organizationColumns = `tenant_id, name, plan, version, position, created_at, updated_at`

func scanOrganization(row pgx.CollectableRow) (Organization, error) {
	var o Organization
	err := row.Scan(&o.ID, orEmpty(&o.Name), &o.Plan, &o.Version, &o.Position, &o.CreatedAt, &o.UpdatedAt)
	o.CreatedAt, o.UpdatedAt = o.CreatedAt.UTC(), o.UpdatedAt.UTC()
	return o, err
}

// Organizations gives organizations by their ids; those that are not there are left out.
func (q *Queries) Organizations(ctx context.Context, ids []string) ([]Organization, error) {
	var out []Organization
	b := &pgx.Batch{}
	for _, id := range ids {
		b.Queue(`select set_config('app.tenant', $1, true)`, id)
		b.Queue(`select `+organizationColumns+` from `+Organizations().Live().Table("organizations")+` where tenant_id = $1`, id).Query(func(rows pgx.Rows) error {
			found, err := pgx.CollectRows(rows, scanOrganization)
			out = append(out, found...)
			return err
		})
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return out, orUnavailable(q.app.SendBatch(ctx, b).Close())
}

// Organization gives the principal's organization, or organization.ErrNotFound.
func (q *Queries) Organization(ctx context.Context, p access.Principal) (Organization, error) {
	found, err := q.Organizations(ctx, []string{p.Org})
	if err == nil && len(found) == 0 {
		err = organization.ErrNotFound
	}
	if err != nil {
		return Organization{}, err
	}
	return found[0], nil
}

// Member is one member of an organization.
type Member struct {
	ID       string              `json:"id" format:"uuid" doc:"The user's id"`
	Email    string              `json:"email,omitempty" doc:"Where they are reached, as they said when they joined"`
	Role     access.Role         `json:"role" enum:"admin,manager,user,api"`
	Teams    []string            `json:"teams" nullable:"false"`
	Withheld []domain.Permission `json:"withheld" nullable:"false" doc:"What is withheld from them that others of the role may do"`
	JoinedAt time.Time           `json:"joined_at"`

	joined int64
}

// Joined is the member's place in the list.
func (m Member) Joined() int64 { return m.joined }

// MemberPage lists members, the newest first, or the one of an id.
func (q *Queries) MemberPage(ctx context.Context, p access.Principal, id string, before int64, limit int) (Page[Member], error) {
	w := &where{}
	w.and("m.tenant_id = ?", p.Org)
	if id != "" {
		w.and("m.id = ?", asUUID(id))
	}
	return newest[Member]{
		of: Organizations(), table: Organizations().Live().Table("members") + " m join " + Organizations().Live().Table("memberships") + " s on s.tenant_id = m.tenant_id and s.id = m.id",
		columns: `m.id, m.email, s.role, s.teams::text[], s.withheld, m.joined_at, m.joined_position`, key: "m.joined_position", where: w,
		scan: func(row pgx.CollectableRow) (m Member, err error) {
			err = row.Scan(&m.ID, orEmpty(&m.Email), &m.Role, &m.Teams, &m.Withheld, &m.JoinedAt, &m.joined)
			m.JoinedAt = m.JoinedAt.UTC()
			return m, err
		},
	}.page(ctx, q, p.Org, before, limit)
}

// Team is one team of an organization.
type Team struct {
	ID        string    `json:"id" format:"uuid"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`

	created int64
}

// Created is the team's place in the list.
func (t Team) Created() int64 { return t.created }

// TeamPage lists teams, the newest first.
func (q *Queries) TeamPage(ctx context.Context, p access.Principal, before int64, limit int) (Page[Team], error) {
	return newest[Team]{
		of: Organizations(), table: Organizations().Live().Table("teams"), columns: `id, name, created_at, created_position`, where: ofOrg(p.Org),
		scan: func(row pgx.CollectableRow) (t Team, err error) {
			err = row.Scan(&t.ID, orEmpty(&t.Name), &t.CreatedAt, &t.created)
			t.CreatedAt = t.CreatedAt.UTC()
			return t, err
		},
	}.page(ctx, q, p.Org, before, limit)
}

// InvitationWaiting is what Sent says as long as nothing became of the mail.
const InvitationWaiting = "waiting"

// Invitation is one open invitation.
type Invitation struct {
	ID        string      `json:"id" format:"uuid"`
	Email     string      `json:"email"`
	Role      access.Role `json:"role" enum:"admin,manager,user,api"`
	Teams     []string    `json:"teams" nullable:"false"`
	Sent      string      `json:"sent" doc:"waiting, sent, or why the mail could not be sent: refused, unauthorized, unavailable, not_configured" example:"sent"`
	ExpiresAt time.Time   `json:"expires_at"`
	CreatedAt time.Time   `json:"created_at"`

	created int64
}

// Created is the invitation's place in the list.
func (i Invitation) Created() int64 { return i.created }

const invitationColumns = `id, email, role, teams::text[], sent, expires_at, created_at, created_position`

func scanInvitation(row pgx.CollectableRow) (i Invitation, err error) {
	err = row.Scan(&i.ID, orEmpty(&i.Email), &i.Role, &i.Teams, &i.Sent, &i.ExpiresAt, &i.CreatedAt, &i.created)
	i.ExpiresAt, i.CreatedAt = i.ExpiresAt.UTC(), i.CreatedAt.UTC()
	if i.Sent == "" {
		i.Sent = InvitationWaiting
	}
	return i, err
}

// InvitationPage lists open invitations, expired ones among them, the newest first.
func (q *Queries) InvitationPage(ctx context.Context, p access.Principal, before int64, limit int) (Page[Invitation], error) {
	return newest[Invitation]{
		of: Organizations(), table: Organizations().Live().Table("invitations"), columns: invitationColumns, where: ofOrg(p.Org), scan: scanInvitation,
	}.page(ctx, q, p.Org, before, limit)
}

// Invitation gives one open invitation, or organization.ErrNoInvitation.
func (q *Queries) Invitation(ctx context.Context, org, id string) (i Invitation, err error) {
	b := eventstore.ForOrg(org)
	b.Queue(`select `+invitationColumns+` from `+Organizations().Live().Table("invitations")+` where tenant_id = $1 and id = $2`, org, asUUID(id)).Query(func(rows pgx.Rows) (err error) {
		i, err = pgx.CollectExactlyOneRow(rows, scanInvitation)
		return err
	})
	if err = q.app.SendBatch(ctx, b).Close(); errors.Is(err, pgx.ErrNoRows) {
		return Invitation{}, organization.ErrNoInvitation
	}
	return i, orUnavailable(err)
}
