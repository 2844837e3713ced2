#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# memory.sh - suite "memory": executed instructions of one pass through a loop over an operation on memory,
# zeroing and the program's own share included, and its target. 1 GiB, one hart. Writes $BUILD/bench/memory.tsv.
#
# The peers' figures were measured once, on the same machine model, by a program with the same loops: stock Linux 6.12 (Debian)
# and upstream Nanos (Sv48).

set -eu
. bench/lib.sh

loops memory 1g 5 <<'ROWS'
mmap+munmap 64 KiB, untouched|1500|1500|13133|9495
mmap, touch, munmap 4 KiB|2500|3000|21810|18242
mmap, touch each page, munmap 64 KiB|12000|20000|110987|59008
mmap, touch each page, munmap 2 MiB|300000|310000|708587|1138965
mmap, touch each page, munmap 64 MiB|9200000|9500000|21800000|25700000
mprotect twice, 4 KiB in a touched area|1500|2000|29692|13416
mprotect twice, 2 MiB touched|1500|3000|7507|92816
anonymous page fault, per 4 KiB of 16 MiB|650|700|1257|1553
one touch per 2 MiB of 512 MiB|10000|10000|640000|786000
cached file-mapping fault|400|500|629|1834
ROWS
