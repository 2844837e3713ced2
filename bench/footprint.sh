#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# footprint.sh - suite "footprint": the smallest memory that still runs hello (whole MiB, found by
# trying downward from 16 MiB), and the kernel's size. Writes $BUILD/bench/footprint.tsv.

set -eu
. bench/lib.sh

tsv=$out/footprint.tsv

runs_with() {
    boot "$1" "$2m" hello && tr -d '\r' <"$out/hello.$1.log" | grep -qx hello
}

[ -e "$out/hello.img" ] || image hello "$out/guest/hello"
printf 'measure\tplatform\tvalue\ttarget\tnanos\n' >"$tsv.new"
for platform in $PLATFORMS; do
    mib=16
    while [ $mib -gt 1 ] && runs_with "$platform" $((mib - 1)); do
        mib=$((mib - 1))
    done
    printf 'smallest memory for hello (MiB)\t%s\t%d\t10\t11\n' "$platform" $mib >>"$tsv.new"
    riscv64-unknown-elf-size "$BUILD/$platform/kernel.elf" | awk -v platform="$platform" 'NR == 2 {
        printf "kernel text and data (KiB)\t%s\t%d\t512\t869\n", platform, ($1 + $2 + 1023) / 1024
    }' >>"$tsv.new"
done
mv "$tsv.new" "$tsv"
show_table "$tsv"
