#!/usr/bin/env bash
# The demo hospital, live: every robot and elevator is there, the request that README.md documents is delivered and each
# of its states is seen on the event stream, the page works in a browser, and the journal replays to the same state.
#   tests/e2e/live.sh [BUILD_DIR]      default build/release; needs curl, jq; the page needs node and chromium
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=$PWD/${1:-build/release}/bin
dir=$(mktemp -d)
up= sse=
cleanup() {
    for p in $sse $up; do kill "$p" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$dir"
}
trap cleanup EXIT
fail() {
    echo "live: $*" >&2
    tail -n 20 "$dir/err" >&2 || true
    exit 1
}
eventually() { # SECONDS COMMAND...
    local until=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $until ] || return 1
        kill -0 "$up" 2>/dev/null || return 1
        sleep 0.2
    done
}

"$bin/orderly" up --site maps/sites/demo.site.json --fleet maps/sites/demo.fleet.json --port 0 --speed 8 --auto 90 --data "$dir/data" >"$dir/out" 2>"$dir/err" &
up=$!
eventually 30 grep -q 'http://' "$dir/out" || fail "no address came"
url=$(grep -oE 'http://[0-9.]+:[0-9]+' "$dir/out" | head -n 1)
alive() {
    [ "$(curl -fsS "$url/api/v1/robots" | jq '[.robots[] | select(.link == "online" and .at != null)] | length')" -ge 6 ] &&
        [ "$(curl -fsS "$url/api/v1/elevators" | jq '[.elevators[] | select(.heard)] | length')" -ge 2 ]
}
eventually 30 alive || fail "fewer than 6 robots or 2 elevators came alive"

curl -sN "$url/api/v1/events" >"$dir/events" &
sse=$!
sleep 0.5
body=$(grep -oE -- "-d '\{[^']*\}'" README.md | head -n 1 | sed "s/^-d '//; s/'$//")
[ -n "$body" ] || fail "README.md documents no request"
job=$(curl -fsS -X POST "$url/api/v1/jobs" -H 'Content-Type: application/json' -d "$body" | jq .id) || fail "the documented request was refused: $body"
states() { grep -A1 '^event: job' "$dir/events" | sed -n 's/^data: //p' | jq -r "select(.id == $job) | .state" 2>/dev/null; }
delivered() { [ "$(states | tail -n 1)" = delivered ]; }
eventually 120 delivered || fail "job $job did not get to delivered; seen: $(states | tr '\n' ' ')"
seen=$(states | uniq | tr '\n' ' ')
# The stream is open before the request, so nothing may be missing from it.
[ "$seen" = "requested assigned loaded moving arrived delivered " ] || fail "states of job $job on the stream: $seen"

page="page not looked at (no node or no chromium)"
if command -v node >/dev/null && command -v chromium >/dev/null; then
    BASE_URL=$url node tests/e2e/web/run.mjs >"$dir/page" 2>&1 || { cat "$dir/page"; fail "the page"; }
    page="page: $(tail -n 1 "$dir/page")"
fi
kill "$sse" "$up"
wait "$up" || fail "orderly up ended with exit code $?"
up=
replay=$("$bin/orderly" sim replay "$dir/data/journal.db" --json) || fail "the journal does not replay: $replay"
marks=$(jq .marks_checked <<<"$replay")
[ "$marks" -ge 1 ] || fail "no state hash in the journal was checked"
echo "live: delivered over ${seen% }; $page; replay agrees at $marks marks"
