-- What imports work on: the sealed bytes of files, and what is planned for their rows.
-- None of it is the record of anything; backups may leave it out.
-- +goose Up
create schema staging;
grant usage on schema staging to canvass_app, canvass_worker;

create table staging.chunks (
  tenant_id uuid not null,
  import_id uuid not null,
  n int not null,
  data bytea not null,               -- sealed under the import's own key
  made_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, import_id, n)
);

create table staging.rows (
  tenant_id uuid not null,
  import_id uuid not null,
  line int not null,
  key bytea,                         -- keyed hash of what the row's lead is found by
  lead uuid,                         -- the lead that the row makes or is of
  first int,                         -- line of the first row with the key, where that is another
  outcome text not null,
  reasons json,
  company uuid,                      -- the company that the row's lead works for
  fresh boolean not null default false, -- the row registers it
  ready boolean not null default false, -- the commit has decided on the row
  done boolean not null default false,  -- and carried it out
  primary key (tenant_id, import_id, line)
);

create table staging.progress (
  tenant_id uuid not null,
  import_id uuid not null,
  run uuid not null,                 -- the fact that asked for the stage
  stage text not null,
  rows bigint not null,
  bytes bigint not null,
  changed int not null default 0,
  companies int not null default 0,
  cursor bigint not null default 0,
  prepared bigint not null default -1,
  primary key (tenant_id, import_id)
);

create table staging.kept (
  tenant_id uuid not null,
  import_id uuid not null,
  run uuid not null,
  lead uuid not null,
  primary key (tenant_id, import_id, run, lead)
);

-- +goose StatementBegin
do $$
declare t text;
begin
  foreach t in array array['chunks', 'rows', 'progress', 'kept'] loop
    execute format('alter table staging.%I enable row level security', t);
    execute format('create policy tenant on staging.%I to canvass_app using (tenant_id = (select nullif(current_setting(''app.tenant'', true), '''')::uuid))', t);
    execute format('create policy jobs on staging.%I to canvass_worker using (true)', t);
    execute format('grant select, insert, update, delete on staging.%I to canvass_worker', t);
    execute format('grant select on staging.%I to canvass_app', t);
  end loop;
end $$;
-- +goose StatementEnd
grant insert, delete on staging.chunks to canvass_app;
