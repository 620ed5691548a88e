#!/bin/sh
# The image of today into a running installation, without an answer missed:  sh infra/compose/update.sh [-f FILE …] [--profile NAME …]
# Takes what docker compose takes before its command. First: git pull && docker compose build (or IMAGE_TAG=… and docker compose pull).
#   1. the schema, which the old code bears;  2. as many new copies of the API as there are;  3. when each new one is well, and the
#   edge knows it, the old ones go, one by one;  4. scheduler and workers, in the numbers that run;  5. what the edge and Prometheus
#   read from this folder.
# COMPOSE=docker-compose for version 1. Needs the edge, or a range of ports, such as API_PUBLISH=127.0.0.1:8000-8007.
set -eu
options=$*
wait_s=${WAIT_S:-120}
settle_s=${SETTLE_S:-5}
say() { echo "update: $*"; }
# shellcheck disable=SC2086 # both are words
compose() { ${COMPOSE:-docker compose} $options "$@"; }
number() { compose ps -q "$1" 2>/dev/null | grep -c . || true; }
health() { docker inspect -f '{{if .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}}{{end}}' "$1"; }

old=$(compose ps -q api)
[ -n "$old" ] || { say "no API runs here: docker compose up -d starts everything."; exit 1; }
copies=$(number api)
ingest=$(number ingest) classify=$(number classify) stories=$(number stories) scheduler=$(number scheduler)

say "the schema"
compose run --rm --no-deps -T migrate

say "$copies new copies of the API beside $copies old ones"
compose up -d --no-deps --no-recreate --scale "api=$((copies * 2))" api || {
    say "they do not start: the old ones go on. Has API_PUBLISH a range of ports? docker compose ps shows what to remove."
    exit 1
}
for id in $(compose ps -q api); do
    case " $(echo $old) " in *" $id "*) continue ;; esac
    waited=0
    until [ "$(health "$id")" = healthy ]; do
        waited=$((waited + 1))
        [ "$waited" -le "$wait_s" ] || {
            say "the new copy $id is $(health "$id") after $wait_s s: the old ones go on; see docker logs $id, then docker rm -f $id."
            exit 1
        }
        sleep 1
    done
done

# The edge asks for names every 3 s.
sleep "$settle_s"
say "the old copies go"
for id in $old; do
    docker stop "$id" >/dev/null
    docker rm "$id" >/dev/null
done

say "scheduler and workers"
compose up -d --no-deps --scale "scheduler=$scheduler" --scale "ingest=$ingest" --scale "classify=$classify" \
    --scale "stories=$stories" scheduler ingest classify stories
if [ "$(number edge)" != 0 ]; then
    say "the edge takes up its files"
    compose exec -T edge sh /etc/dateline/start.sh reload || say "it goes on with the old ones: see what it says above."
fi
[ "$(number prometheus)" = 0 ] || compose kill -s HUP prometheus
say "done"
