package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain/access"
)

type tokenCmd struct {
	Role string        `help:"What the token may do: admin, manager, user or api; visitor belongs to no organization." enum:"admin,manager,user,api,visitor" required:""`
	Org  string        `help:"The organization's id; the demo organization when absent." placeholder:"UUID"`
	User string        `help:"The user's id; one that is always the same for the role when absent." placeholder:"UUID"`
	Mail string        `name:"email" help:"Where the user is reached, by which invitations are taken." placeholder:"ADDRESS"`
	AAL  string        `help:"Whether the session was begun with a second factor: aal1 or aal2." enum:"aal1,aal2" default:"aal2"`
	TTL  time.Duration `help:"How long it is valid." default:"1h"`
}

// Help implements kong's detailed help.
func (tokenCmd) Help() string {
	return "Example: export CANVASS_TOKEN=$(canvass token --role manager --ttl 8h)"
}

// Run implements the subcommand.
func (c tokenCmd) Run(s *session) error {
	org := c.Org
	if org == "" {
		var err error
		if org, err = s.cfg.demo(); err != nil {
			return err
		}
	}
	p := demoPrincipal(org, access.Role(c.Role))
	p.Strong, p.Email = c.AAL == "aal2", c.Mail
	if c.User != "" {
		p.ID = c.User
	}
	ids := map[string]string{"--org": p.Org, "--user": p.ID}
	if p.Role == access.Visitor {
		p.Org = ""
		delete(ids, "--org")
	}
	for name, id := range ids {
		if parsed, err := uuid.Parse(id); err != nil || parsed.String() != id {
			return fmt.Errorf("%s is not a UUID", name)
		}
	}
	if c.TTL <= 0 {
		return errors.New("--ttl is not positive")
	}
	token, err := s.cfg.token(p, c.TTL)
	if err != nil {
		return err
	}
	s.printf("%s\n", token)
	return nil
}

// demoPrincipal is the member of an organization that stands for a role.
func demoPrincipal(org string, role access.Role) access.Principal {
	space, err := uuid.Parse(org)
	if err != nil {
		space = uuid.Nil
	}
	return access.Principal{Org: org, Role: role, Strong: true, ID: uuid.NewSHA1(space, []byte("demo "+role)).String()}
}

// token signs a token of the local issuer.
func (c Config) token(p access.Principal, ttl time.Duration) (string, error) {
	issuer, err := c.issuer()
	if err != nil {
		return "", err
	}
	return issuer.Token(p, time.Now(), ttl)
}
