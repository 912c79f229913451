#!/usr/bin/env bash
# The tables of docs/dispatch.md: hospital days over several seeds, medians and ranges.
#   tests/bench/hospital.sh policies [SEEDS] [EXPERIMENT]   both policies, each alone, none, with the same luck
#   tests/bench/hospital.sh charging [SEEDS] [EXPERIMENT]   by tariff, and whenever batteries are low
#   tests/bench/hospital.sh experiments [SEEDS]             all standard experiments
#   tests/bench/hospital.sh streams [SEEDS] [EXPERIMENT]    on time, per stream and wave
#   tests/bench/hospital.sh stagger [SEEDS]                 h1500-normal beside h1500-stagger
#   tests/bench/hospital.sh traffic [SEEDS] [EXPERIMENT]    the traffic planner with a part left out (docs/traffic.md)
# SEEDS is a range like 1..10 (the default). ORDERLY names the program (build/release/bin/orderly). One run uses one core;
# results are kept in ORDERLY_RUNS (build/runs) and not run again while the program is the same.
set -euo pipefail
cd "$(dirname "$0")/../.."
what=${1:?usage: tests/bench/hospital.sh policies|charging|experiments|streams|stagger|traffic [SEEDS] [EXPERIMENT]}
seeds=${2:-1..10}
experiment=${3:-h500-normal}
orderly=${ORDERLY:-build/release/bin/orderly}
runs=${ORDERLY_RUNS:-build/runs}
[ -x "$orderly" ] || { echo "hospital: build $orderly first, or name another with ORDERLY" >&2; exit 1; }
mkdir -p "$runs"
stamp=$(sha256sum "$orderly" | cut -c1-12)

# one EXPERIMENT DISPATCH ARBITER [CHARGING [TRAFFIC]]: JSON lines of all seeds, in a file whose name is printed
one() {
    local charging=${4:-tariff} traffic=${5:-full}
    local out="$runs/$stamp-$1-$2-$3-$charging-$traffic-$seeds.jsonl"
    if [ ! -s "$out" ]; then
        echo "hospital: $1 $2 $3 $charging $traffic seeds $seeds" >&2
        "$orderly" sim run --experiment "$1" --dispatch "$2" --arbiter "$3" --charging "$charging" --traffic "$traffic" \
            --seeds "$seeds" --json >"$out.part" || true
        mv "$out.part" "$out"
    fi
    echo "$out"
}
table() { python3 tests/bench/hospital_table.py "$@"; }

case $what in
policies)
    table policies "tours, planned=$(one "$experiment" tours planned)" "tours, first-come=$(one "$experiment" tours first-come)" \
        "nearest, planned=$(one "$experiment" nearest planned)" "nearest, first-come=$(one "$experiment" nearest first-come)" ;;
charging)
    table charging "by tariff=$(one "$experiment" tours planned tariff)" "when low=$(one "$experiment" tours planned low)" ;;
experiments)
    rows=()
    for e in h500-normal h500-lift-down h500-short h500-onelift h500-fire h500-power h500-surge h1500-normal h1500-stagger; do
        rows+=("$e=$(one $e tours planned)")
    done
    table experiments "${rows[@]}" ;;
streams) table streams "$experiment=$(one "$experiment" tours planned)" ;;
stagger)
    table experiments "h1500-normal=$(one h1500-normal tours planned)" "h1500-stagger=$(one h1500-stagger tours planned)" ;;
traffic)
    rows=()
    for t in full no-reorder no-switch no-homes no-guidance sipp; do rows+=("$t=$(one "$experiment" tours planned tariff $t)"); done
    table traffic "${rows[@]}" ;;
*) echo "hospital: unknown table '$what'" >&2; exit 2 ;;
esac
