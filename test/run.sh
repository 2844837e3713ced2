#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh - run test suites, show how they go, and add everything up.
#
#   test/run.sh SUITE=COMMAND...       V=1 also lists every test that passed
#
# COMMAND prints TAP-like lines, on standard output or standard error:
#
#   # group NAME              the tests that follow belong to NAME (a program, a test file)
#   # total TEXT              what all of the suite's tests together did; shown
#   ok [N] [-] name           passed
#   not ok [N] [-] name       failed; lines up to the next test or group are shown as its output
#   ... # SKIP reason         skipped, after either of the two
#
# A suite fails as a whole, counted as one failed test, when its command fails without reporting a
# failed test, when it reports no test at all, and when its time is up. The time limit is there to
# end what hangs; nothing waits for it.
#
# After each suite stands how long it took, for whoever wonders where the time goes.
#
# The last line is `N passed, N failed`, with `, N skipped` if any; the exit status is 0 only if
# something passed and nothing failed.

set -u

limit=${TEST_SUITE_LIMIT:-3600}  # seconds
passed=0 failed=0 skipped=0

# The group at hand.
group='' group_passed=0 group_failed=0 group_skipped=0
# Lines of output since the last test result, at most excerpt_max of them shown after a failure.
excerpt_max=40 excerpt_left=0

end_group() {
    if [ $((group_passed + group_failed + group_skipped)) -gt 0 ]; then
        summary="$group_passed passed"
        [ $group_failed -eq 0 ] || summary="$summary, $group_failed FAILED"
        [ $group_skipped -eq 0 ] || summary="$summary, $group_skipped skipped"
        printf '  %-34s %s\n' "${group:-(tests)}" "$summary"
    fi
    passed=$((passed + group_passed))
    failed=$((failed + group_failed))
    skipped=$((skipped + group_skipped))
    group=$1 group_passed=0 group_failed=0 group_skipped=0 excerpt_left=0
}

fail() {
    printf '  FAILED  %s\n' "$1"
    group_failed=$((group_failed + 1))
    excerpt_left=$excerpt_max
}

# The name in a result line, without the number and the dash.
test_name() { printf '%s\n' "$1" | sed 's/^\(not \)\{0,1\}ok *[0-9]* *\(- *\)\{0,1\}//'; }

# Reads a suite's lines; a line `#exit N`, added by run_suite, ends them.
read_suite() {
    exit_status=missing
    while IFS= read -r line; do
        case $line in
        '#exit '*) exit_status=${line#'#exit '} ;;
        '# total '*) printf '  %s\n' "${line#'# total '}" ;;
        '# group '*) end_group "${line#'# group '}" ;;
        'ok '*'# SKIP'* | 'not ok '*'# SKIP'*)
            printf '  skipped %s\n' "$(test_name "$line")"
            group_skipped=$((group_skipped + 1)) excerpt_left=0
            ;;
        'ok '*)
            [ -z "${V:-}" ] || printf '  %s\n' "$line"
            group_passed=$((group_passed + 1)) excerpt_left=0
            ;;
        'not ok '*) fail "${group:+$group: }$(test_name "$line")" ;;
        *)
            if [ $excerpt_left -gt 0 ]; then
                printf '          %s\n' "$line"
                excerpt_left=$((excerpt_left - 1))
            fi
            ;;
        esac
    done
}

run_suite() {
    name=${1%%=*} command=${1#*=}
    printf '%s\n' "$name"
    before_total=$((passed + failed + skipped)) before_failed=$failed began=$(date +%s)
    log=$(mktemp "${TMPDIR:-/tmp}/cella-test.XXXXXX")
    fifo=$log.fifo
    mkfifo "$fifo"
    { timeout -k 10 "$limit" sh -c "$command" </dev/null 2>&1; echo "#exit $?"; } | tee "$log" >"$fifo" &
    read_suite <"$fifo"
    wait
    end_group ''
    if [ $((passed + failed + skipped)) -eq $before_total ]; then
        complaint="the suite $name ran no test (exit status $exit_status)"
    elif [ "$exit_status" = 124 ] || [ "$exit_status" = 137 ]; then
        complaint="the suite $name was stopped after $limit seconds"
    elif [ "$exit_status" != 0 ] && [ $failed -eq $before_failed ]; then
        complaint="the suite $name failed (exit status $exit_status) without naming a test"
    else
        complaint=
    fi
    if [ -n "$complaint" ]; then
        failed=$((failed + 1))
        printf '  FAILED  %s; its last lines:\n' "$complaint"
        grep -v '^#exit ' "$log" | tail -n 20 | sed 's/^/          /'
    fi
    rm -f "$log" "$fifo"
    printf '  (%s s)\n' $(($(date +%s) - began))
}

for suite in "$@"; do
    run_suite "$suite"
done

total="$passed passed, $failed failed"
[ $skipped -eq 0 ] || total="$total, $skipped skipped"
printf '\n%s\n' "$total"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
