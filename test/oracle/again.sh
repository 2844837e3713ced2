#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# again.sh - has Linux changed its mind? Runs all cases on Linux again and reports each as a test: it
# passes if Linux does what was recorded. Nothing is recorded.
#
#   QEMU=... FIRMWARE=... test/oracle/again.sh CASE...       as record.py has them

{ "$(dirname "$0")/record.py" -n "$@" 2>&1 || echo "#failed"; } | awk '
    $1 == "same" { print "ok - " $2; next }
    $1 == "new" || $1 == "changed" || $1 == "FAILED" {
        name = $2
        sub(/:$/, "", name)
        print "not ok - " name
        bad = 1
    }
    $1 == "#failed" { bad = 1; next }
    { print }
    END { exit bad }'
