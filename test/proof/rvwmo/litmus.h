/* SPDX-License-Identifier: Apache-2.0 */
/* litmus.h - small programs for a few harts, and whether RVWMO allows an outcome of them.
 *
 * A program is a text: harts separated by `|`, operations by `;`.
 *
 *   R x a            load x into register a              (registers are letters, each hart's own)
 *   W x 1            store; W x =a, W x =a&0x80, W x =a|4: what a register holds (data dependency)
 *   OR x 4 a         amoor, the old value into a; also AND, SWAP; the operand may be =b and so on
 *   CAS x 7 0x87 a   compare-exchange from 7 to 0x87 as the walker does it, the old value into a
 *   F rw,w           fence
 *   B a              a branch that depends on a
 *   R x@a b          the address depends on a
 *   R.aq, OR.aqrl    annotations
 *
 * Places x, y, ... are eight bytes each, apart from one another; x.w1 is the second word of x, x.b3 its
 * fourth byte. Memory is zero unless `init` says else (x=1 y.b0=7). An outcome is what registers and
 * memory hold in the end: `1:a=1 1:b=0 x=2`, with ` or ` between alternatives.
 */
#ifndef TEST_PROOF_LITMUS_H
#define TEST_PROOF_LITMUS_H

#include <stdbool.h>
#include <stdint.h>

#include "rvwmo.h"

enum { LIT_HARTS = 4, LIT_OPS = 32, LIT_PLACES = 8 };

enum lit_do { LIT_LOAD, LIT_STORE, LIT_OR, LIT_AND, LIT_SWAP, LIT_CAS, LIT_FENCE };

struct lit_value { /* of a store: ((reg < 0 ? 0 : register) & mask) | bits */
    int      reg;  /* index of the operation that loaded it, -1: none */
    uint64_t mask, bits;
};

struct lit_op {
    enum lit_do      what;
    char             to; /* register, 0: none */
    struct lit_value value;
    uint64_t         expected;
};

struct litmus {
    unsigned      n[LIT_HARTS], harts;
    struct lit_op op[LIT_HARTS][LIT_OPS];
    struct rv_op  memory[LIT_HARTS][LIT_OPS];
    char          place[LIT_PLACES + 1];
    uint8_t       init[8 * LIT_PLACES];
    const char   *outcome;
};

/* Aborts with a message if a text is not as above. */
void litmus_parse(struct litmus *t, const char *init, const char *program, const char *outcome);

/* Take fence number k of the text (from 0) away. False if there are not that many. */
bool litmus_without_fence(struct litmus *t, unsigned k);

/* Whether some global memory order has the outcome; *orders counts those that were looked at. */
bool litmus_allowed(const struct litmus *t, uint64_t *orders);

#endif
