/* SPDX-License-Identifier: Apache-2.0
 *
 * table.h - the table in memory as the golden model reads it (A.1), shared by the walk and the
 * instructions.
 *
 * Every access is made as S-mode for PMP (A.5.4). A read or write that memory refuses returns
 * REF_REFUSED and is judged by the caller.
 */
#ifndef REF_TABLE_H
#define REF_TABLE_H

#include "ref.h"

/* Permission byte, A.1.11 */
enum {
    BYTE_V = 0x01,
    BYTE_R = 0x02,
    BYTE_W = 0x04,
    BYTE_X = 0x08,
    BYTE_RWX = 0x0e,
    BYTE_A = 0x40,
    BYTE_D = 0x80
};

#define GRANT_NONE 0xfffffff0u /* A.1.12 */

/* The metacell as read once, and where its sections lie. */
struct ref_table {
    uint64_t base;
    uint64_t R, T, M, N; /* A.1.3 */
    uint64_t Ne, Me;     /* A.1.4 */
};

struct ref_cell {
    uint64_t slot;
    uint64_t start, end; /* page numbers, end inclusive */
    uint64_t ppn;
    bool     valid;
};

/* Read the metacell at satp.PPN. */
enum ref_answer ref_table_read(const struct ref_hart *h, struct ref_table *t);

uint64_t ref_desc_at(const struct ref_table *t, uint64_t slot);
uint64_t ref_perm_at(const struct ref_table *t, uint64_t sd, uint64_t slot);
uint64_t ref_grant_at(const struct ref_table *t, uint64_t sd, uint64_t slot);

/* A.5.6. found tells whether there is a hit; c is written only then. */
enum ref_answer ref_lookup(const struct ref_hart *h, const struct ref_table *t, uint64_t va,
                           bool *found, struct ref_cell *c);

bool ref_canonical(uint64_t va);

#endif
