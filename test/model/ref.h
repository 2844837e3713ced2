/* SPDX-License-Identifier: Apache-2.0
 *
 * ref.h - a golden model of the SecureCells machine: one hart and a piece of memory.
 *
 * It is written from the specification alone (securecells.md, part A), one rule after the other and
 * without any cache, to be compared with an emulator. It knows only the instructions that a
 * comparison needs: the ten of A.6.1, loads, stores, AMOs, CSR accesses, sret, fences, and what
 * goes between them.
 *
 * Where the outcome is not determined by the specification, or lies outside of what is modelled
 * (memory elsewhere, an unknown instruction, a store to the table without a fence), the model says
 * so in `unknown` and the comparison leaves the case out. It never guesses.
 *
 * Freestanding; no allocation, no library.
 */
#ifndef REF_H
#define REF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- memory ------------------------------------------------------------------------------- */

enum ref_rights { REF_R = 1, REF_W = 2, REF_X = 4 };

#define REF_UNDO_MAX 2048

/* The arena: RAM that the model holds a copy of. RAM around it exists but is not known. Addresses
 * in [ram_end, REF_WINDOW) and [REF_WINDOW_END, 2^56) answer nothing; those from 2^56 on fail the
 * same way (A.1.5, A.5.12).
 */
struct ref_mem {
    uint64_t base, size; /* of the arena, in bytes, page aligned */
    uint64_t ram_end;    /* first address behind all RAM, >= base + size */
    uint8_t *bytes;

    uint64_t pmp_base, pmp_size; /* one PMP entry for S and U; size 0: none */
    unsigned pmp_rights;

    /* What was written since ref_mem_mark(), oldest first. */
    struct {
        uint32_t at;
        uint8_t  was;
    } undo[REF_UNDO_MAX];
    size_t undos;
};

#define REF_WINDOW     0x400000000ull  /* PCI devices live from here */
#define REF_WINDOW_END 0x1000000000ull /* to here */
#define REF_HOLE       0xe000000ull    /* and nothing in the 16 MiB from here */
#define REF_HOLE_SIZE  0x1000000ull

enum ref_answer { REF_DONE, REF_REFUSED, REF_UNKNOWN };

/* Read or write len bytes at pa with rights of privilege priv (PMP), little-endian, within a page.
 * ref_mem_may() only asks. Writes are remembered until the next mark.
 */
enum ref_answer ref_mem_may(const struct ref_mem *m, uint64_t pa, size_t len, unsigned priv,
                            unsigned rights);
enum ref_answer ref_mem_read(const struct ref_mem *m, uint64_t pa, size_t len, unsigned priv,
                             unsigned rights, uint64_t *value);
enum ref_answer ref_mem_write(struct ref_mem *m, uint64_t pa, size_t len, unsigned priv,
                              uint64_t value);
void            ref_mem_mark(struct ref_mem *m);
void            ref_mem_undo(struct ref_mem *m);

/* ---- the hart ----------------------------------------------------------------------------- */

enum ref_priv { REF_U = 0, REF_S = 1, REF_M = 3 };

enum ref_cause {
    CAUSE_MISALIGNED = 0,
    CAUSE_ILLEGAL = 2,
    CAUSE_FETCH_ACCESS = 1,
    CAUSE_LOAD_ACCESS = 5,
    CAUSE_STORE_ACCESS = 7,
    CAUSE_ECALL = 8, /* + privilege */
    CAUSE_FETCH_PAGE = 12,
    CAUSE_LOAD_PAGE = 13,
    CAUSE_STORE_PAGE = 15,
    CAUSE_ADDRESS = 24,    /* A.8 */
    CAUSE_PERMISSION = 25, /* stval: type << 8 | p */
    CAUSE_SD = 26,
    CAUSE_STATE = 27,
    CAUSE_TARGET = 28,
};

