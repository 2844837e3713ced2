#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# events.sh - suite "events": executed instructions of one pass through a loop over calls that wait for files
# which are ready, whatever else is watched, the program's own share included, and its target. Writes $BUILD/bench/events.tsv.
#
set -eu
. bench/lib.sh

loops events 128m 2 <<'ROWS'
eventfd write + read, watched|-|-|-|-
epoll_pwait, one ready of 1001|450|450|-|-
epoll_pwait, 10 ready of 1010|-|-|-|-
ROWS
