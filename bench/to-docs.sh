#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# to-docs.sh - write docs/benchmarks.md from the tables that `make bench` left in $BUILD/bench.
#
#   bench/to-docs.sh

set -eu
out=${BUILD:-build}/bench
doc=docs/benchmarks.md
trap 'rm -f "$doc.new"' EXIT

table() {
    awk -F '\t' '{ row = "|"; for (i = 1; i <= NF; i++) row = row " " $i " |"; print row }
        NR == 1 { row = "|"; for (i = 1; i <= NF; i++) row = row (i > 2 ? "--:|" : "---|"); print row }' \
        "$out/$1.tsv"
}

{
    cat <<'TEXT'
<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Written by bench/to-docs.sh from the output of make bench. -->
# Benchmarks

Counts of executed guest instructions, never time, both platforms in one run (`make bench`). Interrupts come at slightly different moments, so
counts that span a disk access vary by some tenths of a percent. The peers' columns were measured once with programs of the same kind on the
same machine model: stock Linux 6.12 and upstream Nanos (Sv48).

## Boot: from the kernel's first instruction to the program's main

128 MiB, one hart; the firmware's own 11.85 million instructions are not counted.

TEXT
    table boot
    printf '\n## System calls\n\n'
    table syscall
    printf '\n## Footprint\n\n'
    table footprint
} >"$doc.new"
mv "$doc.new" "$doc"
