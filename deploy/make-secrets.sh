#!/bin/sh
# Make every secret that docker-compose.yml names, in deploy/secrets/ (never committed). Existing ones are kept.
# Usage: ./deploy/make-secrets.sh HOST [FOLDER]
set -eu
host=${1:?usage: deploy/make-secrets.sh HOST [FOLDER]}
folder=${2:-$(dirname "$0")/secrets}
umask 077
mkdir -p "$folder"

keep() { [ -s "$folder/$1" ] || cat >"$folder/$1"; }
# A secret keeps its owner inside the container, so each belongs to the account that reads it there.
belong() {
    account=$1
    shift
    for name in "$@"; do chown "$account" "$folder/$name" && chmod 0400 "$folder/$name"; done
}
letters() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }

letters 48 | keep secret_key
[ -s "$folder/master_key" ] || head -c 32 /dev/urandom | base64 | keep master_key
for name in postgres_password owner_password app_password sequencer_password redis_password; do letters 24 | keep $name; done
app=$(cat "$folder/app_password")
owner=$(cat "$folder/owner_password")
sequencer=$(cat "$folder/sequencer_password")
redis=$(cat "$folder/redis_password")
printf 'postgresql://portcullis_app:%s@database/portcullis' "$app" | keep database_url
printf 'postgresql://portcullis_owner:%s@database/portcullis' "$owner" | keep database_owner_url
printf 'postgresql://portcullis_sequencer:%s@database/portcullis' "$sequencer" | keep sequencer_url
printf 'redis://:%s@redis:6379/0' "$redis" | keep broker_url
printf 'redis://:%s@redis:6379/1' "$redis" | keep channel_layer_url
printf 'requirepass %s\n' "$redis" | keep redis_config
if [ "$(id -u)" = 0 ]; then
    belong 10001:10001 secret_key master_key database_url database_owner_url sequencer_url broker_url channel_layer_url
    belong 999:999 postgres_password owner_password app_password sequencer_password
    belong 999:1000 redis_config
else
    echo "Run this as root before the containers start: each secret has to belong to the account that reads it."
fi
echo "Secrets for $host are in $folder."
for name in tls_certificate tls_key; do
    [ -s "$folder/$name" ] || echo "Still missing: $folder/$name (PEM; a certificate for $host and its key)."
done
echo "Copy master_key to a safe place: without it no conversation can be read again."
