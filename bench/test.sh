#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# test.sh - the suites of `make bench` as a test: count, and hold what was counted to its targets (judge.py).
# Counts are the same on every run and every host, so they can be judged.
#
#   BUILD=... PLATFORMS=... bench/test.sh

set -u

bad=0
# counted SUITE TABLE...: run the suite, and judge its tables.
counted() {
    suite=$1
    shift
    if bench/"$suite".sh >"$BUILD/bench/$suite.log" 2>&1; then
        echo "# group $suite"
        bench/judge.py "$@" || bad=1
    else
        bad=1
        echo "not ok - $suite counts"
        tail -n 20 "$BUILD/bench/$suite.log"
    fi
}

for suite in boot abi events footprint memory sizes; do
    counted $suite $suite
done
counted ranges ratios
exit $bad
