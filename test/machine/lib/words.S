/* SPDX-License-Identifier: Apache-2.0
 *
 * words.S - the operands of securecells.md, A.11, through the macros of <cella/cells.h>.
 */
#include <cella/cells.h>

    .section .rodata
    .globl  header_words, header_words_end
    .balign 4
header_words:
    jals    x0, . + 16
    jals    t3, . + 20
    jals    a0, . - 4
    jalrs   ra, a1, a2
    entry
    inval   a0
    reval   a0, a1
    prot    a0, a1
    grant   a0, a1, 2
    grant   t6, t5, -1
    tfer    a0, a1, 6
    recv    a0, a1, 6
    excl    a0, a1, a2
header_words_end:
