#!/usr/bin/env bash
# Static checks of the C code. Each prints what it found and fails on any finding.
#   tests/tidy.sh format              clang-format changes nothing;  tests/tidy.sh fix  lets it change
#   tests/tidy.sh cppcheck BUILD_DIR  cppcheck
#   tests/tidy.sh tidy BUILD_DIR      clang-tidy on every source, or on those changed since ORDERLY_TIDY_BASE (a commit)
#   tests/tidy.sh limits              no trailing blanks, no tabs, no unfinished work; C lines of at most 120 signs
set -euo pipefail
cd "$(dirname "$0")/.."
tool() { # newest name first: results differ between versions, so the pinned one is preferred
    for t in "$1-14" "$1"; do command -v "$t" && return; done
    echo "tidy: $1 is not installed (script/bootstrap --test)" >&2
    exit 1
}
sources() { git ls-files -- '*.c' '*.h'; }

# Headers are laid out by hand: docs/decisions/0001-headers-by-hand.md.
c_files() { sources | grep '\.c$'; }

case ${1:-} in
fix)
    c_files | xargs "$(tool clang-format)" -i ;;
format)
    c_files | xargs "$(tool clang-format)" --dry-run -Werror
    echo "format: $(c_files | wc -l) files as clang-format writes them" ;;
cppcheck)
    build=${2:?usage: tests/tidy.sh cppcheck BUILD_DIR}
    mkdir -p "$build/cppcheck"
    # cppcheck refuses a project that names a generated file which is not built yet.
    [ -x "$build/bin/orderly" ] || { echo "tidy: build $build first" >&2; exit 1; }
    # uninitvar and zerodivcond are left to clang-analyzer: cppcheck 2.10 does not follow loop conditions far enough.
    cppcheck --project="$build/compile_commands.json" --cppcheck-build-dir="$build/cppcheck" -j 2 -q --error-exitcode=1 \
        --enable=warning,performance,portability --inline-suppr --std=c11 --suppress=missingIncludeSystem \
        --suppress=uninitvar --suppress=zerodivcond --suppress='*:*/tests/*' --suppress='*:/usr/include/*' --suppress='*:*/build/*'
    echo "cppcheck: no findings" ;;
tidy)
    build=${2:?usage: tests/tidy.sh tidy BUILD_DIR}
    list=$(git ls-files -- '*.c' | grep -vE '^tests/')
    if [ -n "${ORDERLY_TIDY_BASE:-}" ]; then
        changed=$(git diff --name-only "$ORDERLY_TIDY_BASE" -- '*.c' '*.h')
        # A changed header means every source: which ones include it is not worth working out.
        grep -q '\.h$' <<<"$changed" || list=$(grep -xF -f <(echo "$changed") <<<"$list" || true)
    fi
    [ -n "$list" ] || { echo "tidy: nothing changed"; exit 0; }
    out=$(mktemp)
    trap 'rm -f "$out"' EXIT
    if ! xargs -n 4 -P 2 "$(tool clang-tidy)" --quiet -p "$build" <<<"$list" >"$out" 2>/dev/null; then
        cat "$out"
        exit 1
    fi
    echo "tidy: no findings in $(wc -l <<<"$list") sources" ;;
limits)
    bad=0
    find_bad() { local hits; hits=$(cat); [ -z "$hits" ] || { printf 'limits: %s:\n%s\n' "$1" "$hits" >&2; bad=1; }; }
    # Counted in characters, so that Chinese text is not punished for its bytes. Tables in headers may run on.
    find_bad "longer than 120 signs" < <(sources | grep '\.c$' | LC_ALL=C.UTF-8 xargs grep -nE '^.{121,}' | cut -d: -f1,2)
    find_bad "trailing blanks or tabs" < <(sources | xargs grep -nE $'[ \t]+$|\t' | cut -c1-100)
    find_bad "unfinished work" < <(sources | xargs grep -nwE 'TODO|FIXME|XXX|stub|not implemented' | cut -c1-100)
    [ $bad -eq 0 ] && echo "limits: kept in $(sources | wc -l) files"
    exit $bad ;;
*)
    sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
    exit 2 ;;
esac
