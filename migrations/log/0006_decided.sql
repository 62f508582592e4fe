-- What a commit of an import is about to carry out: the rows that it has decided on and
-- may not have written yet. One row per import, where each staged row was written twice.
-- A commit that is under way while this comes in decides again on what it had not noted.
-- +goose Up
create table staging.decided (
  tenant_id uuid not null,
  import_id uuid not null,
  run uuid not null,                 -- the fact that asked for the commit
  line int not null,                 -- of the first of the rows
  employers json not null,           -- of each row the company, and whether the row registers it
  primary key (tenant_id, import_id)
);
alter table staging.decided enable row level security;
create policy tenant on staging.decided to canvass_app
  using (tenant_id = (select nullif(current_setting('app.tenant', true), '')::uuid));
create policy jobs on staging.decided to canvass_worker using (true);
grant select, insert, update, delete on staging.decided to canvass_worker;
grant select on staging.decided to canvass_app;

alter table staging.rows drop column company, drop column fresh, drop column ready, drop column done;
