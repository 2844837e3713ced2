/* SPDX-License-Identifier: Apache-2.0 */
/* rvwmo.c - preserved program order, rule by rule.
 *
 * Source: the unprivileged specification, "RVWMO Memory Consistency Model", preserved program
 * order, rules 1 to 13. There are no LR/SC here, so rule 8 never applies.
 */
#include "rvwmo.h"

static bool is_memory(const struct rv_op *o)
{
    return o->load || o->store;
}

/* Rule 4: a fence between them, with a in its predecessor set and b in its successor set. */
static bool fenced(const struct rv_op *op, unsigned a, unsigned b)
{
    for (unsigned f = a + 1; f < b; f++) {
        if (is_memory(&op[f]))
            continue;
        bool pred = (op[a].load && op[f].pred & RV_R) || (op[a].store && op[f].pred & RV_W);
        bool succ = (op[b].load && op[f].succ & RV_R) || (op[b].store && op[f].succ & RV_W);
        if (pred && succ)
            return true;
    }
    return false;
}

/* Rule 13: b is a store, and an operation between has an address that depends on a. */
static bool address_between(const struct rv_op *op, unsigned a, unsigned b)
{
    for (unsigned m = a + 1; m < b; m++) {
        if (op[m].addr >> a & 1)
            return true;
    }
    return false;
}

static bool ordered(const struct rv_op *op, unsigned a, unsigned b)
{
    uint32_t bit = 1u << a;

    if (op[b].store && rv_overlap(&op[a], &op[b])) /* rule 1 */
        return true;
    if (fenced(op, a, b)) /* rule 4 */
        return true;
    if (op[a].aq || op[b].rl) /* rules 5 and 6 */
        return true;
    if (op[a].rl && op[b].aq) /* rule 7: annotations here are RCsc */
        return true;
    if ((op[b].addr | op[b].data) & bit) /* rules 9 and 10 */
        return true;
    if (op[b].store && op[b].ctrl & bit) /* rule 11 */
        return true;
    return op[b].store && address_between(op, a, b); /* rule 13 */
}

void rv_preserved(const struct rv_op *op, unsigned n, uint32_t before[])
{
    for (unsigned b = 0; b < n; b++) {
        before[b] = 0;
        for (unsigned a = 0; a < b && is_memory(&op[b]); a++) {
            if (is_memory(&op[a]) && ordered(op, a, b))
                before[b] |= 1u << a;
        }
    }
}
