#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# profile.sh - which functions the kernel spends its instructions in, from its first one to the program's
# first marker (its main, in bench/guest) or, where there is none, to the end.
#
#   bench/profile.sh PLATFORM NAME [LINES]      after make bench; NAME.img is in $BUILD/bench
#
# Inlined functions count for their callers.

set -eu
. bench/lib.sh

platform=$1 name=$2 lines=${3:-40}
profile=$out/$name.$platform.profile

boot "$platform" 128m "$name" --qemu='-icount shift=0' \
    --qemu="-plugin $out/count.so,out=$out/$name.$platform.count,profile=$profile" || echo "exit status $?"
riscv64-unknown-elf-nm -n "$BUILD/$platform/kernel.elf" |
    awk 'NR == FNR { if ($2 ~ /[tT]/) { at[++n] = $1; fn[n] = $3 } next }
        { va = sprintf("%016s", $1); gsub(/ /, "0", va)
          while (i < n && at[i + 1] <= va) i++
          sum[i] += $2; total += $2 }
        END { for (f in sum) printf "%9d %5.1f %%  %s\n", sum[f], 100 * sum[f] / total, fn[f]
              printf "%9d         total\n", total }' - "$profile" | sort -rn | head -n "$lines"
