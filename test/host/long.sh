#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# long.sh - run the random host tests for many more seeds than `make test` does.
#
#   [SEEDS=N] [FIRST=N] [STEPS=N] test/host/long.sh PROGRAM...
#
# A random test says that it is one by reading SEED, one seed to run instead of its usual few, from
# its environment (and STEPS, how long one run is, if it likes); the others of the programs named
# are left out. Seeds FIRST (1001) to FIRST + SEEDS - 1 (400) are run, for each one test is
# reported. A failure repeats with SEED=n PROGRAM.

set -u

seeds=${SEEDS:-400} first=${FIRST:-1001}
export STEPS="${STEPS:-50000}" ASAN_OPTIONS=detect_leaks=1
here=$(dirname "$0")
output=$(mktemp "${TMPDIR:-/tmp}/cella-long.XXXXXX")
trap 'rm -f "$output"' EXIT
bad=0

for program in "$@"; do
    name=$(basename "$program")
    grep -q 'getenv("SEED")' "$here/${name%%.*}.c" || continue
    echo "# group $name"
    seed=$first
    while [ "$seed" -lt $((first + seeds)) ]; do
        if SEED=$seed "$program" >"$output" 2>&1 </dev/null; then
            echo "ok - SEED=$seed"
        else
            echo "not ok - SEED=$seed"
            tail -n 30 "$output"
            bad=1
        fi
        seed=$((seed + 1))
    done
done
exit $bad
