-- When keys were used last. The record of nothing, and the servers' own: no fact.
-- +goose Up
create table staging.key_uses (
  tenant_id uuid not null,
  id uuid not null,
  used_at timestamptz not null,
  primary key (tenant_id, id)
);
alter table staging.key_uses enable row level security;
create policy tenant on staging.key_uses to canvass_app
  using (tenant_id = (select nullif(current_setting('app.tenant', true), '')::uuid));
grant select, insert, update on staging.key_uses to canvass_app;
