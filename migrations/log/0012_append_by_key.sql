-- The only way into the log, as in 0003, with look-ups that cannot go by the wrong index.
-- Without statistics, on a young database, the index of an organization's positions looks as
-- good for one stream as the key does, and is smaller: a plan that was made then read all of
-- an organization's facts for each stream, until the tables were analyzed. In both look-ups
-- only the key gives the order that is asked for, and nothing may be sorted. The largest
-- position of a stream's version was looked for from the organization's last fact backwards.
-- +goose Up
drop function es.append_batch;
-- +goose StatementBegin
create function es.append_batch(
  p_log smallint,
  -- commands
  c_tenant uuid[], c_id uuid[], c_hash bytea[], c_meta json[],
  -- streams, sorted by command; a stream stands at most once in a call
  s_cmd int[], s_stream uuid[], s_expected int[], s_n int[],
  -- facts, in the order of their streams: which stream, which in the stream, which in the command
  e_s int[], e_idx int[], e_ord int[], e_id uuid[], e_category text[], e_type text[], e_schema smallint[], e_data json[],
  -- claims, sorted by command; a claim stands at most once in a call
  k_cmd int[], k_s int[], k_scope text[], k_hash bytea[], k_normaliser smallint[], k_take boolean[],
  p_unsealed int[]
) returns table (cmd int, status text, first_pos bigint, last_pos bigint, stream uuid, stream_version int, recorded timestamptz, stale int[], claims int[], holders uuid[])
language plpgsql volatile security definer
set search_path = pg_catalog, es
-- A plan that is made while the tables are empty is kept while they grow: it must be one
-- that is right for large tables. For the same reason every look-up below is a subquery
-- on a whole key; a join was seen to read all of an organization's commands.
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off set enable_sort = off
as $$
declare
  v_pos bigint; v_at timestamptz;
  nc int := cardinality(c_id); ns int := cardinality(s_cmd); nk int := cardinality(k_cmd);
  i int; j int := 1; k int := 1; n int;
  v_pinned smallint[]; v_cur int[]; v_holder uuid[];
  v_dup boolean[] := array_fill(false, array[nc]);
  v_base bigint[] := array_fill(null::bigint, array[nc]);   -- the position before the command's first fact; null: refused
  v_first bigint[] := array_fill(null::bigint, array[nc]);
  v_last bigint[] := array_fill(0::bigint, array[nc]);
  v_lead int[] := array_fill(0, array[nc]);                 -- the command's first stream
  r record;
