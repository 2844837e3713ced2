#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh - run host test programs (cmocka) and pass their TAP on.
#
#   test/host/run.sh PROGRAM...
#
# Beyond what cmocka says, a program fails that exits with an error but names no failed test, or
# that ends before it has run as many tests as it announced: a sanitizer or a crash stopped it.
# Several programs run two at a time (test/lib/in-parallel).

set -u

limit=${TEST_PROGRAM_LIMIT:-900}  # seconds; ends what hangs
export CMOCKA_MESSAGE_OUTPUT=TAP
export ASAN_OPTIONS=abort_on_error=0:detect_leaks=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1

if [ $# -gt 1 ]; then
    exec "$(dirname "$0")/../lib/in-parallel" "$0" -- "$@"
fi

output=$(mktemp "${TMPDIR:-/tmp}/cella-host.XXXXXX")
trap 'rm -f "$output"' EXIT

name=$(basename "$1")
echo "# group $name"
timeout -k 5 "$limit" "$1" >"$output" 2>&1 </dev/null
status=$?
# cmocka indents the plan in some versions and reports a whole group as `# ok`: no test lines.
sed 's/^[ \t]*\(1\.\.[0-9]\)/\1/' "$output"
verdict=$(awk -v status=$status '
    /^[ \t]*1\.\.[0-9]+/ { sub(/^[ \t]*1\.\./, ""); planned += $1; next }
    /^(not )?ok / { seen++ }
    /^not ok / && !/# SKIP/ { failed++ }
    END {
        if (planned == 0) print "runs no test"
        else if (seen < planned) print "stopped after " seen + 0 " of " planned " tests"
        else if (status && !failed) print "fails outside of its tests"
    }' "$output")
if [ -n "$verdict" ]; then
    echo "not ok - $name $verdict (exit status $status)"
    tail -n 40 "$output" | sed 's/^/# /'
fi
[ -z "$verdict" ] && [ $status -eq 0 ]
