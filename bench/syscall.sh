#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# syscall.sh - suite "syscall": executed instructions of one pass through a loop that calls getppid, the
# program's own three included, averaged over 1000. Writes $BUILD/bench/syscall.tsv.

set -eu
. bench/lib.sh

tsv=$out/syscall.tsv passes=1000

image getppid "$out/guest/getppid"
printf 'operation\tplatform\tinstructions\ttarget\n' >"$tsv.new"
for platform in $PLATFORMS; do
    boot_counted "$platform" 128m getppid || {
        echo "syscall: getppid failed on $platform; see $out/getppid.$platform.log" >&2
        exit 1
    }
    awk -v platform="$platform" -v passes=$passes '
        $1 == "mark" { at[$2] = $6 + $8 }
        END { if (!(2 in at)) exit 1
              printf "getppid, loop pass\t%s\t%d\t150\n", platform, (at[2] - at[1]) / passes }' \
        "$out/getppid.$platform.count" >>"$tsv.new"
done
mv "$tsv.new" "$tsv"
show_table "$tsv"
