#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# gdb.sh - debug the kernel with gdb: `cella gdb` under its former name.
#
#   tools/gdb.sh [OPTION...] IMAGE

exec "${BUILD:-build}/bin/cella" gdb "$@"
