-- By what a plan finds out that two rows of a file name one company differently: keyed
-- hashes of the company's domain and of its name, for companies that are not known yet.
-- +goose Up
alter table staging.rows add column firm bytea, add column firm_name bytea;
