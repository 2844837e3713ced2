#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh - run the built machine tests and print a TAP-like line for each.
#
#   run.sh -q QEMU -b BUILD [-j JOBS] [-t SECONDS] [-x FACTOR] [PATTERN...]
#
# QEMU is the emulator, BUILD the folder that machine.mk filled, PATTERN a shell pattern of test
# names (all without one). A test is a program in tests/ or stress/, judged by the exit status that
# the machine's test finisher gives QEMU, or a script monitor/test_*.py, judged by its own. Each may
# say "qemu: OPTIONS" in a comment; they follow the standard options and so win over them. What a
# program prints as "# ..." follows its name. Those in stress/ make FACTOR (1) times their operations.
# SECONDS only ends what hangs: no test waits for time to pass.
set -u

here=$(cd "$(dirname "$0")" && pwd)
qemu= build= jobs=2 limit=60 factor=1

usage()
{
    echo "usage: $0 -q QEMU -b BUILD [-j JOBS] [-t SECONDS] [-x FACTOR] [PATTERN...]" >&2
    exit 2
}

# The options that a test's source asks for.
options()
{
    sed -n 's,^.*[/*#][ *]*qemu: *\(.*[^ ]\) *$,\1,p' "$1" | sed 's, *\*/$,,' | head -n 1
}

# Run test $1 and print its lines as one write, so that parallel tests do not mix.
run_one()
{
    name=$1
    log=$build/$name.log
    set -- -M virt -bios none -nographic -cpu rv64,h=off,seccells=on
    if [ -e "$here/stress/$name.c" ]; then
        # shellcheck disable=SC2046 # options are words
        echo "$factor" | timeout -k 2 "$limit" "$qemu" "$@" $(options "$here/stress/$name.c") \
            -kernel "$build/stress/$name.elf" >"$log" 2>&1
    elif [ -e "$here/tests/$name.c" ]; then
        # shellcheck disable=SC2046 # options are words
        timeout -k 2 "$limit" "$qemu" "$@" $(options "$here/tests/$name.c") \
            -kernel "$build/tests/$name.elf" >"$log" 2>&1 </dev/null
    else
        # shellcheck disable=SC2046
        timeout -k 2 "$limit" python3 "$here/monitor/$name.py" "$build/monitor" \
            "$qemu" "$@" $(options "$here/monitor/$name.py") >"$log" 2>&1 </dev/null
    fi
    status=$?
    [ $status -eq 124 ] && echo "no end within $limit seconds" >>"$log"
    [ $status -ne 0 ] && [ ! -s "$log" ] && echo "exit status $status" >>"$log"
    if [ $status -eq 0 ]; then
        lines="ok - $name$(sed -n 's/^# / # /p' "$log" | tr -d '\r\n')"
    else
        lines="not ok - $name
$(tr -d '\r' <"$log" | sed 's/^/    /')"
    fi
    printf '%s\n' "$lines"
    return $status
}

# The names of all tests that match one of the patterns.
list()
{
    for file in "$here"/tests/*.c "$here"/stress/*.c "$here"/monitor/test_*.py; do
        name=$(basename "$file")
        name=${name%.*}
        [ $# -eq 0 ] && echo "$name"
        for pattern; do
            # shellcheck disable=SC2254 # a pattern is meant
            case $name in $pattern) echo "$name"; break ;; esac
        done
    done
}

one=
while getopts q:b:j:t:x:1: opt; do
    case $opt in
    q) qemu=$OPTARG ;;
    b) build=$OPTARG ;;
    j) jobs=$OPTARG ;;
    t) limit=$OPTARG ;;
    x) factor=$OPTARG ;;
    1) one=$OPTARG ;; # used by this script itself
    *) usage ;;
    esac
done
shift $((OPTIND - 1))
[ -n "$qemu" ] && [ -n "$build" ] || usage
if [ -n "$one" ]; then
    run_one "$one"
    exit
fi

names=$(list "$@")
[ -n "$names" ] || { echo "$0: no test matches" >&2; exit 2; }
echo "1..$(echo "$names" | wc -l)"
echo "$names" | xargs -P "$jobs" -I '{}' "$0" -q "$qemu" -b "$build" -t "$limit" -x "$factor" -1 '{}'
status=$?
echo "$names" | sed "s,.*,$build/&.log," | xargs awk '
    $1 == "#" && $3 == "operations:" { sum += $2 }
    END { if (sum) print "# total", sum, "operations of four harts on one table" }'
[ $status -eq 0 ]
