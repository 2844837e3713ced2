#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# to-docs.sh - write docs/benchmarks.md from the tables that `make bench` and `make bench-emulator` left in
# $BUILD/bench. A part whose tables are not there stays as it is.
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

counts() {
    cat <<'TEXT'
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
}

emulator() {
    cat <<'TEXT'
## The emulator

What the emulator itself costs its host (`make bench-emulator`): processor time, user and system, of its process. It says nothing about a
machine in silicon, and no test looks at it. A figure is the median of interleaved rounds, each in an emulator started for it, with the
quartiles behind it; from each loop's time that of the same loop without the operation is taken off, so small figures have the noise of
two. Counts of walks and flushes are the machine's own counters and exact.

TEXT
    printf 'Measured: %s.\n' "$(cat "$out/emulator.host")"
    cat <<'TEXT'

### Switches and traps, and tables of many cells

Cells are one page each, 8 GiB apart; seven more are the program's own. A switch is `jalrs` between two compartments that run before and
after, each in code of its own; its cost is the entry check, a walk that is made every time. A trap is an `ecall` from U into S, three
instructions there, and `sret`. "The tag alone" is what it costs that the `sret` goes to another compartment, not the same: a compartment
whose translations are still cached finds them again by its tag. Full flush: an `sfence.vma` before the `sret`, or in a trap before the `jalrs`
(the trap is taken off again). The fence and filling the TLB again are in the column.

TEXT
    table emulator-cells
    cat <<'TEXT'

### A switch, by compartments in turn and pages touched

Eight compartments have tags; with sixteen in turn each takes over the tag of another, whose translations are dropped. Every compartment reads
one word of each page touched. "Through S" is the switch of a kernel without the instruction: `ecall`, `urid` and `sepc` written, `sret`.

TEXT
    table emulator-switch
    cat <<'TEXT'

### A TLB miss

A load from pages that all have the same place in the emulator's TLB, in scattered order; the same load from one page is taken off. References
are the memory accesses of a walk: metacell, descriptors of the search, permission byte, descriptor again; or page table entries. Each Sv48 page
has its own tables below 512 GiB, each Sv39 page its own last table.

TEXT
    table emulator-walk
    cat <<'TEXT'

### Instructions on the table

In U, on a cell of the hart's own, with 17 compartments (`excl` reads the column of all). With more than one hart, each instruction stops the
others; the figure is the processor time of the whole process for each instruction of all of them.

TEXT
    table emulator-table
    cat <<'TEXT'

### Where the extension is not used

Debian's emulator without our patches, ours with the extension off, and ours with it on and not used. Ratios are to the unpatched emulator in the same
round; it takes part twice, and what its second ratio is off 1 and spread is what the others may be for no reason. The loops run in U under
Sv48. The instructions of the two boots were counted once, and are about right. Loops of a few instructions in QEMU
itself make up much of a flush (over the jump cache) and of a walk (over the entries of PMP), and how long they take depends on where the linker lays
them: builds align loops (`qemu/build.sh`), which takes most of that luck out, not all of it. In profiles of Linux's boot and of the loads that miss, the
extension's functions have less than half a percent of the samples when it is off.

TEXT
    table emulator-unused
}

# part NAME TABLE...: what the function NAME writes if the tables are there, or what stands in the document.
part() {
    name=$1
    shift
    printf '\n<!-- begin %s -->\n' "$name"
    for needed; do
        [ -e "$out/$needed.tsv" ] || { kept "$name"; return; }
    done
    "$name"
    printf '<!-- end %s -->\n' "$name"
}

kept() {
    echo "$doc: no new tables for the part '$1', it stays" >&2
    sed -n "/^<!-- begin $1 -->\$/,/^<!-- end $1 -->\$/p" "$doc" | tail -n +2
}

{
    cat <<'TEXT'
<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Written by bench/to-docs.sh from the output of make bench and make bench-emulator. -->
# Benchmarks
TEXT
    part counts boot syscall footprint
    part emulator emulator-cells emulator-switch emulator-walk emulator-table emulator-unused
} >"$doc.new"
mv "$doc.new" "$doc"
