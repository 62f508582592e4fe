package projections

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/imports"
)

// Duplicates finds the rows of one file that are the same person: they become rows of
// the first one's lead, are skipped or refused, or make leads of their own and say so.
func (s *Staging) Duplicates(ctx context.Context, org, id string, o imports.Options) error {
	again := `json_build_array(json_build_object('code', 'row.duplicate', 'field', $3::text, 'message', $4::text || ': line ' || f.line))`
	outcome, reasons, of := `case r.outcome when 'create' then 'update' else r.outcome end`, `r.reasons`, `coalesce(f.lead, r.lead)`
	switch {
	case o.OnDuplicate == imports.Skip:
		outcome, reasons = `'skip'`, again
	case o.OnDuplicate == imports.Another && o.Claimed():
		outcome, reasons = `'refused'`, again
	case o.OnDuplicate == imports.Another: // each makes a lead of its own
		outcome, reasons, of = `r.outcome`, again, `r.lead`
	}
	// The table has just been filled and has no statistics yet: what is to be joined looks
	// like one row, and is all of them.
	b := &pgx.Batch{}
	b.Queue(`select set_config('enable_nestloop', 'off', true)`)
	b.Queue(`update staging.rows r set first = f.line, lead = `+of+`, outcome = `+outcome+`, reasons = `+reasons+`
		from (select line as own, row_number() over w as n, first_value(line) over w as line, first_value(lead) over w as lead from staging.rows
			where tenant_id = $1 and import_id = $2 and key is not null and $3::text is not null and $4::text is not null and outcome in ('create', 'update', 'unchanged')
			window w as (partition by key order by line)) f
		where f.n > 1 and r.tenant_id = $1 and r.import_id = $2 and r.line = f.own`, org, id, o.Key, imports.SamePerson)
	return orUnavailable(s.Worker.SendBatch(ctx, b).Close())
}

// Namesakes warns of the rows of one file that name a company otherwise than the first
// row does which brings it. To do so twice changes nothing.
func (s *Staging) Namesakes(ctx context.Context, org, id string) error {
	warning, err := json.Marshal([]imports.Reason{imports.NameDiffers()})
	if err != nil {
		return err
	}
	b := &pgx.Batch{}
	b.Queue(`select set_config('enable_nestloop', 'off', true)`) // as above
	b.Queue(`update staging.rows r set reasons = ($3::jsonb || coalesce(r.reasons::jsonb, '[]'))::json
		from (select line, firm_name, first_value(firm_name) over (partition by firm order by line) as kept from staging.rows
			where tenant_id = $1 and import_id = $2 and firm is not null and outcome in ('create', 'update', 'unchanged')) f
		where f.firm_name <> f.kept and r.tenant_id = $1 and r.import_id = $2 and r.line = f.line and not coalesce(r.reasons::jsonb, '[]') @> $3::jsonb`, org, id, warning)
	return orUnavailable(s.Worker.SendBatch(ctx, b).Close())
}
