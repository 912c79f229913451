#!/usr/bin/env bash
# The pure boxes import nothing but memory, string comparison and assert functions (DESIGN section 6).
#   tests/nm_pure.sh BUILD_DIR     needs a plain build: sanitizers and coverage add imports of their own
#   tests/nm_pure.sh --self-test   plants a forbidden import in a small library and sees it found
set -euo pipefail

allowed='memcpy memset memmove memcmp strlen strnlen strcmp strncmp strchr strrchr __assert_fail __stack_chk_fail _GLOBAL_OFFSET_TABLE_'

# Names that the given libraries use and none of them defines.
foreign() {
    sort -u <(nm -u --format=posix "$@" 2>/dev/null | awk 'NF >= 2 && $2 == "U" { print $1 }') |
        comm -23 - <(nm --defined-only --extern-only --format=posix "$@" 2>/dev/null | awk 'NF >= 3 { print $1 }' | sort -u) |
        grep -vxF -f <(tr ' ' '\n' <<<"$allowed") || true
}

if [ "${1:-}" = --self-test ]; then
    dir=$(mktemp -d)
    trap 'rm -rf "$dir"' EXIT
    printf '#include <stdlib.h>\nvoid *leak(void); void *leak(void) { return malloc(7); }\n' >"$dir/bad.c"
    printf '#include <string.h>\nint same(const char *a, const char *b); int same(const char *a, const char *b) { return strcmp(a, b); }\n' >"$dir/good.c"
    for x in bad good; do
        "${CC:-cc}" -c -O1 -o "$dir/$x.o" "$dir/$x.c"
        ar rc "$dir/$x.a" "$dir/$x.o"
    done
    [ "$(foreign "$dir/bad.a")" = malloc ] || { echo "nm_pure: a planted malloc was not found" >&2; exit 1; }
    [ -z "$(foreign "$dir/good.a")" ] || { echo "nm_pure: strcmp was refused" >&2; exit 1; }
    echo "nm_pure: the planted import is found"
    exit 0
fi

build=${1:?usage: tests/nm_pure.sh BUILD_DIR | --self-test}
[ -f "$build/pure_boxes.txt" ] || { echo "nm_pure: $build/pure_boxes.txt is missing; configure with cmake first" >&2; exit 1; }
if grep -qE '^CMAKE_C_FLAGS[A-Z_]*:.*(-fsanitize|--coverage)' "$build/CMakeCache.txt" &&
   grep -qE '^CMAKE_BUILD_TYPE:[A-Z]*=Debug' "$build/CMakeCache.txt"; then
    echo "nm_pure: skipped, this build adds imports of its own (sanitizer or coverage)"
    exit 77
fi

bad=0
mapfile -t libs < <(awk '{ print $2 }' "$build/pure_boxes.txt")
while read -r box lib; do
    [ -f "$lib" ] || { echo "nm_pure: $lib is not built" >&2; exit 1; }
    # Only this box's undefined names matter; what the other pure boxes define is allowed.
    while read -r name; do
        [ -n "$name" ] || continue
        where=$(nm -u -A "$lib" 2>/dev/null | awk -v n="$name" '$NF == n { split($1, part, ":"); print part[2]; exit }')
        echo "nm_pure: box $box imports $name ($where): pure boxes may not; move the caller out or pass the value in" >&2
        bad=1
    done < <(comm -23 <(foreign "$lib") <(nm --defined-only --extern-only --format=posix "${libs[@]}" 2>/dev/null | awk 'NF >= 3 { print $1 }' | sort -u))
done <"$build/pure_boxes.txt"
[ $bad -eq 0 ] && echo "nm_pure: ${#libs[@]} boxes import only memory and assert functions"
exit $bad
