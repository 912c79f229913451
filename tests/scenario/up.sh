#!/usr/bin/env bash
# `orderly up` keeps its promises: the printed curl line delivers, robots that die come back, nothing is left behind.
#   up.sh BUILD_DIR
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=${1:?build directory}/bin
for need in curl mosquitto; do
    PATH=$PATH:/usr/sbin command -v $need >/dev/null || { echo "up: no $need here, skipped"; exit 77; }
done
for p in orderly orderlyd orderly-agent; do [ -x "$bin/$p" ] || { echo "up: $bin/$p is not built, skipped"; exit 77; }; done
tmp=$(mktemp -d)
up=
cleanup() {
    [ -z "$up" ] || kill -9 "$up" 2>/dev/null || true
    rm -rf "$tmp"
}
trap cleanup EXIT
fail() { echo "up: $*"; cat "$tmp/out" "$tmp/err" 2>/dev/null; exit 1; }
wait_for() { # SECONDS COMMAND...
    local until=$((SECONDS + $1)); shift
    until "$@" >/dev/null 2>&1; do [ $SECONDS -lt $until ] || return 1; sleep 0.2; done
}
start() {
    rm -f "$tmp/out"
    TMPDIR=$tmp "$bin/orderly" up --site maps/sites/demo.site.json --port 0 --speed 20 "$@" >"$tmp/out" 2>"$tmp/err" &
    up=$!
    wait_for 30 grep -q Ctrl-C "$tmp/out" || fail "was not ready in 30 s"
    url=$(grep -o 'http://127[^ ]*' "$tmp/out" | head -n 1)
}
online() { [ "$(curl -s "$url/api/v1/robots" | grep -o '"link":"online"' | wc -l)" -eq 8 ]; }
delivered() { curl -s "$url/api/v1/jobs/1" | grep -q '"state":"delivered"'; }
gone() { for p in "$@"; do if [ -d "/proc/$p" ]; then return 1; fi; done; }

start
data=$(find "$tmp" -maxdepth 1 -name 'orderly-*')
wait_for 20 online || fail "not all robots came online"
line=$(grep -o "curl -H .*" "$tmp/out")
eval "$line -s" >"$tmp/job" # the line as it is printed for people
grep -q '"id":1' "$tmp/job" || fail "the printed curl line was refused: $(cat "$tmp/job")"
wait_for 60 delivered || fail "the job was not delivered in 60 s (20 minutes of hospital time)"

children=$(pgrep -P $up)
agent=$(pgrep -P $up -f 'serial R03')
kill -9 "$agent"
wait_for 10 grep -q 'R03 stopped (signal 9)' "$tmp/err" || fail "nobody said that R03 died"
wait_for 20 online || fail "R03 did not come back"
kill -TERM $up
wait $up || fail "SIGTERM gave exit $?"
wait_for 5 gone $children || fail "programs were left behind"
[ ! -e "$data" ] || fail "the temporary folder was left behind"

start --data "$tmp/kept"
children=$(pgrep -P $up)
kill -9 $up
wait_for 10 gone $children || fail "killed with -9, its programs live on"
up=
"$bin/orderly" sim replay "$tmp/kept/journal.db" >"$tmp/replay" || fail "the journal does not replay: $(cat "$tmp/replay")"

# A port in use: one clear message, exit 1.
python3 -c 'import socket, time; s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(); print(s.getsockname()[1], flush=True); time.sleep(20)' >"$tmp/port" &
holder=$!
wait_for 5 test -s "$tmp/port" || fail "no port to hold"
if TMPDIR=$tmp timeout 20 "$bin/orderly" up --site maps/sites/demo.site.json --port "$(cat "$tmp/port")" >"$tmp/out" 2>"$tmp/err"; then
    fail "started on a port in use"
fi
kill $holder 2>/dev/null || true
grep -q "$(cat "$tmp/port")" "$tmp/err" || fail "the message does not name the port"
echo "up: delivered, restarted, stopped, replayed; a port in use is named"