/* Types of CAUSE_PERMISSION, in place. */
enum {
    PERM_FOREIGN = 0x000,
    PERM_ZERO = 0x100,
    PERM_OWN = 0x200,
    PERM_GRANT = 0x300,
    PERM_MED = 0x500
};

enum {
    STATUS_SIE = 0x2,
    STATUS_SPIE = 0x20,
    STATUS_SPP = 0x100,
    STATUS_MPP = 0x1800,
    STATUS_MPRV = 0x20000,
    STATUS_SUM = 0x40000,
    STATUS_MXR = 0x80000,
    STATUS_TSR = 0x400000,
    STATUS_KNOWN = STATUS_SIE | STATUS_SPIE | STATUS_SPP | STATUS_MPP | STATUS_MPRV | STATUS_SUM |
                   STATUS_MXR | STATUS_TSR,
};

#define REF_WRITTEN_MAX 16

struct ref_hart {
    struct ref_mem *mem;
    uint64_t        mode; /* satp.MODE of the mode (A.2.1): constant */
    bool            no_c; /* no compressed instructions: constant */

    uint64_t      pc, x[32];
    enum ref_priv priv;
    uint64_t      mstatus; /* the bits of STATUS_KNOWN */
    uint64_t      medeleg, satp, stvec;
    uint64_t      sepc, scause, stval, mepc, mcause, mtval;
    uint64_t      usid, urid, uxid, scmed; /* A.2.2 */
    uint64_t      failed, switches;        /* scc_failed, scc_switches */

    bool        stopped;       /* a trap into M was taken */
    bool        unknown;       /* the outcome is not determined; nothing else counts */
    const char *why;           /* unknown: why */
    bool        failed_unsure; /* scc_failed is not determined */
    bool        stale_allowed; /* translations of before may still be used, until sfence.vma */

    struct {
        uint64_t pa;
        size_t   len;
    } written[REF_WRITTEN_MAX]; /* by stores since the last fence.i */
    size_t written_count;

    /* The trap that the current instruction raises, valid while raised. */
    bool     raised;
    uint64_t raised_cause, raised_tval;
};

/* Execute one instruction, or take the trap that fetching or executing it raises. */
void ref_step(struct ref_hart *h);

/* Execute until a trap into M, at most limit instructions; beyond, the outcome is unknown. */
void ref_run(struct ref_hart *h, unsigned limit);

/* True if satp selects a table (A.2.1). */
bool ref_mode_on(const struct ref_hart *h);

/* ---- inside: what the files of the model use of one another -------------------------------- */

/* Each returns false: "the instruction ends here". */
bool ref_raise(struct ref_hart *h, uint64_t cause, uint64_t tval);
bool ref_unknown(struct ref_hart *h, const char *why);

enum ref_access { REF_FETCH, REF_LOAD, REF_STORE };

enum ref_walk_end { WALK_OK, WALK_PAGE_FAULT, WALK_ACCESS_FAULT, WALK_UNKNOWN };

/* A.5, steps 1 to 12: translate va for row. Sets A and D; counts a failure. */
enum ref_walk_end ref_walk(struct ref_hart *h, uint64_t va, enum ref_access access, uint64_t row,
                           uint64_t *pa);

/* Execute an SC instruction (A.6.1) other than entry. insn is known to be one.
 * Returns true if it completed; pc is then at the next one.
 */
bool ref_sc_insn(struct ref_hart *h, uint32_t insn);
bool ref_is_sc_insn(uint32_t insn);

/* A CSR instruction: false if it raised. A register of A.2.2, or one of few others. */
bool ref_csr(struct ref_hart *h, uint32_t insn);

#define REF_ENTRY 0x0000100bu

static inline uint64_t ref_bits(uint64_t v, unsigned high, unsigned low)
{
    return v >> low & (~0ull >> (63 - (high - low)));
}

static inline uint64_t ref_sext(uint64_t v, unsigned width)
{
    return (uint64_t)((int64_t)(v << (64 - width)) >> (64 - width));
}

#endif
