-- The keys of people's data and of organizations' indexes, wrapped by MASTER_KEY.
-- They may live in a cluster of their own with short backups: an erasure is complete
-- when the last backup of the destroyed key is gone.
-- +goose Up
create schema keys;
grant usage on schema keys to canvass_keys;

create table keys.subject_keys (
  tenant_id uuid not null,
  subject_id uuid not null,
  key_id int not null default 1,
  wrapped bytea,                     -- null: erased; the row stays and refuses a new key
  master int not null,               -- which master key wraps it
  erased_at timestamptz,
  primary key (tenant_id, subject_id),
  check ((wrapped is null) = (erased_at is not null))
);
create index subject_keys_master on keys.subject_keys (master) where wrapped is not null;

create table keys.organization_keys (
  tenant_id uuid not null,
  purpose text not null,
  wrapped bytea not null,
  master int not null,
  primary key (tenant_id, purpose)
);
grant select, insert, update on keys.subject_keys, keys.organization_keys to canvass_keys;
