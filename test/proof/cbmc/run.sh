#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh - bounded model checking of celltable.c and cellroom.c: every harness here, and seeded faults that
# each of them must find.
#
#   test/proof/cbmc/run.sh FOLDER [HARNESS...]      FOLDER is for changed sources
#
# A harness is tried in turn for every set of live slots and each of the slots that harnesses.txt names:
# live or empty ones, any (0 included), or none, where the table alone matters.
#
# CBMC is Debian's package of another release, unpacked in the cache and run with the libraries it was
# made for. Where it cannot be had, that is said and nothing is tested.

set -u

limit=${CBMC_LIMIT:-600}    # seconds for one case of a harness
memory=${CBMC_MEMORY:-4000}  # MiB
slots=4                      # the users' (small.h)
folder=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/cella}
export CACHE
lock=$root/tools/packages/proof.lock
home=$CACHE/cbmc-$(sha256sum "$lock" | cut -c 1-16)
bad=0

skip() {
    echo "ok - bounded_model_checking # SKIP $1"
    exit 0
}

# Unpacked whole or not at all.
unpack() {
    names=$(sed 's/#.*//' "$lock" | awk 'NF { print $1 }')
    # shellcheck disable=SC2086  # a list of names
    debs=$("$root/tools/packages/fetch.sh" "$lock" $names) || return 1
    new=$(mktemp -d "$CACHE/.cbmc.XXXXXX") || return 1
    for deb in $debs; do
        dpkg-deb -x "$deb" "$new" || return 1
    done
    mv "$new" "$home" 2>/dev/null || rm -rf "$new"
}

# check SOURCES HARNESS LIVE SLOT: what CBMC says.
check() {
    libraries=$home/usr/lib/x86_64-linux-gnu
    (
        # shellcheck disable=SC3045  # dash and busybox have it
        ulimit -v $((memory * 1024))
        exec timeout -k 5 "$limit" "$libraries/ld-linux-x86-64.so.2" \
            --library-path "$libraries:$home/usr/lib" "$home/usr/bin/cbmc" --unwind 9 \
            --unwinding-assertions --no-standard-checks --bounds-check --slice-formula -I "$1" \
            -I "$root/src" -DCELLA_HOST_TEST -DLIVE="$3" -DSLOT="$4" "$here/$2.c" 2>&1
    )
}

# cases WHICH: all pairs of a set of live slots, as a number whose bit 0 is slot 1, and a slot.
cases() {
    live=0
    while [ $live -lt $((1 << slots)) ]; do
        slot=0
        while [ $slot -le $slots ]; do
            case $1-$slot-$((live << 1 >> slot & 1)) in
            none-0-* | any-* | live-*-1 | empty-[!0]-0) echo "$live $slot" ;;
            esac
            slot=$((slot + 1))
        done
        live=$((live + 1))
    done
}

prove() {
    name=${1}_does_what_it_should_on_every_small_table n=0
    began=$(date +%s)
    for case in $(cases "$2" | tr ' ' ,); do
        output=$(check "$root/src" "$1" "${case%,*}" "${case#*,}")
        if ! printf '%s\n' "$output" | grep -q '^VERIFICATION SUCCESSFUL'; then
            echo "not ok - $name (live slots ${case%,*}, slot ${case#*,})"
            printf '%s\n' "$output" | grep -E 'FAILURE|rror' | head -n 20
            bad=1
            return
        fi
        n=$((n + 1))
    done
    echo "ok - $name ($n cases in $(($(date +%s) - began)) s)"
}

# Whether a harness finds what is wrong with a source, in any of its cases.
finds() {
    for case in $(cases "$2" | tr ' ' ,); do
        check "$folder" "$1" "${case%,*}" "${case#*,}" | grep -q '^VERIFICATION FAILED' && return
    done
    return 1
}

slots_of() {
    sed -n "s/^$1 //p" "$here/harnesses.txt"
}

# A fault in a copy of one source: the first text, which stands there, becomes the second.
find_fault() {
    harness=$1 name=$2 source=$3 was=$4 is=$5
    mkdir -p "$folder/riscv64-cells"
    cp "$root"/src/riscv64-cells/*.[ch] "$folder/riscv64-cells/"
    if ! WAS=$was IS=$is awk '
        !done && (at = index($0, ENVIRON["WAS"])) {
            $0 = substr($0, 1, at - 1) ENVIRON["IS"] substr($0, at + length(ENVIRON["WAS"]))
            done = 1
        }
        { print }
        END { exit !done }' "$root/src/riscv64-cells/$source" >"$folder/riscv64-cells/$source"; then
        echo "not ok - found: $name (the text to be changed is not there)"
        bad=1
        return
    fi
    if finds "$harness" "$(slots_of "$harness")"; then
        echo "ok - found: $name"
    else
        echo "not ok - found: $name"
        bad=1
    fi
}

[ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] || skip "the package is for amd64"
[ -d "$home" ] || unpack || skip "CBMC cannot be fetched"
[ -x "$home/usr/bin/cbmc" ] || skip "CBMC is not in $home"

echo '# group bounded model checking'
while read -r harness which; do
    case " ${*:-$harness} " in
    *" $harness "*) prove "$harness" "$which" ;;
    esac
done <"$here/harnesses.txt"

while IFS='|' read -r harness name source was is; do
    case " ${*:-$harness} " in
    *" $harness "*) find_fault "$harness" "$name" "$source" "$was" "$is" ;;
    esac
done <"$here/faults.txt"
exit $bad
