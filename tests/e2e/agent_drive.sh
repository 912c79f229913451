#!/usr/bin/env bash
# A vehicle whose motion is a program of its own: orderly-agent --drive with robot-agent/example_drive.py. It drives an order, it
# stops and says so when that program is killed, and it is ready again when it comes back.
#   tests/e2e/agent_drive.sh [BUILD_DIR]      default build/release
# Exit code 77 when the broker or its clients are not there.
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=$PWD/${1:-build/release}/bin
[ "${1:0:1}" != / ] || bin=$1/bin
PATH=$PATH:/usr/sbin:/usr/local/sbin
for p in mosquitto mosquitto_sub mosquitto_pub jq python3; do
    command -v "$p" >/dev/null || { echo "skipped: there is no $p"; exit 77; }
done
dir=$(mktemp -d)
pids=()
cleanup() {
    kill "${pids[@]}" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$dir"
}
trap cleanup EXIT
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
mqtt=$(free_port) drive=$(free_port)
mosquitto -p "$mqtt" >/dev/null 2>&1 &
pids+=($!)
sleep 0.5
mosquitto_sub -p "$mqtt" -t 'uagv/v2/acme/1/state' >"$dir/states" &
pids+=($!)
example() {
    python3 robot-agent/example_drive.py "$drive" 2000 &
    example=$!
    pids+=($example)
}
example
"$bin/orderly-agent" --manufacturer acme --serial 1 --broker "tcp://127.0.0.1:$mqtt" --drive "127.0.0.1:$drive" --node A --map L1 2>"$dir/err" &
pids+=($!)
says() { tail -n 1 "$dir/states" 2>/dev/null | jq -e "$1" >/dev/null 2>&1; }
eventually() { # WHAT JQ-FILTER
    local until=$((SECONDS + 20))
    until says "$2"; do
        [ $SECONDS -lt $until ] || { echo "agent_drive: $1; last state: $(tail -n 1 "$dir/states")" >&2; cat "$dir/err" >&2; exit 1; }
        sleep 0.1
    done
}
order() { # ID FROM TO X_TO
    jq -nc --arg id "$1" --arg from "$2" --arg to "$3" --argjson x "$4" --argjson x0 "$5" '
        def at($id; $seq; $x): {nodeId: $id, sequenceId: $seq, released: true, actions: [],
            nodePosition: {x: $x, y: 0, mapId: "L1", allowedDeviationXY: 9}};
        {headerId: 1, timestamp: "2026-01-01T00:00:00.000Z", version: "2.1.0", manufacturer: "acme", serialNumber: "1",
         orderId: $id, orderUpdateId: 0, nodes: [at($from; 0; $x0), at($to; 2; $x)],
         edges: [{edgeId: "e", sequenceId: 1, released: true, startNodeId: $from, endNodeId: $to, actions: []}]}' |
        mosquitto_pub -p "$mqtt" -t uagv/v2/acme/1/order -s
}
for ((i = 0; i < 100; i++)); do grep -q 'drive is there' "$dir/err" && break || sleep 0.1; done
eventually "it does not come up" '.lastNodeId == "A" and .errors == []'
order o1 A B 4 0
eventually "it does not drive" '.driving'
eventually "it does not arrive" '.lastNodeId == "B" and (.driving | not) and .agvPosition.x == 4'
order o2 B C 60 4
eventually "it does not drive on" '.driving and .agvPosition.x > 5'
kill -9 "$example"
wait "$example" 2>/dev/null || true
eventually "a lost drive is not reported" '[.errors[] | select(.errorType == "driveLost" and .errorLevel == "FATAL")] | length == 1'
example
eventually "it is not ready again" '.errors == [] and .nodeStates == [] and (.driving | not)'
order o3 B D 2 4
eventually "it takes no order after that" '.orderId == "o3" and .lastNodeId == "D"'
echo "agent_drive: an order driven, a lost drive reported, ready again with the next one"
