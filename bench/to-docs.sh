#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# to-docs.sh - write docs/benchmarks.md from the tables that `make bench` and `make bench-emulator` left in
# $BUILD/bench (make bench-docs). A part whose tables are not there stays as it is.
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

# side_by_side TABLE KEYS VALUES: the table with a row's platforms beside each other. Columns 1 (and, with KEYS 2, 3)
# name the row, 2 is the platform, VALUES columns are the platform's own, and what follows is the row's.
side_by_side() {
    awk -F '\t' -v keys="$2" -v values="$3" '
        function key() { return keys == 1 ? $1 : $1 " | " $3 }
        function cells(from, n,   k, text) { for (k = 0; k < n; k++) text = text " " $(from + k) " |"; return text }
        BEGIN { first = keys == 1 ? 3 : 4 }
        NR == 1 { for (k = 0; k < values; k++) head[k] = $(first + k)
                  name = key(); rest = cells(first + values, NF - first - values + 1)
                  tail = NF - first - values + 1; next }
        !($2 in seen_platform) { seen_platform[$2]; platform[++platforms] = $2 }
        !(key() in seen) { seen[key()]; row[++rows] = key(); shared[key()] = cells(first + values, tail) }
        { value[key(), $2] = cells(first, values) }
        END {
            line = "| " name " |"; rule = keys == 1 ? "|---|" : "|---|--:|"
            for (p = 1; p <= platforms; p++)
                for (k = 0; k < values; k++) {
                    short = platform[p]; sub(/^riscv64-/, "", short); sub(/^virt$/, "sv48", short)
                    line = line " " short ": " head[k] " |"; rule = rule "--:|"
                }
            for (k = 0; k < tail; k++) rule = rule "--:|"
            print line rest; print rule
            for (r = 1; r <= rows; r++) {
                line = "| " row[r] " |"
                for (p = 1; p <= platforms; p++) line = line value[row[r], platform[p]]
                print line shared[row[r]]
            }
        }' "$out/$1.tsv"
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
    cat <<'TEXT'

## System calls

One pass through a loop over the operation (`bench/guest/abi.c`), all that its body does and the C library included, on 128 MiB: the last of three
repetitions. Every test run holds the rows to their targets (`make test-bench`). Files are of a file system in memory.

TEXT
    side_by_side abi 1 2
    missed abi
    printf '\n## Events\n\nOne pass through a loop over the operation (`bench/guest/events.c`), its C library included.\n\n'
    side_by_side events 1 2
    missed events
    printf '\n## Footprint\n\n'
    table footprint
}

# missed TABLE: the rows that miss their targets, as far as there are any.
missed() {
    grep -q "^$1" bench/missed.tsv || return 0
    printf '\nThese miss them, and are held to the bound instead. What they spend, by `bench/profile.sh`:\n\n'
    printf '| row | platform | bound | what it is spent on |\n|---|---|--:|---|\n'
    awk -F '\t' -v table="$1" '$1 == table { printf "| %s | %s | %s | %s |\n", $2, $3, $4, $5 }' bench/missed.tsv
}

memory() {
    cat <<'TEXT'
## Memory

One pass through a loop over the operation (`bench/guest/memory.c`), with zeroing and all else that its body does, on a machine of 1 GiB: the last of
three repetitions. A page is filled by 512 stores of eight bytes, so the pages of 64 MiB take 8.4 million instructions at least. A row of faults is per
touch; Linux fills 2 MiB at a time there. Every test run holds the rows to their targets (`make test-bench`).

TEXT
    side_by_side memory 1 2
    missed memory
    printf '\n![The same, beside Linux and Nanos](plots/memory.svg)\n'
    cat <<'TEXT'

## Memory: what an operation costs among many ranges

Areas of four touched pages with holes between them, made in random order (`bench/guest/ranges.c`); operations at random places, 200 of each kind (1,000 at 4,000 ranges), on
1 GiB. A first touch fills the whole area. `insert` is the first touch of a mapped page of a cached file, `remove` its unmapping: there is no page to fill or
to free, so the range is what is left. At the end as many areas again are mapped and touched, each below the last as `mmap` places them, and unmapped;
and each second page of a large area loses the right to write, in order, and gets it back. The dearest of these is where a table was
replaced by a larger one: a rebuild.

TEXT
    side_by_side ranges 2 3
    printf '\n![Instructions of an operation, by the number of ranges: mean, least and most](plots/ranges.svg)\n'
    printf '\nThe means at 4,000 ranges and at 40:\n\n'
    side_by_side ratios 1 3
    cat <<'TEXT'

## Memory: what tables take

When the program ends: ranges are cells, or leaves of page tables, that map its memory; the bytes are those of tables that are its own alone. 128 MiB; for
the last two, whose areas are of four pages, made in random order and touched, 1 GiB.

TEXT
    side_by_side sizes 1 3
    cat <<'TEXT'

![Bytes of tables](plots/sizes.svg)

## Memory: references of a walk

What the hart's own counters say of the reads in a program with that many areas, each read once after its translations were dropped (the same
run without the reads is taken off). References are those of the whole walk: metacell, descriptors of the search and the last one again,
permission byte. Sv48 reads an entry for each level down to the leaf.

TEXT
    table walks
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
    if grep -q "^<!-- end $1 -->\$" "$doc"; then
        sed -n "/^<!-- begin $1 -->\$/,/^<!-- end $1 -->\$/p" "$doc" | tail -n +2
    else
        printf '<!-- end %s -->\n' "$1"
    fi
}

{
    cat <<'TEXT'
<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Written by bench/to-docs.sh from the output of make bench and make bench-emulator. -->
# Benchmarks
TEXT
    part counts boot abi events footprint
    part memory memory ranges ratios sizes walks
    part emulator emulator-cells emulator-switch emulator-walk emulator-table emulator-unused
} >"$doc.new"
mv "$doc.new" "$doc"
