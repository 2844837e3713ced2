#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# boot.sh - suite "boot": executed instructions from the kernel's first one to the program's main,
# 128 MiB, the firmware's own not counted. Writes $BUILD/bench/boot.tsv.
#
# The peers' figures were measured once, on the same machine model: stock Linux 6.12 (Debian) and
# upstream Nanos (Sv48), the same kind of program.

set -eu
. bench/lib.sh

target_static=1200000 nanos_static=1560000 linux_static=964000000
tsv=$out/boot.tsv

image hello "$out/guest/hello"
printf 'operation\tplatform\tinstructions\tkernel\tprogram\ttarget\tnanos\tlinux\n' >"$tsv.new"
for platform in $PLATFORMS; do
    boot_counted "$platform" 128m hello || {
        echo "boot: hello failed on $platform; see $out/hello.$platform.log" >&2
        exit 1
    }
    awk -v platform="$platform" -v target=$target_static -v nanos=$nanos_static \
        -v linux=$linux_static '$1 == "mark" && $2 == 1 {
            printf "static program to main\t%s\t%d\t%d\t%d\t%d\t%d\t%d\n", platform, $6 + $8, $6, $8,
                target, nanos, linux
            found = 1
        }
        END { exit !found }' "$out/hello.$platform.count" >>"$tsv.new" || {
        echo "boot: main was not reached on $platform" >&2
        exit 1
    }
done
mv "$tsv.new" "$tsv"
column -t -s "$(printf '\t')" "$tsv"
