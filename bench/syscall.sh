#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# syscall.sh - suite "syscall": executed instructions of one pass through a loop that calls getppid, and one
# that calls gettimeofday through the C library, the program's own included, averaged over 1000. Writes
# $BUILD/bench/syscall.tsv.

set -eu
. bench/lib.sh

tsv=$out/syscall.tsv passes=1000

# row NAME OPERATION TARGET: on both platforms.
row() {
    image "$1" "$out/guest/$1"
    for platform in $PLATFORMS; do
        boot_counted "$platform" 128m "$1" || {
            echo "syscall: $1 failed on $platform; see $out/$1.$platform.log" >&2
            exit 1
        }
        awk -v operation="$2" -v platform="$platform" -v target="$3" -v passes=$passes '
            $1 == "mark" { at[++marks] = $6 + $8 }
            END { if (marks != 2) exit 1
                  printf "%s\t%s\t%d\t%d\n", operation, platform, (at[2] - at[1]) / passes, target }' \
            "$out/$1.$platform.count" >>"$tsv.new"
    done
}

printf 'operation\tplatform\tinstructions\ttarget\n' >"$tsv.new"
row getppid 'getppid, loop pass' 150
row gettimeofday 'gettimeofday, loop pass' 90
mv "$tsv.new" "$tsv"
show_table "$tsv"
