-- Trigrams make searches for parts of words quick. Where the extension is not to be had,
-- searches read an organization's leads one by one.
-- +goose Up
-- +goose StatementBegin
do $$
begin
  create extension if not exists pg_trgm;
exception when others then
  raise notice 'pg_trgm is not to be had';
end $$;
-- +goose StatementEnd
