#!/usr/bin/env bash
# The elevator grant protocol under the model checker spin: no error as it is, an error with each guard left out.
#   tests/model/run.sh          what script/test runs: about 30 s on two cores, 0.6 GB
#   tests/model/run.sh --all    also the larger runs: each ride ends in all of them (two minutes, 0.7 GB)
# Skipped (77) without spin.
set -euo pipefail
model=$(cd "$(dirname "$0")" && pwd)/elevator.pml
all=0
case ${1:-} in
'') ;;
--all) all=1 ;;
*) sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
for tool in spin gcc; do
    command -v $tool >/dev/null 2>&1 || { echo "skipped: $tool is not installed (script/bootstrap --test)"; exit 77; }
done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# checker NAME OPTIMISATION 'FLAGS OF SPIN' 'FLAGS OF GCC' 'OPTIONS OF THE CHECKER': runs it in a folder of its own.
checker() {
    local at=$dir/$1
    mkdir "$at"
    cd "$at"
    # shellcheck disable=SC2086
    {
        spin $3 -a "$model" >spin.log 2>&1 || { cat spin.log; return 1; }
        gcc "$2" -w -DMEMLIM=1500 $4 -o pan pan.c
        ./pan $5 >out 2>&1 || true
    } || { echo "$1: it cannot be built"; return 1; }
}
# Must hold: every state seen, no error, and nothing of the car and the robots that never happens.
holds() {
    local name=$1
    checker "$name" -O1 "$2" "$3" "$4" || return 1
    grep -q 'errors: 0$' out && ! grep -q 'search depth too small\|out of memory\|max states' out ||
        { echo "$name: spin found an error, or did not come to an end"; tail -n 40 out; return 1; }
    if grep -qE '^unreached in proctype (Car|Controller|Robot)' out &&
        grep -A1 -E '^unreached in proctype (Car|Controller|Robot)' out | grep -E '^\s+\(' | grep -qv '(0 of'; then
        echo "$name: a part of the model never happens"
        return 1
    fi
    printf '%-34s %9s states, 0 errors\n' "$name" "$(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' out)"
}
# Must fail: the guard left out is needed.
breaks() {
    local name=$1
    checker "$name" -O0 "$2" -DSAFETY -m400 || return 1
    grep -qE '^pan:1: (assertion violated|invalid end state)' out ||
        { echo "$name: no error is found without this guard"; tail -n 20 out; return 1; }
    printf '%-34s %9s states, then: %s\n' "$name" "$(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' out)" \
        "$(sed -nE 's/^pan:1: (assertion violated|invalid end state).*/\1/p' out)"
}

jobs=()
add() { jobs+=("$(printf '%q ' "$@")"); }
add holds protocol '' -DSAFETY -m20000
add holds claim-given-back '-DGIVE_UP -DRIDES_0=1' -DSAFETY -m20000
add holds every-ride-ends '-DLIVE -DRIDES_0=1' -DNFAIR=3 '-a -f -m20000'
add holds one-generation-in-order '-DONE_GENERATION -DORDERED' -DSAFETY -m20000
if [ $all -eq 1 ]; then
    add holds every-ride-ends-twice -DLIVE '-DNFAIR=3 -DCOLLAPSE' '-a -f -m20000'
    add holds every-ride-ends-given-back '-DLIVE -DGIVE_UP -DRIDES_0=1' '-DNFAIR=3 -DCOLLAPSE' '-a -f -m20000'
fi
for guard in ONE_GENERATION NO_CAR_CHECK NO_STATE_CHECK NO_USED_CHECK NO_NUMBER_CHECK NO_EXIT_CLAIM EARLY_FREE \
    EARLY_SEND LOST_GENERATION FORGETFUL_CAR; do
    add breaks "$guard" "-D$guard"
done
add breaks EARLY_GIVE_UP '-DEARLY_GIVE_UP -DGIVE_UP -DRIDES_0=1'

# Two at a time; what each said comes in the order of the list.
export model dir
export -f checker holds breaks
bad=0
printf '%s\n' "${jobs[@]}" | awk '{ print NR " " $0 }' |
    xargs -P 2 -d '\n' -n 1 bash -c 'n=${1%% *}; eval "${1#* }" >"$dir/said.$n" 2>&1 || touch "$dir/bad"' _ || bad=1
for ((n = 1; n <= ${#jobs[@]}; n++)); do cat "$dir/said.$n"; done
if [ $bad -ne 0 ] || [ -e "$dir/bad" ]; then
    echo "model: FAILED"
    exit 1
fi
echo "model: 0 errors, and each of $(grep -lc 'then:' "$dir"/said.* | wc -l) guards is needed"
