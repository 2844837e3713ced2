#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# events.sh - suite "events": executed instructions of one pass through a loop over calls that wait for files
# which are ready, the program's own share included, and its target. Writes $BUILD/bench/events.tsv.
#
# The peers' figures were measured once, on the same machine model: stock Linux 6.12 (Debian) and upstream
# Nanos (Sv48).

set -eu
. bench/lib.sh

tsv=$out/events.tsv

# operation|target|Linux|Nanos
rows() {
    cat <<'ROWS'
eventfd write + read|600|2047|4204
eventfd write + read, watched|-|-|-
epoll_pwait, one ready of 1|450|1128|3391
epoll_pwait, one ready of 1001|450|-|-
epoll_pwait, 10 ready of 1010|-|-|-
ROWS
}

image events "$out/guest/events"
for platform in $PLATFORMS; do
    measure "$platform" 128m events
done
printf 'operation\tplatform\tinstructions\ttarget\tlinux\tnanos\n' >"$tsv.new"
rows | while IFS='|' read -r operation target linux nanos; do
    for platform in $PLATFORMS; do
        count=$(awk -F '\t' -v name="$operation" '$1 == name { print $2; found = 1 } END { exit !found }' \
            "$out/events.$platform.pieces")
        printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$operation" "$platform" "$count" "$target" "$linux" "$nanos"
    done
done >>"$tsv.new"
mv "$tsv.new" "$tsv"
show_table "$tsv"
