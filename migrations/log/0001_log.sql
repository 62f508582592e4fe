-- The log: one table of facts, written by one function, changed by nobody.
-- +goose Up
create schema es;
create schema read;   -- projections; the worker makes their tables, versioned
create schema relay;  -- topics that other services subscribe to
grant usage on schema es, read to canvass_app, canvass_worker, canvass_auditor;
grant usage, create on schema read, relay to canvass_worker;

create table es.tenants (
  tenant_id uuid primary key,
  log_id smallint not null,
  pinned_at timestamptz not null default clock_timestamp()
);

create table es.events (
  log_id smallint not null,
  position bigint not null check (position > 0),   -- gapless per log, from 1, in commit order
  tenant_id uuid not null,
  stream_id uuid not null,
  version int not null check (version > 0),
  category text not null,
  event_id uuid not null,
  type text not null,
  schema_version smallint not null,
  command_id uuid not null,
  data json not null,                              -- json, not jsonb: the exact bytes are what is sealed
  meta json not null,
  recorded_at timestamptz not null,
  primary key (log_id, tenant_id, stream_id, version),
  unique (log_id, position)
) partition by list (log_id);
create index events_tenant_position on es.events (log_id, tenant_id, position);

create table es.commands (
  log_id smallint not null,
  tenant_id uuid not null,
  command_id uuid not null,
  request_hash bytea not null,
  first_position bigint,                           -- null: a decision of no facts
  last_position bigint not null,
  stream_id uuid not null,
  version int not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (log_id, tenant_id, command_id)
);
create index commands_recorded_at on es.commands using brin (recorded_at);

create table es.claims (
  tenant_id uuid not null,
  scope text not null,
  hash bytea not null,
  stream_id uuid not null,
  normaliser smallint not null,
  primary key (tenant_id, scope, hash)
);
create index claims_stream on es.claims (tenant_id, stream_id);

create table es.projections (
  name text not null,
  version int not null,
  status text not null check (status in ('building', 'live', 'retired')),
  changed_at timestamptz not null default clock_timestamp(),
  primary key (name, version)
);

-- Insert-only: an updated row would bloat under an analyst's open snapshot, and the
-- primary key is the fence against a worker that believes it is still alone.
create table es.checkpoints (
  projection text not null,
  version int not null,
  log_id smallint not null,
  from_pos bigint not null,
  to_pos bigint not null check (to_pos >= from_pos),
  worker text not null,
  at timestamptz not null default clock_timestamp(),
  primary key (projection, version, log_id, from_pos)
);

create table es.parked (
  projection text not null,
  version int not null,
  log_id smallint not null,
  position bigint not null,
  stream_id uuid not null,
  error_class text not null,                       -- a class and a code, never a text that could hold an address
  attempts int not null,
  parked_at timestamptz not null default clock_timestamp(),
  primary key (projection, version, log_id, position)
);

-- +goose StatementBegin
create function es.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the log is immutable: % on %.% is refused', tg_op, tg_table_schema, tg_table_name using errcode = '42501';
end $$;
-- +goose StatementEnd

create trigger immutable_rows before update or delete on es.events for each row execute function es.refuse_change();
create trigger immutable_table before truncate on es.events for each statement execute function es.refuse_change();
alter table es.events enable always trigger immutable_table;

-- A log is a partition. Row triggers are cloned from the parent, but not their
-- "always"; triggers against truncation are not cloned at all.
-- +goose StatementBegin
create function es.add_log(p_log smallint) returns void language plpgsql as $$
declare
  v_name text := format('es.events_l%s', p_log);
begin
  execute format('create table %s partition of es.events for values in (%s)', v_name, p_log);
  execute format('alter table %s alter column data set storage external, alter column meta set storage external', v_name);
  execute format('alter table %s set (autovacuum_vacuum_insert_scale_factor = 0.02)', v_name);
  execute format('create trigger immutable_table before truncate on %s for each statement execute function es.refuse_change()', v_name);
  execute format('alter table %s enable always trigger immutable_table, enable always trigger immutable_rows', v_name);
  execute format('alter table %s enable row level security', v_name);
end $$;
-- +goose StatementEnd
revoke all on function es.add_log(smallint) from public;
select es.add_log(0::smallint);
alter table es.events enable always trigger immutable_rows;

-- The position of the first fact recorded at or after a time; one past the end when
-- there is none. Exact, because positions are gapless and recorded_at never falls.
-- +goose StatementBegin
create function es.position_at(p_log smallint, p_at timestamptz) returns bigint
language plpgsql stable security definer set search_path = pg_catalog, es as $$
declare
  lo bigint := 1; hi bigint; mid bigint; v_at timestamptz;
begin
  select coalesce(max(e.position), 0) + 1 into hi from es.events e where e.log_id = p_log;
  while lo < hi loop
    mid := (lo + hi) / 2;
    select e.recorded_at into v_at from es.events e where e.log_id = p_log and e.position = mid;
    if v_at < p_at then lo := mid + 1; else hi := mid; end if;
  end loop;
  return lo;
end $$;
-- +goose StatementEnd
revoke all on function es.position_at(smallint, timestamptz) from public;
grant execute on function es.position_at(smallint, timestamptz) to canvass_app, canvass_worker, canvass_auditor;

-- Who reads what: with no organization set, nothing. The worker reads all
-- organizations, since it builds their projections.
alter table es.tenants enable row level security;
alter table es.events enable row level security;
alter table es.commands enable row level security;
alter table es.claims enable row level security;
-- +goose StatementBegin
do $$
declare t text;
begin
  foreach t in array array['tenants', 'events', 'commands', 'claims'] loop
    execute format('create policy tenant on es.%I for select to canvass_app, canvass_auditor using (tenant_id = (select nullif(current_setting(''app.tenant'', true), '''')::uuid))', t);
    execute format('create policy worker on es.%I for select to canvass_worker using (true)', t);
    execute format('grant select on es.%I to canvass_app, canvass_worker, canvass_auditor', t);
  end loop;
end $$;
-- +goose StatementEnd
revoke select on es.claims from canvass_auditor;
create policy worker_prunes on es.commands for delete to canvass_worker using (recorded_at < clock_timestamp() - interval '90 days');
grant delete on es.commands to canvass_worker;
create policy worker_mends on es.claims for all to canvass_worker using (true) with check (true);
grant insert, update, delete on es.claims to canvass_worker;
grant select, insert, update, delete on es.projections, es.parked to canvass_worker;
grant select, insert, delete on es.checkpoints to canvass_worker;
grant select on es.projections to canvass_auditor;

-- One row per organization and projection: how far the projection is for it.
create table read.watermarks (
  projection text not null,
  version int not null,
  tenant_id uuid not null,
  position bigint not null,
  primary key (tenant_id, projection, version)
) with (fillfactor = 50);
alter table read.watermarks enable row level security;
create policy tenant on read.watermarks for select to canvass_app, canvass_auditor using (tenant_id = (select nullif(current_setting('app.tenant', true), '')::uuid));
create policy worker on read.watermarks for all to canvass_worker using (true) with check (true);
grant select on read.watermarks to canvass_app, canvass_auditor;
grant select, insert, update, delete on read.watermarks to canvass_worker;
