/* SPDX-License-Identifier: Apache-2.0
 *
 * sc.h - one SecureCells instruction, executed and judged: what it may change, and what a refusal
 * leaves alone.
 *
 * A test says sc_watch(&t) once it has built its table, and gets a shadow of it: a copy in other
 * memory, in which it makes by perm(), grant() and desc() the changes that it expects. Then
 * expect_done() and expect_refused() execute an instruction and compare every byte of the two.
 * The compartment registers are part of the judgement: no instruction but a switch moves them.
 */
#ifndef LIB_SC_H
#define LIB_SC_H

#include "lib/machine.h"

enum sc_name { JALS, JALRS, PROT, GRANT, TFER, RECV, EXCL, INVAL, REVAL, SC_NAMES };

/* An instruction and the values of its operands (A.6.2). */
struct sc {
    enum sc_name name;
    uint64_t     addr; /* rs1; target of a switch */
    uint64_t     sd;   /* of jals, jalrs, grant, tfer, recv */
    uint64_t     p;    /* rights; of grant, tfer, recv a sign-extended 12-bit number */
};

#define SC_PROT(a, rights)      ((struct sc){.name = PROT, .addr = (a), .p = (rights)})
#define SC_EXCL(a, rights)      ((struct sc){.name = EXCL, .addr = (a), .p = (rights)})
#define SC_REVAL(a, rights)     ((struct sc){.name = REVAL, .addr = (a), .p = (rights)})
#define SC_INVAL(a)             ((struct sc){.name = INVAL, .addr = (a)})
#define SC_GRANT(a, to, rights) ((struct sc){.name = GRANT, .addr = (a), .sd = (to), .p = (rights)})
#define SC_TFER(a, to, rights)  ((struct sc){.name = TFER, .addr = (a), .sd = (to), .p = (rights)})
#define SC_RECV(a, of, rights)  ((struct sc){.name = RECV, .addr = (a), .sd = (of), .p = (rights)})
#define SC_JALS(a, to)          ((struct sc){.name = JALS, .addr = (a), .sd = (to)})
#define SC_JALRS(a, to)         ((struct sc){.name = JALRS, .addr = (a), .sd = (to)})

#define INSN_ENTRY             0x0000100bu
#define GRANT_WORD(to, rights) ((uint32_t)(to) << 4 | (rights))

/* Causes, A.8 */
enum { BAD_ADDRESS = 24, BAD_RIGHTS = 25, BAD_SD = 26, BAD_STATE = 27, BAD_TARGET = 28 };

/* Rights without V, A, D. */
enum { R = P_R, W = P_W, X = P_X, RW = R | W, RX = R | X, WX = W | X, RWX = R | W | X };

/* The instruction word that sc_exec() uses: addr in a0, SD or rights in a1, rd of excl a0, rd of
 * jalrs t0, that of jals a1. */
uint32_t sc_word(struct sc i);

/* Where sc_exec() puts it. */
extern uint32_t sc_code[];

/* Execute one instruction in U, S or M as compartment usid says. RETURNED if it did not trap; for
 * a switch, if what it switched to came back. */
struct outcome sc_exec(enum mode mode, struct sc i);

/* From here on t is the table in question. Returns the shadow, equal to it; its size is at most
 * that of SHADOW_BYTES. */
#define SHADOW_BYTES 16384
struct table sc_watch(const struct table *t);

/* Table and shadow are equal to the byte. */
#define expect_as_shadow()   check_as_shadow(__FILE__, __LINE__)
/* It does not trap and the table becomes the shadow; the value is a0. Not for switches. */
#define expect_done(mode, i) check_done(__FILE__, __LINE__, (mode), (i))
/* It traps into M with this cause and tval, and epc its own; the watched table, the compartment
 * registers and its operand registers are what they were. The shadow becomes equal to the table. */
#define expect_refused(mode, i, cause, tval) \
    check_refused(__FILE__, __LINE__, (mode), (i), (cause), (tval))
/* A switch arrives: at code that put_entry() made with k, with usid the new, urid the old
 * compartment, uxid as before, and the return address in rd. The table changes as the shadow. */
#define expect_switched(mode, i, k) check_switched(__FILE__, __LINE__, (mode), (i), (k))

void     check_as_shadow(const char *file, int line);
uint64_t check_done(const char *file, int line, enum mode mode, struct sc i);
void     check_refused(const char *file, int line, enum mode mode, struct sc i, uint64_t cause,
                       uint64_t tval);
void     check_switched(const char *file, int line, enum mode mode, struct sc i, unsigned k);

/* Write an entry, followed by the code "return k", to pa (even). */
void put_entry(uint64_t pa, unsigned k);

/* The modes in which SC instructions do the same. */
extern const enum mode sc_modes[3];

/* RAM behind the image, for cells at VA = PA: code that works in M, S and U alike. */
#define SPARE(k) (0x80080000ull + PAGE * (k))

#endif
