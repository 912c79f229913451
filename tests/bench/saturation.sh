#!/usr/bin/env bash
# How many rides an hour one elevator carries, against what it can do at most (81 both ways, 56 one way; the demand model).
#   tests/bench/saturation.sh [BUILD_DIR]
# Endless work for eight robots; by plan, and first come first served. Needs jq.
set -euo pipefail
cd "$(dirname "$0")/../.."
orderly=${1:-build/release}/bin/orderly
[ -x "$orderly" ] || { echo "saturation: $orderly is not built" >&2; exit 1; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
jq -n '{format: "orderly-fleet/1",
        classes: [{id: "shuttle", length: 0.6, width: 0.6, margin: 0.05, speed: 1, accel: 0.5, turn: 0.8,
                   pick_s: 5, drop_s: 5, reversible: true}],
        robots: [range(1; 9) | {id: "R\(.)", class: "shuttle"}]}' >"$dir/fleet.json"

row() { # WAYS BOUND ARBITER
    local option=
    [ "$1" = one ] && option=--one-way
    # shellcheck disable=SC2086
    "$orderly" map generate --preset shaft $option -o "$dir/$1.site.json" >/dev/null
    for seed in 1 2 3; do
        "$orderly" sim run --site "$dir/$1.site.json" --fleet "$dir/fleet.json" --orders-per-robot 40 --arbiter "$3" \
            --seed $seed --json
    done | jq -rs --arg ways "$1" --arg arbiter "$3" --argjson bound "$2" '
        map(.rides_by_car["E1"] * 3600 / .last_delivery_s) | sort |
        [$ways, $arbiter, .[1], .[0], .[2], $bound, 100 * .[1] / $bound] | @tsv' |
        awk -F'\t' '{ printf "%-5s  %-10s  %5.1f (%.1f to %.1f)  %3d  %3.0f %%\n", $1, $2, $3, $4, $5, $6, $7 }'
}
echo "ways   arbiter     rides an hour (3 seeds)  most  share"
row both 81 planned
row both 81 first-come
row one 56 planned
row one 56 first-come
