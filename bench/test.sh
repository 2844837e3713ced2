#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# test.sh - the suites of `make bench` as a test: count, and hold what was counted to its targets (judge.py).
# Counts are the same on every run and every host, so they can be judged.
#
#   BUILD=... PLATFORMS=... bench/test.sh

set -u

for suite in boot syscall footprint memory ranges sizes; do
    bench/$suite.sh >"$BUILD/bench/$suite.log" 2>&1 || {
        echo "not ok - suite $suite counts"
        tail -n 20 "$BUILD/bench/$suite.log"
        exit 1
    }
done
bench/judge.py boot syscall footprint memory ratios sizes
