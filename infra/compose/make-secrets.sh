#!/bin/sh
# Random passwords as the files that infra/compose/secrets.yml names, in the folder ./secrets or $1. What is there stays.
# The folder is closed to everybody else; the files in it are open, because containers read them as users of their own.
set -eu
to=${1:-secrets}
umask 022
mkdir -p "$to"
chmod 700 "$to"

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
keep() { [ -s "$to/$1" ] || printf '%s\n' "$2" >"$to/$1"; }

keep postgres_password "$(random)"
keep redis_password "$(random)"
keep admin_token "$(random)"
keep grafana_password "$(random)"
keep database_url "postgresql://dateline:$(cat "$to/postgres_password")@postgres:5432/dateline"
keep redis_url "redis://:$(cat "$to/redis_password")@redis:6379/0"
keep redis_conf "requirepass $(cat "$to/redis_password")"
echo "Secrets are in $to."
