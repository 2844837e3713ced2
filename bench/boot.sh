#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# boot.sh - suite "boot": executed instructions from the kernel's first one to the program's main,
# 128 MiB, the firmware's own not counted. Writes $BUILD/bench/boot.tsv.
#
# The program is hello, linked statically, and dynamically against the cross compiler's C library. The peers'
# figures were measured once, on the same machine model: stock Linux 6.12 (Debian) and upstream Nanos (Sv48), the
# same kind of program; "-": not measured.

set -eu
. bench/lib.sh

tsv=$out/boot.tsv

# row OPERATION PLATFORM NAME TARGET NANOS LINUX
row() {
    boot_counted "$2" 128m "$3" || {
        echo "boot: $3 failed on $2; see $out/$3.$2.log" >&2
        exit 1
    }
    awk -v operation="$1" -v platform="$2" -v target="$4" -v nanos="$5" -v linux="$6" '
        $1 == "mark" && $2 == 1 {
            printf "%s\t%s\t%d\t%d\t%d\t%s\t%s\t%s\n", operation, platform, $6 + $8, $6, $8,
                target, nanos, linux
            found = 1
        }
        END { exit !found }' "$out/$3.$2.count" >>"$tsv.new" || {
        echo "boot: main was not reached by $3 on $2" >&2
        exit 1
    }
}

image hello "$out/guest/hello"
image hello-dynamic "$out/guest/hello-dynamic"
printf 'operation\tplatform\tinstructions\tkernel\tprogram\ttarget\tnanos\tlinux\n' >"$tsv.new"
for platform in $PLATFORMS; do
    row 'static program to main' "$platform" hello 1200000 1560000 964000000
done
for platform in $PLATFORMS; do
    row 'dynamic program to main' "$platform" hello-dynamic 2000000 2200000 -
done
mv "$tsv.new" "$tsv"
show_table "$tsv"
