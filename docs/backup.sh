#!/usr/bin/env bash
# Back up and restore Canvass with the programs of Postgres (pg_dump, pg_restore, psql).
#
#   backup.sh backup DIR                  write DIR/log.dump, DIR/keys.dump and DIR/erasures.tsv
#   backup.sh erasures FILE               write the list of erasures alone; do so often
#   backup.sh restore DIR [ERASURES]      into databases that are new and empty; ERASURES is the newest list, DIR's where absent
#
# The databases are DATABASE_URL and KEYS_DATABASE_URL (the same one where it is unset), as a user who may read or make
# everything (MIGRATE_DATABASE_URL, where it is set). Views (schema read) and staged files (schema staging) are left
# out: views are built again from the log. Keep keys.dump apart and for days only: as long as a copy of a destroyed key
# lives, its person is not erased. Keep erasures.tsv longer than any backup: it holds ids only, and what has been erased
# since a backup was made is erased again by it. Where others can list the processes of this machine, keep passwords in
# ~/.pgpass and out of the URLs.
set -euo pipefail
umask 077

usage() { sed -n '4,6s/^# *//p' "$0" >&2; exit 64; }

log_url=${MIGRATE_DATABASE_URL:-${DATABASE_URL:?is not set}}
keys_url=${KEYS_DATABASE_URL:-$log_url}

psql_quiet() { psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 "$@"; }

erasures() {
  mkdir -p "$(dirname "$1")"
  psql_quiet --dbname "$keys_url" --command "copy (select tenant_id, subject_id, erased_at from keys.subject_keys where wrapped is null order by erased_at) to stdout" > "$1.new"
  mv "$1.new" "$1"
}

# The log first: every key that it needs is in what is read after it.
backup() {
  mkdir -p "$1"
  pg_dump --format=custom --exclude-schema=keys --exclude-table-data='read.*' --exclude-table-data='staging.*' --file "$1/log.dump.new" "$log_url"
  mv "$1/log.dump.new" "$1/log.dump"
  local schemas=(--schema=keys)
  if [ "$keys_url" != "$log_url" ]; then schemas+=(--schema=canvass); fi
  pg_dump --format=custom "${schemas[@]}" --file "$1/keys.dump.new" "$keys_url"
  mv "$1/keys.dump.new" "$1/keys.dump"
  erasures "$1/erasures.tsv"
}

# Roles belong to a server and are in no dump of a database.
roles="do \$\$ declare r text; begin
  foreach r in array array['canvass_owner', 'canvass_app', 'canvass_worker', 'canvass_auditor', 'canvass_keys'] loop
    if not exists (select from pg_roles where rolname = r) then execute format('create role %I nologin', r); end if;
  end loop; end \$\$"

# The shapes of views are in the dump, without a row: they go, and with them all that says they are built.
views="do \$\$ declare r record; begin
  for r in select c.relname, c.relkind from pg_class c where c.relnamespace = 'read'::regnamespace and (c.relkind = 'v' or c.relkind = 'r' and c.relname ~ '_v[0-9]+(_rebuild)?\$') order by c.relkind = 'r' loop
    execute format('drop %s read.%I', case r.relkind when 'v' then 'view' else 'table' end, r.relname);
  end loop; end \$\$;
  delete from es.checkpoints where projection in (select name from es.projections) or projection in (select name || '_rebuild' from es.projections);
  delete from es.parked where projection in (select name from es.projections);
  delete from es.projections"

restore() {
  local list=${2:-$1/erasures.tsv} file
  # Before anything is restored: without its list a restore would bring back who has been erased.
  for file in "$1/log.dump" "$1/keys.dump" "$list"; do
    if ! [ -r "$file" ]; then echo "backup.sh: $file cannot be read; nothing has been restored" >&2; exit 66; fi
  done
  if grep -qvE $'^[0-9a-f-]{36}\t[0-9a-f-]{36}\t[^\t]+$' "$list"; then echo "backup.sh: $list is no list of erasures; nothing has been restored" >&2; exit 65; fi
  list=${list//\'/\'\'}
  psql_quiet --dbname "$log_url" --command "$roles"
  if [ "$keys_url" != "$log_url" ]; then psql_quiet --dbname "$keys_url" --command "$roles"; fi
  pg_restore --exit-on-error --single-transaction --dbname "$log_url" "$1/log.dump"
  pg_restore --exit-on-error --single-transaction --dbname "$keys_url" "$1/keys.dump"
  psql_quiet --dbname "$log_url" --single-transaction --command "$views"
  psql_quiet --dbname "$keys_url" --single-transaction <<SQL
create temporary table erased (tenant_id uuid, subject_id uuid, erased_at timestamptz);
\\copy erased from '$list'
insert into keys.subject_keys (tenant_id, subject_id, wrapped, master, erased_at) select tenant_id, subject_id, null, 0, erased_at from erased
  on conflict (tenant_id, subject_id) do update set wrapped = null, master = 0, erased_at = coalesce(keys.subject_keys.erased_at, excluded.erased_at);
SQL
  echo "restored; run canvass migrate, and start canvass worker, which builds the views"
  local forgotten
  forgotten=$(psql_quiet --dbname "$log_url" <<SQL
create temporary table erased (tenant_id uuid, subject_id uuid, erased_at timestamptz);
\\copy erased from '$list'
select r.tenant_id || ' ' || r.subject_id from erased r join es.events e on e.tenant_id = r.tenant_id and e.stream_id = r.subject_id and e.version = 1 and e.category = 'lead'
  where not exists (select from es.events d where d.tenant_id = r.tenant_id and d.stream_id = r.subject_id and d.type = 'lead.erased');
SQL
  )
  if [ -n "$forgotten" ]; then
    echo "erased after the backup was made: nothing of them can be read; repeat canvass erase --lead for each (organization, lead), then run canvass claims rebuild:"
    echo "$forgotten"
  fi
}

case "${1:-}" in
  backup) [ $# = 2 ] || usage; backup "$2" ;;
  erasures) [ $# = 2 ] || usage; erasures "$2" ;;
  restore) [ $# = 2 ] || [ $# = 3 ] || usage; restore "$2" "${3:-}" ;;
  *) usage ;;
esac
