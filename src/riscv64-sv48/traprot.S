# SPDX-License-Identifier: Apache-2.0
# traprot.S - kernel entry and exit. Page tables know no compartments, so nothing is done across a trap:
# the frame's dom stays what the kernel stored when it made the thread.

        .macro  PMAP_TRAP_ENTER
        .endm

        .macro  PMAP_TRAP_EXIT
        .endm

#include "riscv64/trapentry.inc"
