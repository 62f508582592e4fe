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

create table keys.organization_keys (
  tenant_id uuid not null,
  purpose text not null,
  wrapped bytea not null,
  master int not null,
  primary key (tenant_id, purpose)
);
-- Nothing is wrapped by a master key older than this one any more: a process that has
-- not heard of a rotation is refused, and asks for the newer key.
create table keys.newest_master (
  one boolean primary key default true check (one),
  number int not null
);
insert into keys.newest_master (number) values (0);

grant select, update on keys.newest_master to canvass_keys;
grant select, insert, update on keys.subject_keys, keys.organization_keys to canvass_keys;
