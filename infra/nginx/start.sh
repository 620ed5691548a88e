#!/bin/sh
# What nginx needs to know before it starts: which certificate, and where https is from outside. `start.sh reload`, in a container that
# runs, takes up files that were changed, and refuses nobody meanwhile.
# A certificate of your own lies in /etc/dateline-tls (EDGE_TLS); without one, one for this machine is made once and kept.
set -eu
umask 077
own=/etc/dateline-tls kept=/var/tmp/dateline run=/tmp/dateline
mkdir -p "$kept/cache" "$run"

if [ -e "$own/tls.crt" ]; then
    [ -r "$own/tls.key" ] || {
        echo "edge: $own/tls.key cannot be read: it must be there and belong to user 33 (chown 33 tls.key)." >&2
        exit 1
    }
    tls=$own
    # Only with a certificate that browsers trust: they remember it for every port of this name.
    echo 'add_header Strict-Transport-Security "max-age=31536000" always;' >"$run/hsts.conf"
else
    tls=$kept
    : >"$run/hsts.conf"
    openssl x509 -in "$kept/tls.crt" -noout -checkend 2592000 -checkhost "$EDGE_NAME" 2>/dev/null |
        grep -q "does match" ||
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 397 \
            -subj "/CN=$EDGE_NAME" -addext "subjectAltName=DNS:$EDGE_NAME,DNS:localhost,IP:127.0.0.1" \
            -keyout "$kept/tls.key" -out "$kept/tls.crt" 2>/dev/null
fi
printf 'ssl_certificate %s/tls.crt;\nssl_certificate_key %s/tls.key;\n' "$tls" "$tls" >"$run/tls.conf"

port=${EDGE_HTTPS##*:}
[ "$port" = 443 ] && port= || port=:$port
printf 'return 308 https://$host%s$request_uri;\n' "$port" >"$run/redirect.conf"

have=$(nginx -v 2>&1 | sed 's|.*nginx/||; s|[^0-9.].*||')
since() { [ "$(printf '%s\n' "$1" "$have" | sort -V | head -n 1)" = "$1" ]; }

# From 1.25.1 on, nginx has a word of its own for HTTP/2.
if since 1.25.1; then
    printf 'listen 8443 ssl;\nhttp2 on;\n' >"$run/listen.conf"
else
    echo 'listen 8443 ssl http2;' >"$run/listen.conf"
fi

# A copy that did not answer is left alone for half a minute, so that one that is frozen costs one reader his time and not every second one.
# The same copies stand there again as those to ask when none is left (backup), and of those no failure is remembered: while all
# restart, or new ones refuse because they are not up yet, each request looks for itself, and nobody is refused for what went before.
# From 1.27.3 on, nginx follows names in a group of servers; before, a name in a variable is asked anew, and nothing is remembered.
if since 1.27.3; then
    cat >"$run/copies.conf" <<'COPIES'
upstream copies {
    zone copies 256k;
    server api:8000 resolve max_fails=1 fail_timeout=30s;
    server api:8000 resolve max_fails=0 backup;
}
COPIES
    echo 'set $api http://copies;' >"$run/api.conf"
else
    : >"$run/copies.conf"
    echo 'set $api http://api:8000;' >"$run/api.conf"
fi

[ "${1:-}" != reload ] || {
    nginx -c /etc/dateline/nginx.conf -t -q
    exec nginx -c /etc/dateline/nginx.conf -s reload
}
exec nginx -c /etc/dateline/nginx.conf -g 'daemon off;'
