-- The leads that a bulk action is about, settled once when it begins, and why some of
-- them refused. The record of nothing: the facts of the leads are.
-- +goose Up
create table staging.selected (
  tenant_id uuid not null,
  bulk_id uuid not null,
  n bigint not null,                 -- in which order they are gone through, from 1
  lead uuid not null,
  refusal text,                      -- code
  primary key (tenant_id, bulk_id, n)
);
alter table staging.selected enable row level security;
create policy tenant on staging.selected to canvass_app
  using (tenant_id = (select nullif(current_setting('app.tenant', true), '')::uuid));
create policy jobs on staging.selected to canvass_worker using (true);
grant select, insert, update, delete on staging.selected to canvass_worker;
grant select, insert, delete on staging.selected to canvass_app;
