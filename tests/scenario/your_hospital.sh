#!/usr/bin/env bash
# docs/your-hospital.md and its Chinese counterpart, followed literally: every ```sh block is run in order in an empty
# folder, and what they promise is looked at.
#   your_hospital.sh BUILD_DIR
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "${1:?usage: your_hospital.sh BUILD_DIR}")
export PATH="$build/bin:$PATH" ORDERLY_DOCS="$PWD/docs"
for page in your-hospital.md your-hospital.zh.md; do
    dir=$(mktemp -d)
    trap 'rm -rf "$dir"' EXIT
    awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' "docs/$page" >"$dir/commands"
    [ "$(grep -c '^orderly ' "$dir/commands")" -ge 5 ] || { echo "your_hospital: docs/$page has lost its commands" >&2; exit 1; }
    (cd "$dir" && bash -euo pipefail commands >out 2>&1) || { cat "$dir/out" >&2; echo "your_hospital: docs/$page: a command fails" >&2; exit 1; }
    want() { grep -qE "$1" "$dir/out" || { cat "$dir/out" >&2; echo "your_hospital: docs/$page: nothing says '$1'" >&2; exit 1; }; }
    want '2 elevators'
    want '0 errors'
    want '^0 violations'
    want ' 0 failed, 0 open'
    grep -q 'kitchen' "$dir/my-hospital.html"
    rm -rf "$dir"
    echo "your_hospital: docs/$page leads to a running simulation"
done
# The commands named in passing exist.
for from in rmf opentcs lif; do orderly map import --help | grep -q -- "--from $from" || exit 1; done
orderly up --help | grep -q -- '--site'
