#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh - boot every guest test on every platform and judge what it did.
#
#   BUILD=... test/guest/run.sh [PATTERN...]
#
# PATTERN is a shell pattern of test names; without one, all are run, and the default image too. A
# test passes if QEMU's exit status and the program's console output are what NAME.status and
# NAME.expected say, and the image's file system is whole afterwards. Each run works on a copy.
#
# What else is on the console is taken out first: see program-output.

set -u

cd "$(dirname "$0")/../.." || exit 1
PATH=$PATH:/usr/sbin:/sbin
BUILD=${BUILD:-build}
limit=${TEST_GUEST_LIMIT:-120}  # seconds; ends what hangs, judges nothing
out=$BUILD/test/guest
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

# run_test PLATFORM NAME IMAGE EXPECTED STATUS
run_test() {
    local platform=$1 name=$2 image=$3 expected=$4 want=$5 status complaint='' work=$out/$1/$2
    mkdir -p "$work"
    cp --sparse=always "$image" "$work/image"
    timeout -k 5 "$limit" tools/run.sh -b -p "$platform" "$work/image" >"$work/console" 2>"$work/stderr"
    status=$?
    test/guest/program-output <"$work/console" >"$work/output"

    if [ $status -eq 124 ] || [ $status -eq 137 ] && [ "$want" != $status ]; then
        complaint="still running after $limit seconds, or killed"
    elif [ "$status" != "$want" ]; then
        complaint="exit status $status instead of $want"
    elif ! cmp -s "$expected" "$work/output"; then
        complaint="output differs"
    elif ! e2fsck -fn "$work/image" >"$work/fsck" 2>&1; then
        complaint="the file system is damaged"
    fi

    if [ -z "$complaint" ]; then
        echo "ok - $name"
        rm -f "$work/image"
        return
    fi
    bad=1
    echo "not ok - $name: $complaint"
    case $complaint in
    output*) diff -u --label expected "$expected" --label "printed on $platform" "$work/output" | head -n 30 ;;
    the*) tail -n 15 "$work/fsck" ;;
    esac
    echo "the console's last lines ($work/console):"
    tail -n 12 "$work/console"
    cat "$work/stderr"
}

for conf in "$BUILD"/riscv64-*/run.conf; do
    platform=$(basename "$(dirname "$conf")")
    echo "# group $platform"
    if wanted default; then
        run_test "$platform" default "$BUILD/images/default.img" tools/image/default/etc/motd 0
    fi
    for source in test/guest/*.c; do
        [ -e "$source" ] || continue
        name=$(basename "$source" .c)
        wanted "$name" || continue
        want=0
        [ ! -e "test/guest/$name.status" ] || want=$(cat "test/guest/$name.status")
        if [ ! -e "test/guest/$name.expected" ]; then
            echo "not ok - $name: there is no test/guest/$name.expected"
            bad=1
            continue
        fi
        run_test "$platform" "$name" "$out/$name.img" "test/guest/$name.expected" "$want"
    done
done
exit $bad
