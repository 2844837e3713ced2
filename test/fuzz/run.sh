#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh - run fuzz targets and report each as tests.
#
#   test/fuzz/run.sh [-k] [-n RUNS | -x TIMES] [-s SEED] OUT PROGRAM...
#
# OUT is where the build puts fuzz targets; OUT/seeds/NAME has the inputs that target NAME starts from.
# A target's source says in comments how long a short run is, and what options it needs:
#
#   /* runs: 20000 */
#   /* options: -max_len=1024 */
#
# Two tests a target. First, the inputs in test/fuzz/regressions/NAME, each of which once failed, pass.
# Then RUNS inputs (what the source says; with -x, TIMES as many), made from the seeds in an order
# that SEED (1) decides, find nothing. With -k new inputs that reach more of the code are kept in
# OUT/corpus/NAME, and the next run starts from them too; without, a run depends on nothing that
# came before it.
#
# An input that fails is left in OUT/found/NAME-*; the message says how to see it fail again.

set -u

keep='' runs='' times=1 seed=1
while getopts kn:x:s: option; do
    case $option in
    k) keep=1 ;;
    n) runs=$OPTARG ;;
    x) times=$OPTARG ;;
    s) seed=$OPTARG ;;
    *) exit 2 ;;
    esac
done
given=$((OPTIND - 1))
here=$(dirname "$0")
if [ $# -gt $((given + 2)) ]; then  # several programs: two at a time
    exec "$here/../lib/in-parallel" "$0" "${@:1:given + 1}" -- "${@:given + 2}"
fi
shift $given
out=$1
program=$2

export ASAN_OPTIONS=abort_on_error=0:detect_leaks=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1
export CMOCKA_TEST_ABORT=1  # what the host tests' stubs assert ends the run
ASAN_SYMBOLIZER_PATH=$(command -v llvm-symbolizer || command -v llvm-symbolizer-14)
export ASAN_SYMBOLIZER_PATH

log=$(mktemp "${TMPDIR:-/tmp}/cella-fuzz.XXXXXX")
fresh=$(mktemp -d "${TMPDIR:-/tmp}/cella-fuzz.XXXXXX")
trap 'rm -rf "$log" "$fresh"' EXIT
bad=0

# The comment /* WHAT: ... */ of a source.
says() { sed -n "1,60s,^/\* *$1: *\(.*[^ ]\) *\*/,\1,p" "$2"; }

report() {
    test=$1
    shift
    if "$@" >"$log" 2>&1 </dev/null; then
        echo "ok - $test"
    else
        bad=1
        echo "not ok - $test (exit status $?)"
        # What was found comes first in libFuzzer's report, the input last.
        grep -vE '^(#[0-9]+[[:space:]]|INFO: )' "$log" | head -n 32
        grep -E 'Test unit written to' "$log"
    fi
    grep '^stat::number_of_executed_units' "$log" | sed 's/^/# /'
}

target=$(basename "$program")
name=${target#fuzz_}
source=$here/${target%%.*}.c
options=$(says options "$source")
n=${runs:-$(($(says runs "$source") * times))}
dict=$here/${name%%.*}.dict
[ ! -f "$dict" ] || options="$options -dict=$dict"

echo "# group $target"
old=$(find "$here/regressions/$name" -type f 2>/dev/null | sort)
# shellcheck disable=SC2086
[ -z "$old" ] || report "what_once_failed_passes" "$program" $options $old

mkdir -p "$out/found" "$out/corpus/$name" "$out/seeds/$name"
work=$fresh/$name
[ -z "$keep" ] || work=$out/corpus/$name
mkdir -p "$work"
# shellcheck disable=SC2086
report "${n}_runs_find_nothing" "$program" $options -runs="$n" -seed="$seed" -timeout=120 \
    -print_final_stats=1 -artifact_prefix="$out/found/$name-" "$work" "$out/seeds/$name"
exit $bad
