#!/usr/bin/env bash
# Include directions of DESIGN section 6: for each box, compile one header of every folder with that box's own include
# directories. What the picture allows must be found, what it forbids must not be. Then what the compiler cannot see:
# ways around the include path, and impure headers of a folder that also holds a pure box.
#   tests/includes.sh BUILD_DIR
set -euo pipefail
build=${1:?usage: tests/includes.sh BUILD_DIR}
build=$(cd "$build" && pwd)
top=$(cd "$(dirname "$0")/.." && pwd)
cc=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")
lists=$build/box_includes.txt
[ -f "$lists" ] || { echo "includes: $lists is missing; configure with cmake first" >&2; exit 1; }

# The picture, written down a second time on purpose: it must not follow from what CMakeLists.txt happens to link.
declare -A may=(
    [common]="common"               [common_json]="common"   [common_journal]="common"   [common_mqtt]="common"  [common_mqtt_plain]="common"
    [maps]="common maps"            [maps_io]="common maps"
    [planner]="common maps planner" [planner_cmd]="common maps planner"
    [core]="common maps planner core"
    [agent]="common agent"
    [sim]="common maps planner core agent sim"
    [edge]="common maps planner core edge"
    [cli]="common maps planner core agent sim edge cli"
)
declare -A header=([common]=common/units.h [maps]=maps/site.h [core]=core/fleet.h [agent]=agent/agent.h
    [sim]=sim/sim.h [edge]=edge/cmd_ctl.h [cli]=cli/cli.h)
first=$(cd "$top/planner" && find . -maxdepth 1 -name '*.h' | sort | head -n 1)
header[planner]=planner/${first#./}

bad=0 tried=0
cd /    # a quoted include is first looked for where the compiler stands
while read -r box dirs; do
    [ -n "${may[$box]:-}" ] || { echo "includes: box $box is not in the picture of tests/includes.sh; add it there" >&2; bad=1; continue; }
    flags=()
    IFS=';' read -ra parts <<<"$dirs"
    for d in "${parts[@]}"; do flags+=(-I "$d"); done
    for other in "${!header[@]}"; do
        # -E finds or does not find the header; whether it compiles is the build's business.
        if printf '#include "%s"\n' "${header[$other]}" | "$cc" "${flags[@]}" -E -x c - -o /dev/null 2>/dev/null; then got=yes; else got=no; fi
        case " ${may[$box]} " in *" $other "*) should=yes ;; *) should=no ;; esac
        tried=$((tried + 1))
        [ $got = $should ] || { echo "includes: box $box, header ${header[$other]}: found $got, the picture says $should" >&2; bad=1; }
    done
done <"$lists"

complain() { # TEXT < hits of a grep; in this shell, not in a pipe, so that `bad` is kept
    local hits
    hits=$(cat)
    [ -z "$hits" ] || { printf 'includes: %s:\n%s\n' "$1" "$hits" >&2; bad=1; }
}
inc='#[[:space:]]*include[[:space:]]*'
cd "$top"
boxes=(common maps planner controller robot-agent sim cli)
pure=()
while read -r source; do # the sources of the pure boxes and the headers beside them
    [ -n "$source" ] || continue
    for f in "$source" "${source%.c}.h"; do [ ! -f "$f" ] || pure+=("${f#"$top"/}"); done
done <"$build/pure_sources.txt"
mapfile -t alone < <(ls planner/*.h controller/core/*.h) # headers without a source of their own, such as route.h
for f in "${alone[@]}"; do [ -f "${f%.h}.c" ] || pure+=("$f"); done

complain "a path with .. goes around the include directories" < <(
    grep -rnE "${inc}[\"<][^\">]*\.\./" --include='*.[ch]' "${boxes[@]}" | grep -vE '^common/vda/[^:]*:[0-9]+:#include "\.\./[a-z_]+\.h"')
complain "a .c file is included" < <(grep -rnE "${inc}\"[^\"]*\.c\"" --include='*.[ch]' "${boxes[@]}")
complain "a pure box includes a header of an impure one" < <(
    grep -nE "${inc}\"(common/)?(json|journal|mqtt_link|trace|state_bytes|state_hash)\.h\"|${inc}\"(maps/)?maps_io\.h\"|${inc}\"(common/)?(\.\./)?vda/vda_codec\.h\"" "${pure[@]}")
complain "a pure box includes a header of the operating system" < <(
    grep -nE "${inc}<(stdio|stdlib|time|math|pthread|unistd|errno|signal|locale|fcntl|sys/[a-z]+)\.h>" "${pure[@]}")
complain "GEOS belongs to the map compiler" < <(
    grep -rnE "${inc}<geos" --include='*.[ch]' common planner controller robot-agent sim cli)
complain "floating point below the fleet's contract (integers only)" < <(
    grep -nE '\b(float|double)\b' $(printf '%s\n' "${pure[@]}" | grep -E '^(planner|controller/core)/') | grep -vE '^[^:]*:[0-9]+:[[:space:]]*(/?\*|//)')
[ $bad -eq 0 ] && echo "includes: $tried pairs of box and header as in the picture, no way around it"
exit $bad
