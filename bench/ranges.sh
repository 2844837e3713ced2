#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# ranges.sh - suite "ranges": executed instructions of single operations among 10 to 4000 live ranges: mean,
# least and most. 1 GiB, one hart. Writes $BUILD/bench/ranges.tsv, and how much dearer inserting and removing are at 4000 ranges than
# at 40, to $BUILD/bench/ratios.tsv.

set -eu
. bench/lib.sh

tsv=$out/ranges.tsv ratios=$out/ratios.tsv

image ranges "$out/guest/ranges"
printf 'operation\tplatform\tranges\tmean\tleast\tmost\n' >"$tsv.new"
for platform in $PLATFORMS; do
    measure "$platform" 1g ranges
done
for platform in $PLATFORMS; do
    awk -F '\t' -v OFS='\t' -v platform="$platform" '{ split($1, name, "@")
        print name[1], platform, name[2], $2, $3, $4 }' "$out/ranges.$platform.pieces"
done | awk -F '\t' '!($1 in seen) { seen[$1]; names[++n] = $1 } { rows[$1] = rows[$1] $0 "\n" }
    END { for (k = 1; k <= n; k++) printf "%s", rows[names[k]] }' >>"$tsv.new"
mv "$tsv.new" "$tsv"

awk -F '\t' -v OFS='\t' '
    BEGIN { print "operation", "platform", "at 40", "at 4000", "ratio", "target" }
    $3 == 40 { few[$1, $2] = $4 }
    $3 == 4000 {
        printf "%s\t%s\t%d\t%d\t%.2f\t3\n", $1, $2, few[$1, $2], $4, $4 / few[$1, $2]
    }' "$tsv" >"$ratios.new"
mv "$ratios.new" "$ratios"
show_table "$ratios"
