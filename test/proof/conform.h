/* SPDX-License-Identifier: Apache-2.0 */
/* conform.h - one edit of a random small table, by celltable.c and by the checker (conform.c), for
 * conform_edits.c, which has the edits.
 *
 *   random_table(); begin(); the code's edit; update(); the checker's order into `plan`; compare()
 */
#ifndef TEST_PROOF_CONFORM_H
#define TEST_PROOF_CONFORM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/types.h"
#include "protocol/world.h"
#include "riscv64-cells/celltable.h"

/* Users' slots are 1 to N - 1; the table has a row more than the checker's: row 0. */
enum { N = 6, MODEL_ROWS = ROWS, TABLE_ROWS = ROWS + 1 };

extern struct celltable table;
extern struct plan      plan;

unsigned rnd(unsigned below);

/* At most so many cells in ascending order, often touching, with frames that go on; pages up to 10. */
void random_table(unsigned max_cells);

/* Any live slot, 0 if there is none. */
size_t random_live(void);

/* A plan on the table as it is now, before the code has its turn. `what` is for messages. */
void begin(const char *what);

/* Loads before the first store only decide whether to begin. Between begin() and the edit. */
void begin_to_decide(void);

/* A user's instruction changes W of a cell, after the edit's first fence. Between begin() and the edit. */
void user_takes_the_right_to_write(size_t dom, size_t slot);

/* cellroom.c's, over empty slots only. */
void move_cell(size_t from, size_t to);

/* pmap_update(): after the edit, if it took something away. */
void update(void);

/* Put the moves that the code chose to make into the plan; returns how many edits it then has. */
int plan_moves_made(void);

/* Fails the test unless both did the same. */
void compare(void);

#endif
