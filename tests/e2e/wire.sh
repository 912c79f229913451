#!/usr/bin/env bash
# One fleet of three protocol versions on the demo site: every job is delivered, and every message on the wire validates against
# the official schema of its version (tests/e2e/wire_check.py, which also has to find planted violations).
#   tests/e2e/wire.sh [BUILD_DIR]      default build/release
#   JOBS=9 SPEED=20
# Exit code 0 when everything held, 77 when schemas, validator or broker are not there.
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=$PWD/${1:-build/release}/bin
[ "${1:0:1}" != / ] || bin=$1/bin
jobs=${JOBS:-9} speed=${SPEED:-20}
PATH=$PATH:/usr/sbin:/usr/local/sbin
for p in mosquitto mosquitto_sub jq curl python3; do
    command -v "$p" >/dev/null || { echo "skipped: there is no $p"; exit 77; }
done
[ -d ../shared/data/vda5050 ] || { echo "skipped: ../shared/data/vda5050 is not there"; exit 77; }
dir=$(mktemp -d)
pids=()
cleanup() {
    for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
        kill "${pids[i]}" 2>/dev/null || true
        wait "${pids[i]}" 2>/dev/null || true
    done
    rm -rf "$dir"
}
trap cleanup EXIT
fail() {
    echo "wire: $*" >&2
    tail -n 20 "$dir/err" >&2 || true
    exit 1
}
eventually() { # SECONDS COMMAND...
    local until=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $until ] || return 1
        sleep 0.2
    done
}

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
printf 'listener %d 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type error\n' "$port" >"$dir/mosquitto.conf"
mosquitto -c "$dir/mosquitto.conf" >"$dir/mosquitto.log" 2>&1 &
pids+=($!)
eventually 10 mosquitto_sub -p "$port" -t '$SYS/broker/version' -C 1 -W 1 >/dev/null 2>&1 || fail "the broker does not answer"
mosquitto_sub -p "$port" -t '#' -F '%t %p' >"$dir/wire.txt" 2>/dev/null &
pids+=($!)
jq '.robots |= [to_entries[] | .value + {version: (["2.0.0", "2.1.0", "3.0.0"][.key % 3])}]' maps/sites/demo.fleet.json >"$dir/mixed.fleet.json"
"$bin/orderly" up --site maps/sites/demo.site.json --fleet "$dir/mixed.fleet.json" --port 0 --speed "$speed" --broker "tcp://127.0.0.1:$port" --data "$dir/data" >"$dir/out" 2>"$dir/err" &
pids+=($!)
eventually 30 grep -q 'http://' "$dir/out" || fail "no address came"
url=$(grep -oE 'http://[0-9.]+:[0-9]+' "$dir/out" | head -n 1)
robots=$(jq '.robots | length' "$dir/mixed.fleet.json")
online() { [ "$(curl -fsS "$url/api/v1/robots" | jq '[.robots[] | select(.link == "online")] | length')" = "$robots" ]; }
eventually 30 online || fail "not every robot came online"
stations=($(curl -fsS "$url/api/v1/site" | jq -r '.stations[].id'))
n=${#stations[@]}
for ((i = 0; i < jobs; i++)); do
    curl -fsS "$url/api/v1/jobs" -H 'Content-Type: application/json' -d "{\"from\":\"${stations[i % n]}\",\"to\":\"${stations[(i + 5) % n]}\"}" >/dev/null || fail "job $i was refused"
done
delivered() { [ "$(curl -fsS "$url/api/v1/jobs?state=all&limit=100" | jq '[.jobs[] | select(.state == "delivered")] | length')" -ge "$jobs" ]; }
eventually 200 delivered || fail "not all $jobs jobs were delivered"
for v in 2.0.0 2.1.0 3.0.0; do
    grep -q "/order .*\"version\":\"$v\"" "$dir/wire.txt" || fail "no order of version $v was seen"
done
# An agent must fit beside a robot maker's own software: less than 4 MB, without TLS.
most=0
for p in $(pgrep -P "${pids[2]}" -x orderly-agent); do
    kb=$(awk '/^VmHWM/ { print $2 }' "/proc/$p/status")
    [ "$kb" -le "$most" ] || most=$kb
done
if ! grep -q __asan_init "$bin/orderly-agent"; then
    [ "$most" -gt 0 ] && [ "$most" -lt 4096 ] || fail "an agent took $most kB at most, allowed are 4096"
fi
echo "the largest agent took $most kB"
echo "$jobs jobs delivered by robots of 2.0, 2.1 and 3.0"
tests/e2e/wire_check.py "$dir/wire.txt"
