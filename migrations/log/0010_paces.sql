-- How fast mail goes out, for whoever sends: a sender's gap, a campaign's throttle, what a
-- provider and a recipient's domain bear. All workers share them, and a restart forgets none.
-- The record of nothing: what was sent stands in the log.
-- +goose Up
create table staging.paces (
  tenant_id uuid not null,
  key text not null,
  next_at timestamptz not null,      -- when the next mail would go, had all before it gone evenly
  primary key (tenant_id, key)
) with (fillfactor = 50);
alter table staging.paces enable row level security;
create policy jobs on staging.paces to canvass_worker using (true);
grant select, insert, update, delete on staging.paces to canvass_worker;

-- Takes up to want mails from every pace, as many as all of them bear (GCRA); with none, wait
-- is for how many seconds.
-- +goose StatementBegin
create function staging.take_pace(p_tenant uuid, p_keys text[], p_every float8[], p_burst int[], p_want int, out granted int, out wait float8)
language plpgsql as $$
declare
  v_now timestamptz;
  v_next timestamptz;
  v_ahead float8;
  v_room int;
begin
  granted := p_want;
  wait := 0;
  insert into staging.paces (tenant_id, key, next_at) select p_tenant, u.k, '-infinity' from unnest(p_keys) u(k) order by u.k on conflict do nothing;
  perform 1 from staging.paces p where p.tenant_id = p_tenant and p.key = any(p_keys) order by p.key for update;
  v_now := clock_timestamp();
  for i in 1 .. coalesce(cardinality(p_keys), 0) loop
    select greatest(p.next_at, v_now) into v_next from staging.paces p where p.tenant_id = p_tenant and p.key = p_keys[i];
    v_ahead := extract(epoch from v_next - v_now);
    v_room := floor(p_burst[i] - v_ahead / p_every[i] + 1e-9);
    granted := least(granted, greatest(v_room, 0));
    if v_room < 1 then
      wait := greatest(wait, v_ahead - (p_burst[i] - 1) * p_every[i]);
    end if;
  end loop;
  if granted > 0 then
    for i in 1 .. coalesce(cardinality(p_keys), 0) loop
      update staging.paces p set next_at = greatest(p.next_at, v_now) + make_interval(secs => granted * p_every[i])
        where p.tenant_id = p_tenant and p.key = p_keys[i];
    end loop;
  end if;
end $$;
-- +goose StatementEnd
grant execute on function staging.take_pace to canvass_worker;
