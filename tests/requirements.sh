#!/usr/bin/env bash
# script/gen-requirements finds what it says it finds, and refuses what it must.   tests/requirements.sh
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/script" "$dir/docs" "$dir/core" "$dir/tests/unit" "$dir/tests/e2e"
cp script/gen-requirements "$dir/script/"
cd "$dir"
git init -q .
bad=0
no() { echo "requirements: $*" >&2; bad=1; }
gen() { script/gen-requirements "$@" 2>&1; }
refused() { # WORDS: --check must fail and say them
    local said
    if said=$(gen --check); then no "not refused: $*"; elif [[ $said != *"$*"* ]]; then no "'$*' expected, it said: $said"; fi
}

printf '# n\tstep\tstate\tzh\ten\nR1\t4\tdone\t甲\tfirst\nR2\t4\topen\t乙\tsecond\nR3\t5\topen\t丙\tthird\nR4\t5\topen\t丁\tfourth\n' >docs/requirements.tsv
cat >core/a.c <<'C'
/* Keeps R1 and R3-R4. */
static const char *robot = "R2"; /* a name, not a requirement */
C
cat >tests/unit/test_a.c <<'C'
static void r1_r3_both_at_once(void **state) { (void)state; }
static void test_R3_alone(void **state) { (void)state; }
static void not_a_claim_r2_here(void **state) { (void)state; }
C
printf '#!/bin/sh\necho "R4: by a script"\n' >tests/e2e/b.sh
git add -A
gen >docs/requirements.md
gen --check >/dev/null || no "a current page is refused"
row() { grep "^| R$1 |" docs/requirements.md; }
[[ $(row 1) == *'`core/a.c`'*'`tests/unit/test_a.c`: r1_r3_both_at_once'* ]] || no "R1: $(row 1)"
[[ $(row 2) != *core/a.c* && $(row 2) != *tests/* ]] || no "R2: $(row 2)"
[[ $(row 3) == *'`core/a.c`'*'r1_r3_both_at_once, test_R3_alone'* ]] || no "R3: $(row 3)"
[[ $(row 4) == *'`core/a.c`'*'`tests/e2e/b.sh`: by a script'* ]] || no "R4: $(row 4)"

sed -i 's/first/worst/' docs/requirements.md
refused 'is not current'
sed -i 's/^R2\t4\topen/R2\t4\tdone/' docs/requirements.tsv
gen >docs/requirements.md
refused 'R2 is done in docs/requirements.tsv, but no test claims it'
echo 'static void r9_unknown(void **state) { (void)state; }' >>tests/unit/test_a.c
refused 'claims R9, which is not in'
printf 'R5\t4\tmaybe\tx\ty\n' >>docs/requirements.tsv
refused 'docs/requirements.tsv:6: five cells'
[ $bad -eq 0 ] && echo "requirements: found what is there, refused what is wrong"
exit $bad
