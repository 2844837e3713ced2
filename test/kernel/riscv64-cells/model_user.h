/* SPDX-License-Identifier: Apache-2.0 */
/* model_user.h - the cells model's part of user.S: user mode may write urid (CSR 0x083), and sees it
 * again after a trap (securecells.md B.5). Changes t0; look returns usid and urid in a0, a1. */
/* clang-format off */
        .macro  model_mark
        li      t0, 0x5aa5
        csrw    0x083, t0
        .endm

        .macro  model_look
        csrr    a0, 0x082
        csrr    a1, 0x083
        .endm
