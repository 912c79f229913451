#!/usr/bin/env bash
# Prints docs/figures.md: memory, start-up times and lines of code, measured here and now on the release build.
#   script/bootstrap --test; cmake --preset release && cmake --build --preset release
#   tests/bench/figures.sh > docs/figures.md
# Seconds of load for the memory figures: ORDERLY_FIGURES_S (default 60).
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=$PWD/build/release/bin
load_s=${ORDERLY_FIGURES_S:-60}
for p in orderly orderlyd orderly-agent; do
    [ -x "$bin/$p" ] || { echo "figures: $bin/$p is missing; build the release preset first" >&2; exit 1; }
done
dir=$(mktemp -d)
pids=()
cleanup() {
    for p in "${pids[@]-}"; do [ -z "$p" ] || kill "$p" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$dir"
}
trap cleanup EXIT
site=(--site maps/sites/demo.site.json --fleet maps/sites/demo.fleet.json)
now_ms() { date +%s%3N; }
wait_line() { # FILE PATTERN PID: until the line is there, at most 30 s
    local i
    for ((i = 0; i < 3000; i++)); do
        grep -qE "$2" "$1" 2>/dev/null && return
        kill -0 "$3" 2>/dev/null || break
        sleep 0.01
    done
    echo "figures: '$2' did not come:" >&2
    cat "$1" >&2
    exit 1
}
hwm_kib() { awk '/^VmHWM/ { print $2 }' "/proc/$1/status"; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# Start-up: from exec to the ready line, fresh data folder each time; then again on a journal.
start_orderlyd() { # DATA -> sets d_pid, d_ms, d_broker
    local t0
    : >"$dir/out"
    t0=$(now_ms)
    "$bin/orderlyd" "${site[@]}" --data "$1" --listen 127.0.0.1:0 >"$dir/out" 2>"$dir/err" &
    d_pid=$!
    pids+=("$d_pid")
    wait_line "$dir/out" '^orderlyd ready' "$d_pid"
    d_ms=$(($(now_ms) - t0))
    d_broker=$(sed -n 's/.* broker tcp:\/\/\([^ ]*\).*/\1/p' "$dir/out")
}
: >"$dir/fresh"
for i in 1 2 3 4 5; do
    start_orderlyd "$dir/data$i"
    echo "$d_ms" >>"$dir/fresh"
    kill "$d_pid"
    wait "$d_pid" || true
done
start_orderlyd "$dir/data1"
again_ms=$d_ms

# One agent: from exec to its ONLINE on the broker.
: >"$dir/agents"
for i in 1 2 3 4 5; do
    timeout 20 mosquitto_sub -h "${d_broker%:*}" -p "${d_broker#*:}" -t "uagv/v2/figures/F$i/connection" -C 1 >"$dir/online" &
    sub=$!
    sleep 0.5
    t0=$(now_ms)
    "$bin/orderly-agent" --broker "tcp://$d_broker" --manufacturer figures --serial "F$i" --x 0 --y 0 --theta 0 --map 1 --node n1 \
        >"$dir/agent.out" 2>&1 &
    a_pid=$!
    pids+=("$a_pid")
    wait "$sub"
    echo $(($(now_ms) - t0)) >>"$dir/agents"
    kill "$a_pid"
    wait "$a_pid" || true
done
kill "$d_pid"
wait "$d_pid" || true

# Memory: the whole demo at work.
"$bin/orderly" up "${site[@]}" --data "$dir/up" --port 0 --speed 10 --auto 120 >"$dir/up.out" 2>"$dir/up.err" &
up=$!
pids+=("$up")
wait_line "$dir/up.out" 'http://' "$up"
sleep "$load_s"
daemon=$(pgrep -P "$up" -x orderlyd)
agent_kib=$(for p in $(pgrep -P "$up" orderly-agent); do hwm_kib "$p"; done | median)
agents=$(pgrep -P "$up" -c orderly-agent)
daemon_kib=$(hwm_kib "$daemon")
up_kib=$(hwm_kib "$up")
url=$(grep -oE 'http://[0-9.:]+' "$dir/up.out" | head -n 1)
served=$(curl -fsS "$url/api/v1/jobs?state=all&limit=1" | jq '.jobs[0].id // 0')
kill "$up"
wait "$up" || true

code() { # files on stdin -> "files lines code": code = neither blank nor only comment
    xargs -r awk 'FNR == 1 { files++; in_c = 0 }
        { lines++; s = $0; out = ""
          while (s != "") {
              if (in_c) { p = index(s, "*/"); if (!p) { s = ""; break } s = substr(s, p + 2); in_c = 0 }
              p = index(s, "/*"); q = index(s, "//"); if (FILENAME ~ /\.(css|html)$/) q = 0
              if (q && (!p || q < p) && substr(s, 1, q - 1) ~ /^[ \t]*$/) { s = ""; break }
              if (p) { out = out substr(s, 1, p - 1); s = substr(s, p + 2); in_c = 1 } else { out = out s; s = "" }
          }
          if (out !~ /^[ \t]*$/) code++ }
        END { print files + 0, lines + 0, code + 0 }'
}

cat <<END
# Figures

Printed by \`tests/bench/figures.sh\` on the release build; do not edit. Run it again with

\`\`\`sh
cmake --preset release && cmake --build --preset release && tests/bench/figures.sh > docs/figures.md
\`\`\`

Measured $(date -u +%Y-%m-%d) on $(nproc) cores of $(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1), $(. /etc/os-release && echo "$PRETTY_NAME").

## Memory and start-up, demo hospital

| program | peak memory (VmHWM) | start-up, median of 5 |
| --- | --- | --- |
| \`orderlyd\` | $((daemon_kib / 1024)).$((daemon_kib % 1024 * 10 / 1024)) MiB | $(median <"$dir/fresh") ms to its ready line (broker up, page served); $again_ms ms on an existing journal |
| \`orderly-agent\` | $((agent_kib / 1024)).$((agent_kib % 1024 * 10 / 1024)) MiB (median of $agents) | $(median <"$dir/agents") ms to ONLINE at the broker |
| \`orderly up\` (building, supervision) | $((up_kib / 1024)).$((up_kib % 1024 * 10 / 1024)) MiB | |

Memory after $load_s s of \`orderly up --speed 10 --auto 120\` with $agents robots, $served jobs requested.

## Lines

Code: neither blank nor only a comment.

| folder | files | lines | code |
| --- | --- | --- | --- |
END
for d in common maps planner controller/core controller/edge controller/web robot-agent sim cli tests script cmake; do
    read -r files lines code < <(git ls-files -- "$d" | grep -E '\.(c|h|def|js|mjs|css|html|py|sh|cmake)$|^script/' | code)
    echo "| $d | $files | $lines | $code |"
done
