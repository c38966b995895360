#!/bin/sh
# Runs once, when the database's volume is new: three roles and the database. Only the owner owns anything.
set -eu
owner=$(cat /run/secrets/owner_password)
app=$(cat /run/secrets/app_password)
sequencer=$(cat /run/secrets/sequencer_password)
psql --set ON_ERROR_STOP=1 --username postgres --set owner_password="$owner" --set app_password="$app" \
    --set sequencer_password="$sequencer" <<'SQL'
CREATE ROLE portcullis_owner LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE PASSWORD :'owner_password';
CREATE ROLE portcullis_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE PASSWORD :'app_password';
CREATE ROLE portcullis_sequencer LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE PASSWORD :'sequencer_password';
CREATE DATABASE portcullis OWNER portcullis_owner;
REVOKE ALL ON DATABASE portcullis FROM PUBLIC;
GRANT CONNECT ON DATABASE portcullis TO portcullis_app, portcullis_sequencer;
\connect portcullis
CREATE EXTENSION IF NOT EXISTS vector;
SQL
