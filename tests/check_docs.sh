#!/usr/bin/env bash
# The documentation says what is so: links and paths exist, examples parse, generated pages are current, each program
# and verb has its manual page, and options that the pages name are options the programs know.
#   tests/check_docs.sh [BUILD_DIR]      without programs in BUILD_DIR/bin the last check is left out
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build/release}
bad=0
no() { echo "docs: $*" >&2; bad=1; }

mapfile -t pages < <(find README.md HACKING.md CHANGELOG.md docs controller/web tests -name '*.md' | sort)

# Links to files of this repository.
for page in "${pages[@]}"; do
    dir=$(dirname "$page")
    while read -r link; do
        case $link in http://* | https://* | '#'* | mailto:* | '') continue ;; esac
        [ -e "$dir/${link%%#*}" ] || no "$page: link to $link, which does not exist"
    done < <(grep -oE '\]\([^) ]+\)' "$page" | sed 's/^](//; s/)$//')
    # Paths in backticks that begin with a folder of this repository; build/ and patterns are not checked.
    while read -r path; do
        case $path in *'*'* | *'<'* | *'{'* | *'…'* | *' '*) continue ;; esac
        [ -e "$path" ] || no "$page: names \`$path\`, which does not exist"
    done < <(grep -oE '`(common|maps|planner|controller|robot-agent|sim|cli|tests|docs|schema|script|cmake)/[^`]+`' "$page" | tr -d '`' | sed 's/:[0-9]*$//; s/ .*//')
done

# Generated pages.
if ! diff -q <(script/gen-events) docs/events.md >/dev/null; then
    no "docs/events.md is not what script/gen-events prints: run  script/gen-events > docs/events.md"
fi
dup=$(awk -F'|' '/^\| [0-9]/ { print $2 }' docs/events.md | sort | uniq -d)
[ -z "$dup" ] || no "event numbers used twice:$dup"

# JSON in fenced blocks, schemas and sites.
if command -v python3 >/dev/null 2>&1; then
    python3 - "${pages[@]}" <<'P' || bad=1
import glob, json, re, sys
bad = 0
for page in sys.argv[1:]:
    text = open(page, encoding="utf-8").read()
    for m in re.finditer(r"^```json\n(.*?)^```", text, re.S | re.M):
        try:
            json.loads(m.group(1))
        except ValueError as e:
            line = text.count("\n", 0, m.start()) + 1
            print(f"docs: {page}:{line}: the JSON example does not parse: {e}", file=sys.stderr)
            bad = 1
for name in glob.glob("schema/*.json") + glob.glob("maps/sites/*.json"):
    try:
        json.load(open(name, encoding="utf-8"))
    except ValueError as e:
        print(f"docs: {name}: {e}", file=sys.stderr)
        bad = 1
sys.exit(bad)
P
fi

# Manual pages.
for page in orderlyd orderly-agent orderly $(sed -n 's/^    { "\([a-z]*\)", cmd_.*/orderly-\1/p' cli/main.c); do
    if [ -f "docs/man/$page.1" ]; then
        head -n 3 "docs/man/$page.1" | grep -q '^\.TH ' || no "docs/man/$page.1 does not begin with .TH"
    else
        no "docs/man/$page.1 is missing"
    fi
done

# Options named in command lines of README and HACKING exist.
if [ -x "$build/bin/orderly" ]; then
    while read -r line; do
        # shellcheck disable=SC2206
        words=($line)
        verb=${words[0]} sub=${words[1]:-}
        case $sub in -* | '') sub= ;; esac
        help=$({ "$build/bin/orderly" "$verb" --help; [ -z "$sub" ] || "$build/bin/orderly" "$verb" "$sub" --help; } 2>&1 || true)
        for w in "${words[@]}"; do
            case $w in
            --help) ;;
            --*) grep -q -- "${w%%=*}" <<<"$help" || no "a page says 'orderly $line', but orderly $verb $sub --help does not know $w" ;;
            esac
        done
    done < <(grep -hoE '\borderly (up|map|sim|ctl|plan|broker|config|campaign) [^`#|]*' README.md HACKING.md docs/figures.md 2>/dev/null | sed 's/^orderly //')
fi

[ $bad -eq 0 ] && echo "docs: ${#pages[@]} pages say what is so"
exit $bad
