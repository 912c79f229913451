#!/usr/bin/env bash
# A day's trace judged by a program that shares no code with the simulator: it must agree, and it must find what is planted.
#   rejudge.sh BUILD_DIR
set -euo pipefail
cd "$(dirname "$0")/../.."
orderly=${1:?build directory}/bin/orderly
command -v python3 >/dev/null || { echo "rejudge: no python3 here, skipped"; exit 77; }
[ -x "$orderly" ] || { echo "rejudge: $orderly is not built, skipped"; exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
site=maps/sites/demo.site.json

"$orderly" sim run --site $site --robots 8 --jobs-per-hour 40 --hours 1 --seed 7 --loss 0.05 --duplicate 0.05 \
    --delay-ms 0..2000 --trace "$tmp/run.jsonl" --json >"$tmp/run.json"
python3 tests/scenario/rejudge.py $site "$tmp/run.jsonl"

# planted RULE SED-EXPRESSION: the doctored trace must be found to break RULE.
planted() {
    sed -E "$2" "$tmp/run.jsonl" >"$tmp/bad.jsonl"
    if python3 tests/scenario/rejudge.py $site "$tmp/bad.jsonl" >"$tmp/out"; then
        echo "rejudge: planted $1 was not found" && exit 1
    fi
    grep -q "^$1 " "$tmp/out" || { echo "rejudge: planted $1, found something else:" && cat "$tmp/out" && exit 1; }
}
planted I-01 's/("robot":"R0[12]","level":)"[^"]*"(.*)"x":[0-9-]+,"y":[0-9-]+/\1"1"\2"x":1000,"y":1000/'
planted I-03 's/("e":"claim","robot":"R0[12]","nodes":)\[/\1["everywhere",/'
planted I-04 's/("e":"order".*"base":\[)/\1"elsewhere",/; s/("e":"order".*"base":\["elsewhere",)[^]]*/\1"elsewhere"/'
planted I-07 's/("robot":"R0[12]",.*"car":)[^,]*,"x":[0-9-]+,"y":[0-9-]+/\1"E1","x":0,"y":0/; s/("robot":"R0[12]",.*)"x":0,"y":0/\1"x":'"$(
    python3 - $site <<'P'
import json, sys
e = next(e for e in json.load(open(sys.argv[1]))["elevators"] if e["id"] == "E1")
print(f'{round(1000 * e["x"])},"y":{round(1000 * e["y"])}')
P
)"'/'
planted I-08 's/("e":"car".*"door":)"open"/\1"closed"/'
planted I-09 's/("e":"car".*"moving":)false/\1true/'
planted I-12 's/("e":"job","job":3,"state":)"assigned"/\1"cancelled"/'
planted I-15 's/("what":)"drop"/\1"pick"/'
head -n 100 "$tmp/run.jsonl" >"$tmp/cut.jsonl"
if python3 tests/scenario/rejudge.py $site "$tmp/cut.jsonl" >/dev/null; then echo "rejudge: a cut trace passed" && exit 1; fi
echo "rejudge: clean run agreed on, 8 planted faults and a cut trace found"
