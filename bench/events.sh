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

loops events 128m 2 <<'ROWS'
eventfd write + read|600|600|2047|4204
eventfd write + read, watched|-|-|-|-
epoll_pwait, one ready of 1|450|450|1128|3391
epoll_pwait, one ready of 1001|450|450|-|-
epoll_pwait, 10 ready of 1010|-|-|-|-
ROWS
