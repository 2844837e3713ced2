#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh - boot every kernel that tests itself, on every platform, and judge what it did.
#
#   BUILD=... test/kernel/run.sh [PATTERN...]
#
# PATTERN is a shell pattern of test names; without one, all are run. What a test must do stands in
# its source, in comments that begin a line:
#
#   /* status: N */          exit status of the machine; without it 0
#   /* expect: REGEX */      a line of the console matches; each of them, in this order
#   /* memory: 32m */        the machine's memory; without it 128m
#   /* cpus: 4 */            its harts; without it 1
#   /* input: COMMAND */     once the console says "ktest: ready", the output of COMMAND is typed
#   /* stall: SECONDS */     once the console says so, nobody reads it for that long
#   /* output: COMMAND */    what follows that line on the console, less the kernel's own lines, is
#                            exactly the output of COMMAND
#
# The time limit is there to end what hangs; no result depends on it.

set -u

cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
limit=${TEST_KERNEL_LIMIT:-60}  # seconds
out=$BUILD/test/kernel
patterns=("$@")
bad=0

wanted() {
    local pattern
    [ ${#patterns[@]} -gt 0 ] || return 0
    for pattern in "${patterns[@]}"; do
        # shellcheck disable=SC2053  # a pattern
        [[ $1 == $pattern ]] && return 0
    done
    return 1
}

# directive SOURCE NAME: the values of that comment, one a line.
directive() { sed -n "s,^/\* *$2: *\(.*[^ ]\) *\*/\$,\1,p" "$1"; }

# boot KERNEL MEMORY CPUS: the emulator with its console on standard input and output.
boot() {
    # shellcheck disable=SC2154  # set in run.conf
    exec timeout -k 5 "$limit" "${QEMU:-$emulator}" -M "$machine" -cpu "$cpu" -m "$2" -smp "$3" \
        -bios "$firmware" -kernel "$1" -display none -monitor none -serial stdio -no-reboot
}

# talk SOURCE KERNEL CONSOLE: run it, typing and reading as its source says. Returns its status.
talk() {
    local source=$1 memory cpus input stall line emulator_pid
    memory=$(directive "$source" memory)
    cpus=$(directive "$source" cpus)
    input=$(directive "$source" input)
    stall=$(directive "$source" stall)
    if [ -z "$input$stall" ]; then
        (boot "$2" "${memory:-128m}" "${cpus:-1}") </dev/null >"$3" 2>&1
        return
    fi
    coproc EMULATOR { boot "$2" "${memory:-128m}" "${cpus:-1}" 2>&1; }
    emulator_pid=$EMULATOR_PID
    # The descriptors of a coprocess go away with it: keep copies.
    exec {from}<&"${EMULATOR[0]}" {to}>&"${EMULATOR[1]}"
    while IFS= read -r line <&$from; do
        printf '%s\n' "$line"
        case $line in *'ktest: ready'*) break ;; esac
    done >"$3"
    [ -z "$stall" ] || sleep "$stall"  # the stall itself; nothing is waited for
    [ -z "$input" ] || sh -c "$input" >&$to
    cat <&$from >>"$3"
    exec {from}<&- {to}>&-
    wait "$emulator_pid"
}

# Every regular expression matches a line at or after the one that the last one matched.
expectations_met() {
    directive "$1" expect >"$2.expect"
    tr -d '\r' <"$2" | awk -v list="$2.expect" '
        BEGIN { while ((getline re < list) > 0) want[n++] = re }
        at < n && $0 ~ want[at] { at++ }
        END { if (at < n) { print "nothing on the console matches: " want[at]; exit 1 } }'
}

output_is() {
    local command
    command=$(directive "$1" output)
    [ -n "$command" ] || return 0
    sh -c "$command" >"$2.wanted"
    tr -d '\r' <"$2" | sed '1,/ktest: ready/d; /^\[cella\] /d' >"$2.output"
    cmp "$2.wanted" "$2.output"
}

# run_test PLATFORM NAME
run_test() {
    local name=$2 source=test/kernel/$2.c console=$out/$1/$2.console want status complaint=''
    want=$(directive "$source" status)
    want=${want:-0}
    talk "$source" "$out/$1/$name.elf" "$console"
    status=$?

    if [ $status -eq 124 ] || [ $status -eq 137 ]; then
        complaint="still running after $limit seconds"
    elif [ "$status" != "$want" ]; then
        complaint="exit status $status instead of $want"
    elif ! expectations_met "$source" "$console" >"$console.complaint"; then
        complaint=$(cat "$console.complaint")
    elif ! output_is "$source" "$console" >"$console.complaint" 2>&1; then
        complaint=$(head -n 1 "$console.complaint")
    fi
    if [ -z "$complaint" ]; then
        echo "ok - $name"
        return
    fi
    bad=1
    echo "not ok - $name: $complaint"
    echo "the console's last lines ($console):"
    grep -a -A 40 '\[cella\]' "$console" | cut -c 1-160 | tail -n 30
}

for conf in "$BUILD"/riscv64-*/run.conf; do
    platform=$(basename "$(dirname "$conf")")
    # Sets firmware, machine, cpu, emulator.
    # shellcheck source=/dev/null
    . "$conf"
    echo "# group $platform"
    for elf in "$out/$platform"/*.elf; do
        name=$(basename "$elf" .elf)
        case $name in *.pre | *.new) continue ;; esac
        [ -e "test/kernel/$name.c" ] || continue
        ! wanted "$name" || run_test "$platform" "$name"
    done
done
exit $bad
