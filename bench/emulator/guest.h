/* SPDX-License-Identifier: Apache-2.0
 *
 * guest.h - what guest.c and loops.S share: a job, and the loops.
 */
#ifndef BENCH_EMULATOR_GUEST_H
#define BENCH_EMULATOR_GUEST_H

#define JOB_PASSES 0
#define JOB_FIRST  8
#define JOB_END    16
#define JOB_RING   24
#define JOB_CELL   32
#define JOB_APART  40
#define JOB_STEP   48
#define JOB_COPIES 56

#define RING_BYTES 128

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

/* What a loop finds in its registers; see the head of loops.S. */
struct job {
    uint64_t passes;
    uint64_t first, end; /* addresses: pages to touch in each pass of a ring */
    uint64_t ring;       /* SDs 1..ring take turns; of walk: number of pages */
    uint64_t cell;       /* an address in a cell of the hart's own */
    uint64_t apart;      /* bytes between the pages of walk, or the copies of a ring */
    uint64_t step;       /* of walk: from the number of one page to that of the next */
    uint64_t copies;     /* of a ring: address of SD 0's */
};
_Static_assert(offsetof(struct job, passes) == JOB_PASSES, "loops.S");
_Static_assert(offsetof(struct job, first) == JOB_FIRST, "loops.S");
_Static_assert(offsetof(struct job, end) == JOB_END, "loops.S");
_Static_assert(offsetof(struct job, ring) == JOB_RING, "loops.S");
_Static_assert(offsetof(struct job, cell) == JOB_CELL, "loops.S");
_Static_assert(offsetof(struct job, apart) == JOB_APART, "loops.S");
_Static_assert(offsetof(struct job, step) == JOB_STEP, "loops.S");
_Static_assert(offsetof(struct job, copies) == JOB_COPIES, "loops.S");

/* clang-format off */
#define RINGS(_)                                                               \
    _(ring_none) _(ring_jump) _(ring_jals) _(ring_jalrs) _(ring_ecall)         \
    _(ring_ecall_jalrs)
#define LOOPS(_)                                                               \
    _(walk) _(integer) _(table_none) _(table_prot) _(table_grant)              \
    _(table_grant_recv) _(table_grant_prot_recv) _(table_tfer_recv)            \
    _(table_excl)
#define TAKERS(_)                                                              \
    _(take_return) _(take_return_flush) _(take_stay) _(take_switch)            \
    _(take_switch_flush)
/* clang-format on */

#endif

#endif
