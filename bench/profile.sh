#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# profile.sh - which functions the kernel spends its instructions in.
#
#   bench/profile.sh PLATFORM NAME [LINES]             from its first instruction to the program's first marker (its main,
#                                                      in bench/guest) or, where there is none, to the end
#   bench/profile.sh PLATFORM NAME LINES OPERATION     in the last piece of what the program announces by this name
#                                                      (bench/guest/measure.h), for each of its passes
#
# After make bench; NAME.img is in $BUILD/bench, and for an OPERATION NAME.PLATFORM.log, too. For example:
#
#   bench/profile.sh riscv64-cells memory 20 'mmap, touch, munmap 4 KiB'
#   bench/profile.sh riscv64-cells ranges 20 'split: protect the middle@1000'
#
# Inlined functions count for their callers.

set -eu
. bench/lib.sh

platform=$1 name=$2 lines=${3:-40} operation=${4:-}
profile=$out/$name.$platform.profile memory=128m passes=1 piece=

if [ "$operation" ]; then
    memory=1g
    found=$(tr -d '\r' <"$out/$name.$platform.log" | awk -F '\t' -v name="$operation" '
        $1 == "measure" { pieces[$2] += $4; if ($3 == name) { print $2 ":" pieces[$2], $5; exit } }')
    [ "$found" ] || { echo "$out/$name.$platform.log announces no '$operation'" >&2; exit 1; }
    piece=,piece=${found% *} passes=${found#* }
fi
boot "$platform" $memory "$name" --qemu='-icount shift=0' \
    --qemu="-plugin $out/count.so,out=$out/$name.$platform.count,profile=$profile$piece" || echo "exit status $?"
riscv64-unknown-elf-nm -n "$BUILD/$platform/kernel.elf" |
    awk -v passes="$passes" '
        NR == FNR { if ($2 ~ /[tT]/) { at[++n] = $1; fn[n] = $3 } next }
        { va = sprintf("%016s", $1); gsub(/ /, "0", va)
          while (i < n && at[i + 1] <= va) i++
          sum[i] += $2; total += $2 }
        END { for (f in sum) printf "%9d %5.1f %%  %s\n", sum[f] / passes, 100 * sum[f] / total, fn[f]
              printf "%9d         total\n", total / passes }' - "$profile" | sort -rn | head -n "$lines"
