#!/usr/bin/env bash
# Ten days of the 500-bed hospital, each with another seed: the judge finds nothing, and of every meal wave at least
# 95 in 100 carts are at their ward in time.
#   meals.sh BUILD_DIR      needs python3; a release build, else it takes long
set -euo pipefail
cd "$(dirname "$0")/../.."
orderly=${1:?build directory}/bin/orderly
[ -x "$orderly" ] || { echo "meals: $orderly is not built, skipped"; exit 77; }
"$orderly" sim run --experiment h500-normal --seeds 1..10 --json | python3 -c '
import json, sys
days = [d for d in map(json.loads, sys.stdin) if "streams" in d]
claim = "R5: meals of all three waves are in time on ten days"
bad = [d["seed"] for d in days if d["violations"]]
waves = {w: [d["streams"][w] for d in days] for w in ("meal_breakfast", "meal_lunch", "meal_dinner")}
for name, wave in waves.items():
    least = min(w["on_time"] for w in wave)
    carts = sum(w["n"] for w in wave)
    print(f"meals: {name}: {carts} carts in {len(wave)} days; of each day at least {least * 100:.1f} % in time")
    if len(wave) != 10 or least < 0.95 or min(w["n"] for w in wave) < 20:
        sys.exit(f"FAIL  {claim}: {name}")
if bad:
    sys.exit(f"FAIL  {claim}: rules were broken with seeds {bad}")
print(f"ok    {claim}")
'
