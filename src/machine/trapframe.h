/* SPDX-License-Identifier: Apache-2.0 */
/* trapframe.h - the state of an interrupted context, as trapentry.inc stores it on the kernel stack. */
#ifndef MACHINE_TRAPFRAME_H
#define MACHINE_TRAPFRAME_H

#ifndef __ASSEMBLER__
#include "lib/types.h"

struct trapframe {
    union {
        uint64_t x[32]; /* by number; x[0] reads 0 */
        struct {
            uint64_t zero, ra, sp, gp, tp, t0, t1, t2, s0, s1;
            uint64_t a0, a1, a2, a3, a4, a5, a6, a7;
            uint64_t s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, t3, t4, t5, t6;
        };
    };
    uint64_t sepc, sstatus, scause;
    union {
        uint64_t stval;
        uint64_t call_a0; /* of a call, once the frame is whole: a0 as it was, to make it again */
    };
    uint64_t dom;      /* domain of the interrupted user code (securecells.md B.5: frame.urid) */
    uint64_t dom_prev; /* what it sees as the domain before its last switch (frame.uxid) */
};

_Static_assert(offsetof(struct trapframe, sp) == 16, "trapentry.inc");
_Static_assert(offsetof(struct trapframe, t6) == 248, "trapentry.inc");
_Static_assert(offsetof(struct trapframe, sepc) == 256, "trapentry.inc");
_Static_assert(offsetof(struct trapframe, dom) == 288, "trapentry.inc");
_Static_assert(sizeof(struct trapframe) == 304, "trapentry.inc; a multiple of 16");

#define SSTATUS_SIE  (1ul << 1)
#define SSTATUS_SPIE (1ul << 5)
#define SSTATUS_SPP  (1ul << 8)
#define SSTATUS_FS   (3ul << 13) /* floating point: off, or one of the next three */

#define SSTATUS_FS_INITIAL (1ul << 13)
#define SSTATUS_FS_CLEAN   (2ul << 13)
#define SSTATUS_FS_DIRTY   (3ul << 13)

#define SCAUSE_INTERRUPT (1ul << 63)

static inline bool trapframe_from_user(const struct trapframe *tf)
{
    return !(tf->sstatus & SSTATUS_SPP);
}
#endif

/* Offsets for assembly. */
#define TF_SEPC     256
#define TF_SSTATUS  264
#define TF_SCAUSE   272
#define TF_STVAL    280
#define TF_DOM      288
#define TF_DOM_PREV 296
#define TF_SIZE     304

#endif
