/* SPDX-License-Identifier: Apache-2.0 */
/* rvwmo.h - the order that one hart's memory operations keep under RISC-V's weak memory model.
 *
 * RVWMO puts all memory operations of all harts into one global memory order. Of a hart's own
 * program order that keeps what the rules of "preserved program order" name, and no more. The rules
 * are those of the unprivileged specification's chapter on RVWMO; their numbers are cited in
 * rvwmo.c. litmus.c enumerates global orders of small programs with it and is compared with
 * well-known verdicts; ../protocol uses the same function for the stores and loads of the editor.
 */
#ifndef TEST_PROOF_RVWMO_H
#define TEST_PROOF_RVWMO_H

#include <stdbool.h>
#include <stdint.h>

#define RV_OPS 32 /* of one hart; sets of them are bit masks */

#define RV_R 1u
#define RV_W 2u

struct rv_op {
    bool     load, store; /* both: an AMO; neither: a fence */
    bool     aq, rl;
    uint8_t  pred, succ; /* of a fence: RV_R | RV_W */
    uint32_t at, size;   /* bytes touched */

    /* The earlier operations of the hart whose loaded values this one's address, its stored value,
     * or a branch before it depends on. */
    uint32_t addr, data, ctrl;
};

static inline bool rv_overlap(const struct rv_op *a, const struct rv_op *b)
{
    return a->at < b->at + b->size && b->at < a->at + a->size;
}

/* before[i]: the operations before i in program order that precede it in every global order.
 * Leaves out what depends on the values read (rules 2, 3 and 12). Fences have no place in the
 * global order: their bits are never set. */
void rv_preserved(const struct rv_op *op, unsigned n, uint32_t before[]);

#endif
