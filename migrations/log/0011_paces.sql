-- A pace may be an organization's own, or that of the whole installation (what a provider bears):
-- the function takes the owner of each. Nothing is what a caller wants who only asks for how long
-- to wait.
-- +goose Up
drop function staging.take_pace;

-- Takes up to want mails from every pace, as many as all of them bear (GCRA); with none, wait
-- is for how many seconds.
-- +goose StatementBegin
create function staging.take_paces(p_owners uuid[], p_keys text[], p_every float8[], p_burst int[], p_want int, out granted int, out wait float8)
language plpgsql as $$
declare
  v_now timestamptz;
  v_next timestamptz;
  v_ahead float8;
  v_room int;
begin
  granted := p_want;
  wait := 0;
  insert into staging.paces (tenant_id, key, next_at) select u.o, u.k, '-infinity' from unnest(p_owners, p_keys) u(o, k) order by u.o, u.k on conflict do nothing;
  perform 1 from staging.paces p join unnest(p_owners, p_keys) u(o, k) on p.tenant_id = u.o and p.key = u.k order by p.tenant_id, p.key for update of p;
  v_now := clock_timestamp();
  for i in 1 .. coalesce(cardinality(p_keys), 0) loop
    select greatest(p.next_at, v_now) into v_next from staging.paces p where p.tenant_id = p_owners[i] and p.key = p_keys[i];
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
        where p.tenant_id = p_owners[i] and p.key = p_keys[i];
    end loop;
  end if;
end $$;
-- +goose StatementEnd
grant execute on function staging.take_paces to canvass_worker;

-- +goose Down
drop function staging.take_paces;
