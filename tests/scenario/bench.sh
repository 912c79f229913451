#!/usr/bin/env bash
# What `orderly plan bench` prints is what the single commands print.   tests/scenario/bench.sh BUILD_DIR
# Skipped (77) without the folder of problems.
set -euo pipefail
cd "$(dirname "$0")/../.."
orderly=${1:?usage: tests/scenario/bench.sh BUILD_DIR}/bin/orderly
data=../shared/data/mapf
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "bench: $*" >&2; exit 1; }
export LC_ALL=C.UTF-8

rc=0
"$orderly" plan bench --data "$dir/nowhere" >"$dir/out" 2>"$dir/err" || rc=$?
[ $rc -eq 1 ] && [ ! -s "$dir/out" ] && grep -q -- '--data' "$dir/err" || fail "a missing folder is not told clearly: $(cat "$dir/err")"
rc=0
"$orderly" plan bench --rows lifelong,hold >"$dir/out" 2>"$dir/err" || rc=$?
[ $rc -eq 2 ] && grep -q "'hold'" "$dir/err" || fail "an unknown kind of row is not refused"

[ -d "$data" ] || { echo "skipped: $data is not there"; exit 77; }

"$orderly" plan bench --data "$data" --rows lifelong,holds --quick --only ware-a --json --html "$dir/page.html" >"$dir/bench.json" 2>"$dir/err"
[ ! -s "$dir/err" ] || fail "it says something where there is no terminal: $(head -c 300 "$dir/err")"
[ "$(jq '.cases | length' "$dir/bench.json")" -eq 2 ] || fail "not two cases"
jq -e 'all(.cases[]; .verdict == "met" or .verdict == "slow" or .verdict == "short")' "$dir/bench.json" >/dev/null || fail "a case did not run"
same() { # CASE COMMAND...: finished, share and free flow of the single command
    local at=$1 one all
    shift
    one=$("$orderly" plan "$@" --json | jq -c '[.finished, .free_flow, .share]')
    all=$(jq -c ".cases[$at] | [.finished, .free_flow, .ours]" "$dir/bench.json")
    [ "$one" = "$all" ] || fail "case $at: the command says $one, bench says $all"
}
files="--map $data/ware-a.map --agents-file $data/ware-a.agents --tasks-file $data/ware-a.tasks"
# shellcheck disable=SC2086
same 0 lifelong $files --agents 50 --turning
# The command it names is the one it ran.
# shellcheck disable=SC2046
same 1 $(jq -r '.cases[1].command' "$dir/bench.json" | sed 's/^orderly plan //; s/ --json$//')

# Peers: the best first, named, and as the file has them.
jq -e '.cases[0].peers[0] | .peer == "RHCR PBS h=5 w=10" and .value == 0.915' "$dir/bench.json" >/dev/null || fail "ware-a 50: not the best peer"
jq -e '.cases[1].peers | length >= 7 and .[0].value == 0.742 and (map(.value) | . == (sort | reverse))' "$dir/bench.json" >/dev/null ||
    fail "ware-a 100 with hold-ups: peers are not sorted"
grep -q 'id="in-zh"' "$dir/page.html" && grep -q '<svg' "$dir/page.html" && ! grep -qiE '<script|https?://' "$dir/page.html" ||
    fail "the page is not one self-contained file in two languages"

if [ -d "$data/../rmf-maps" ]; then
    "$orderly" plan bench --data "$data" --rows route --quick --only 'clinic, 5 ' --json >"$dir/route.json"
    "$orderly" map import --from rmf "$data/../rmf-maps/clinic.building.yaml" -o "$dir/clinic.site.json" >/dev/null
    one=$("$orderly" plan route --site "$dir/clinic.site.json" --robots 5 --instances 3 --json | jq '(.solved + .unsolvable) / .instances')
    [ "$(jq '.cases[0].ours' "$dir/route.json")" = "$(jq -n "$one")" ] || fail "clinic 5: the command says $one"
fi
echo "bench: figures are those of the single commands"
