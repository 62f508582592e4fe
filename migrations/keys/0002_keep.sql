-- +goose Up
-- The keys of new subjects, kept by the append that seals under them: one transaction,
-- one flush, and no key without its facts after a crash. It answers with those commands
-- (by their number) whose key is not the one that is kept: somebody made one before, the
-- subject is erased, or the master key is not the newest any more.
-- +goose StatementBegin
create function keys.keep(k_cmd int[], k_tenant uuid[], k_subject uuid[], k_wrapped bytea[], k_master int[]) returns int[]
language plpgsql volatile security definer
set search_path = pg_catalog, keys
as $$
declare n int;
begin
  if cardinality(k_cmd) = 0 then return '{}'; end if;
  -- Held shared by who wraps a key, alone by who changes which master key is the newest.
  perform pg_advisory_xact_lock_shared(726503, 1);
  insert into keys.subject_keys (tenant_id, subject_id, wrapped, master)
    select u.t, u.s, u.w, u.m from unnest(k_tenant, k_subject, k_wrapped, k_master) u(t, s, w, m)
     where u.m >= (select number from keys.newest_master)
     order by u.t, u.s -- in one order everywhere: two who make the same keys would else wait for each other
    on conflict do nothing;
  get diagnostics n = row_count;
  if n = cardinality(k_cmd) then return '{}'; end if;
  return array(
    select distinct u.c from unnest(k_cmd, k_tenant, k_subject, k_wrapped) u(c, t, s, w)
     where (select k.wrapped from keys.subject_keys k where k.tenant_id = u.t and k.subject_id = u.s) is distinct from u.w);
end $$;
-- +goose StatementEnd
revoke all on function keys.keep from public;
grant usage on schema keys to canvass_app;
grant execute on function keys.keep to canvass_app;
