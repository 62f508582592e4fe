package eventstore

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
)

// refuseMighty stops a start in a role that could disable the triggers which keep
// the log immutable.
func refuseMighty(ctx context.Context, pool *pgxpool.Pool) error {
	var role string
	var mighty bool
	err := pool.QueryRow(ctx, `select current_user, r.rolsuper or r.rolbypassrls or pg_has_role(current_user, 'canvass_owner', 'member')
		or has_table_privilege(current_user, 'es.events', 'insert') or has_table_privilege(current_user, 'es.events', 'update')
		or has_table_privilege(current_user, 'es.events', 'delete') or has_table_privilege(current_user, 'es.events', 'truncate')
		or has_table_privilege(current_user, 'es.events', 'trigger')
		from pg_roles r where r.rolname = current_user`).Scan(&role, &mighty)
	if err != nil {
		return fmt.Errorf("check the database role: %w", scrubbed(err)) // of a connection that fails, how
	}
	if mighty {
		return fmt.Errorf("the database role %s could change the log: refusing to start with it", role)
	}
	return nil
}

// Mighty names the user that this process logs in as, where that user could leave the
// roles of Canvass and change the log; "" where it could not.
func (s *Store) Mighty(ctx context.Context) (user string, err error) {
	err = s.app.QueryRow(ctx, `select coalesce((select rolname from pg_roles r where r.rolname = session_user
		and (r.rolsuper or r.rolbypassrls or pg_has_role(session_user, 'canvass_owner', 'member'))), '')`).Scan(&user)
	return user, unavailable("check the database user", err)
}