begin
  -- Whoever calls this inside a longer transaction and falls silent must not stop the log.
  perform set_config('idle_in_transaction_session_timeout', '5s', true);
  perform pg_advisory_xact_lock(726501, p_log);

  select e.position, e.recorded_at into v_pos, v_at from es.events e where e.log_id = p_log order by e.position desc limit 1;
  v_pos := coalesce(v_pos, 0);
  v_at := greatest(clock_timestamp(), v_at);
  recorded := v_at;

  v_pinned := array(select (select t.log_id from es.tenants t where t.tenant_id = u.t) from unnest(c_tenant) with ordinality u(t, o) order by u.o);
  if array_position(v_pinned, null) is not null then
    insert into es.tenants (tenant_id, log_id) select distinct u.t, p_log from unnest(c_tenant) u(t) on conflict do nothing;
    v_pinned := array(select (select t.log_id from es.tenants t where t.tenant_id = u.t) from unnest(c_tenant) with ordinality u(t, o) order by u.o);
  end if;
  v_cur := array(
    select coalesce((select e.version from es.events e
      where e.log_id = p_log and e.tenant_id = c_tenant[s.c] and e.stream_id = s.id order by e.version desc limit 1), 0)
    from unnest(s_cmd, s_stream) with ordinality s(c, id, o) order by s.o);
  if nk > 0 then
    v_holder := array(
      select (select x.stream_id from es.claims x where x.tenant_id = c_tenant[q.c] and x.scope = q.scope and x.hash = q.hash)
      from unnest(k_cmd, k_scope, k_hash) with ordinality q(c, scope, hash, o) order by q.o);
  end if;
  for r in
    select u.o, d.* from unnest(c_tenant, c_id) with ordinality u(t, c, o) cross join lateral (
      select * from es.commands x where x.log_id = p_log and x.tenant_id = u.t and x.command_id = u.c limit 1) d
  loop
    v_dup[r.o] := true;
    cmd := r.o; first_pos := r.first_position; last_pos := r.last_position; stream := r.stream_id; stream_version := r.version;
    status := case when r.request_hash = c_hash[r.o] then 'duplicate' else 'reused' end;
    return next;
  end loop;

  for i in 1..nc loop
    cmd := i; status := 'ok'; stale := '{}'; claims := '{}'; holders := '{}'; n := 0; v_lead[i] := j;
    while j <= ns and s_cmd[j] = i loop
      if s_expected[j] >= 0 and s_expected[j] <> v_cur[j] then stale := stale || j; end if;
      n := n + s_n[j];
      j := j + 1;
    end loop;
    while k <= nk and k_cmd[k] = i loop
      if k_take[k] and v_holder[k] <> s_stream[k_s[k]] then
        -- Apart, since a query is dear: does its holder release it in this very command?
        if not exists (
          select 1 from unnest(k_cmd, k_s, k_scope, k_hash, k_take) q(c, s, scope, hash, take)
          where q.c = i and not q.take and q.scope = k_scope[k] and q.hash = k_hash[k] and s_stream[q.s] = v_holder[k])
        then
          claims := claims || k; holders := holders || v_holder[k];
        end if;
      end if;
      k := k + 1;
    end loop;
    continue when v_dup[i];
    if v_pinned[i] <> p_log then status := 'other_log';
    elsif i = any(p_unsealed) then status := 'unsealed';
    elsif cardinality(stale) > 0 or cardinality(claims) > 0 then status := 'conflict';
    end if;
    first_pos := null; last_pos := null; stream := s_stream[v_lead[i]]; stream_version := v_cur[v_lead[i]];
    if status = 'ok' then
      v_base[i] := v_pos;
      if n > 0 then
        v_first[i] := v_pos + 1;
        v_pos := v_pos + n;
        v_last[i] := v_pos;
        stream_version := stream_version + s_n[v_lead[i]];
      else
        v_last[i] := coalesce((select e.position from es.events e
          where e.log_id = p_log and e.tenant_id = c_tenant[i] and e.stream_id = stream and e.version <= stream_version order by e.version desc limit 1), 0);
      end if;
      first_pos := v_first[i]; last_pos := v_last[i];
    end if;
    return next;
  end loop;

  insert into es.events (log_id, position, tenant_id, stream_id, version, category, event_id, type, schema_version, command_id, data, meta, recorded_at)
    select p_log, v_base[s_cmd[e.s]] + e.ord, c_tenant[s_cmd[e.s]], s_stream[e.s], v_cur[e.s] + e.idx,
           e.category, e.id, e.type, e.schema, c_id[s_cmd[e.s]], e.data, c_meta[s_cmd[e.s]], v_at
      from unnest(e_s, e_idx, e_ord, e_id, e_category, e_type, e_schema, e_data) e(s, idx, ord, id, category, type, schema, data)
     where v_base[s_cmd[e.s]] is not null;
  insert into es.commands (log_id, tenant_id, command_id, request_hash, first_position, last_position, stream_id, version, recorded_at)
    select p_log, u.t, u.c, u.h, u.f, u.l, s_stream[u.lead], v_cur[u.lead] + s_n[u.lead], v_at
      from unnest(c_tenant, c_id, c_hash, v_base, v_first, v_last, v_lead) u(t, c, h, b, f, l, lead)
     where u.b is not null;
  if nk > 0 then
    for k in 1..nk loop
      if not k_take[k] and v_base[k_cmd[k]] is not null then
        delete from es.claims x where x.tenant_id = c_tenant[k_cmd[k]] and x.scope = k_scope[k] and x.hash = k_hash[k] and x.stream_id = s_stream[k_s[k]];
      end if;
    end loop;
    insert into es.claims (tenant_id, scope, hash, stream_id, normaliser)
      select c_tenant[q.c], q.scope, q.hash, s_stream[q.s], q.normaliser
        from unnest(k_cmd, k_s, k_scope, k_hash, k_normaliser, k_take) q(c, s, scope, hash, normaliser, take)
       where q.take and v_base[q.c] is not null
      on conflict do nothing;
  end if;
end $$;
-- +goose StatementEnd
revoke all on function es.append_batch from public;
grant execute on function es.append_batch to canvass_app;
