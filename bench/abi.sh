#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# abi.sh - suite "abi": executed instructions of one pass through a loop over the calls that programs make most, the
# program's own share and that of its C library included, and its target. Writes $BUILD/bench/abi.tsv.
#
# The peers' figures were measured once, on the same machine model, by a program with the same loops: stock Linux 6.12 (Debian)
# and upstream Nanos (Sv48).

set -eu
. bench/lib.sh

loops abi 128m 5 <<'ROWS'
getppid|150|150|441|1329
gettimeofday|90|90|98|1773
write 1 byte to /dev/null|250|250|798|1522
pipe write + read, 1 byte|900|900|3009|4271
eventfd write + read|600|600|2047|4204
epoll_wait, ready|450|450|1128|3391
open + close|2000|2000|7552|9564
stat|1300|1300|4430|6461
futex wake, nobody waits|220|220|701|1585
futex ping-pong of two threads|1800|1800|9945|4216
pipe ping-pong|3000|3000|13862|10547
AF_UNIX ping-pong|4000|4000|22986|12880
thread create + join|8000|8000|46913|40878
signal to self|1500|1500|5275|4636
SIGSEGV handled by an mprotect, and another|3500|3500|11278|15376
pread 4 KiB, cached|1200|1200|2911|12737
pwrite 4 KiB, cached|1400|1400|3446|11887
create, write, read, unlink 1 MiB|700000|700000|2700000|2550000
ROWS
