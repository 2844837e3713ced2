/* SPDX-License-Identifier: Apache-2.0
 *
 * situation.h - situations in which an SC instruction succeeds, and ways to spoil them, one for
 * each check of A.6.3 and A.7.
 *
 * situation_make() builds a table and operands with which the instruction succeeds;
 * violate() makes one of its checks fail and leaves the others as they are, so that two violations
 * tell which check comes first. checks_of() lists the checks of an instruction in the order in
 * which the specification makes them.
 */
#ifndef LIB_SITUATION_H
#define LIB_SITUATION_H

#include "lib/sc.h"

/* The checks, those of A.6.3 and those of A.7. CHECKS_END ends a list. */
enum check {
    CHECKS_END,
    C1,             /* mode not on */
    C2,             /* mediated */
    C3,             /* a bit outside RWX */
    C4,             /* no rights */
    C5,             /* metacell unreadable */
    C6,             /* usid >= Me */
    C7_ZERO,        /* SD operand 0 */
    C7_BIG,         /* SD operand = Me */
    C8_UNMAPPED,    /* no cell there */
    C8_CANONICAL,   /* not an address */
    C9,             /* invalid; reval: valid */
    C10_V,          /* own V = 0 with all rights */
    C10_NONE,       /* own rights none */
    C10_SUBSET,     /* own rights do not cover p */
    RECV_TARGET,    /* the grant is another's */
    RECV_RIGHTS,    /* the grant does not cover p */
    INVAL_HELD,     /* another SD has rights */
    INVAL_GRANTED,  /* another SD has granted */
    ENTRY_UNMAPPED, /* the target SD has no right there */
    ENTRY_WORD,     /* something else stands there */
    WRITE_REFUSED,  /* PMP lets the table be read only (A.6.5) */
};

/* Checks in the order of the specification; ends with CHECKS_END. */
const enum check *checks_of(enum sc_name name);
/* inval, reval, grant, tfer, recv have a mediation bit in scmed; others 0. */
uint64_t mediation_bit(enum sc_name name);

struct situation {
    enum mode    mode;
    struct sc    insn;
    struct table table;
    uint64_t     slot; /* of the cell that insn.addr names */
};

#define SIT_USID 1ull
#define SIT_SD   2ull
#define SIT_M    6ull /* R is 8: rows that exist, SDs that do not */
#define SIT_VA   0x40000ull
#define SIT_GATE SPARE(0)

/* Everything in order for this instruction: table selected, usid, urid, uxid, scmed set, watched. */
struct situation situation_make(enum sc_name name, enum mode mode);
/* Make this check fail. False if it cannot in this mode, or not after what violated before:
 * the situation is then of no use. */
bool violate(struct situation *s, enum check check, enum check before);
/* The instruction is refused for this check. */
#define expect_refused_for(s, check) check_refused_for(__FILE__, __LINE__, (s), (check))
void check_refused_for(const char *file, int line, const struct situation *s, enum check check);

#endif
