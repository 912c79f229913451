#!/usr/bin/env bash
# Robots we did not write: 20 virtual vehicles of the npm library vda-5050-lib (VDA 5050 2.0) on the demo site. 200 jobs must
# all be delivered and no order rejected, through 10 broken links, a broker restart and a kill -9 of the controller.
#   tests/e2e/third_party.sh [--short] [BUILD_DIR]      default build/release; needs node and npm
#   BROKER=mqtt://host:port     use that broker (which is then not restarted)
#   ROBOTS, JOBS, BREAKS, SPEED, SEED, LIMIT            other numbers; --short is 4 robots, 12 jobs, 2 broken links
#   WIRE=FILE                   keep every message, one JSON object a line (tests/e2e/wire_check.py reads it)
# The library comes from npm by the lock file beside this script, into build/. The last line is the tally.
# Exit code 0 when everything held, 77 when node or the library cannot be had.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ "${1-}" = --help ]; then
    sed -n '2,9s/^# \{0,1\}//p' "$0"
    exit 0
fi
if [ "${1-}" = --short ]; then
    shift
    export ROBOTS=${ROBOTS-4} JOBS=${JOBS-12} BREAKS=${BREAKS-2} SPEED=${SPEED-12} LIMIT=${LIMIT-300}
fi
BIN=$PWD/${1:-build/release}/bin
[ "${1:0:1}" != / ] || BIN=$1/bin
for program in node npm; do
    command -v "$program" >/dev/null || { echo "skipped: there is no $program"; exit 77; }
done
for program in orderly orderlyd; do
    [ -x "$BIN/$program" ] || { echo "third_party: $BIN/$program is not there; build first, or name the build folder" >&2; exit 2; }
done

home=$PWD/build/third_party
MODULES=$home/node_modules
if ! cmp -s tests/e2e/third_party/package-lock.json "$home/installed.json"; then
    mkdir -p "$home"
    cp tests/e2e/third_party/package.json tests/e2e/third_party/package-lock.json "$home/"
    if ! (cd "$home" && npm ci --no-audit --no-fund --ignore-scripts >npm.log 2>&1); then
        echo "skipped: npm cannot provide vda-5050-lib here ($(tail -n 1 "$home/npm.log"))"
        exit 77
    fi
    cp "$home/package-lock.json" "$home/installed.json"
fi
export BIN MODULES
node tests/e2e/third_party/run.mjs
