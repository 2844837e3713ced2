/* SPDX-License-Identifier: Apache-2.0 */
/* model_user.h - page tables add no state to a trap: nothing to mark, nothing to look at. */
/* clang-format off */
        .macro  model_mark
        .endm

        .macro  model_look
        li      a0, 0
        li      a1, 0
        .endm
