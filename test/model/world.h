/* SPDX-License-Identifier: Apache-2.0
 *
 * world.h - random worlds for the comparison of the golden model with an emulator: a table and frames
 * in the arena, a hart, and a program of a few instructions.
 *
 * Everything follows from one seed. The arena is the last of the board's RAM, so that a table may
 * run over its end. Its pages:
 *
 *   0, 1    code: the program, the handler in S, and gates (entries, and what almost is one)
 *   2 .. 5  data
 *   6 ..15  the table begins in one of them
 */
#ifndef WORLD_H
#define WORLD_H

#include "ref.h"

#define ARENA_BASE  0x87ff0000ull
#define ARENA_SIZE  0x10000ull
#define ARENA_END   (ARENA_BASE + ARENA_SIZE)
#define CODE_PAGES  2
#define FRAME_FIRST 2
#define FRAME_COUNT 4
#define TABLE_FIRST 6
#define ARENA_PAGES 16

/* Offsets in the code pages. */
#define PROGRAM_AT   0x000
#define HANDLER_AT   0x200
#define GATES_AT     0x400
#define GATE_STEP    16
#define GATES        8
#define GATE_LAST    0xffc  /* an entry that is the last word of its page */
#define GATE_ACROSS  0x1ffe /* of the second page: the word goes over the end */
#define PROGRAM_MAX  10
#define PROGRAM_NOPS 0x00010001u /* two c.nop */

struct rng {
    uint64_t state;
};

uint64_t rng_next(struct rng *r);
/* 0 .. n-1 */
uint64_t rng_below(struct rng *r, uint64_t n);
/* True once in n times. */
bool rng_once_in(struct rng *r, uint64_t n);

struct world {
    struct rng     rng;
    struct ref_mem mem;

    /* The table as it was built; the metacell in memory may say something else now. */
    uint64_t base, T, R, M, N;
    uint64_t code_va, code_slot; /* of the code pages; they may also be somewhere else */

    /* The step at hand. */
    struct ref_hart hart;
    uint32_t        program[PROGRAM_MAX], handler[PROGRAM_MAX];
    unsigned        program_len, handler_len;
};

/* A new world in bytes (ARENA_SIZE of them). */
void world_make(struct world *w, uint64_t seed, uint64_t mode, bool no_c, uint8_t *bytes);

/* Some changes to the table, the hart, and the program of the next step. */
void world_edit(struct world *w);
void world_hart(struct world *w);
void world_program(struct world *w);

/* Write program and handler to the code page. */
void world_put_program(struct world *w);

/* A random slot, address, SD and set of rights, with a taste for limits. */
uint64_t pick_slot(struct world *w);
uint64_t pick_address(struct world *w);
uint64_t pick_sd(struct world *w);
uint64_t pick_rights(struct world *w);

/* The place of things in the table as built, as offsets into the arena; false if outside. */
bool     world_byte(struct world *w, uint64_t sd, uint64_t slot, uint8_t **byte);
uint32_t world_grant(struct world *w, uint64_t sd, uint64_t slot);
uint64_t world_start(struct world *w, uint64_t slot);
uint64_t world_end(struct world *w, uint64_t slot);
bool     world_valid(struct world *w, uint64_t slot);

#endif
