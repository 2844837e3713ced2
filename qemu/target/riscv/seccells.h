/*
 * SecureCells: table formats, per-hart state and the functions QEMU's RISC-V
 * target calls.
 *
 * The rules cited as A.x.y are those of the machine's specification. The
 * code is split by what it does:
 *
 *   seccells_table.c    reads the table in guest memory, finds a cell
 *   seccells_walk.c     translates an address; TLB indices and rows
 *   seccells_csr.c      CSRs, satp rules, rotation, reset, migration
 *   seccells_check.c    the instructions: checks and how they are refused
 *   seccells_insn.c     the instructions that work on the table
 *   seccells_switch.c   jals, jalrs
 *   seccells_disas.c    disassembly
 *   seccells_monitor.c  "info cells"
 *   seccells_stats.c    what is counted by reason; "info cells-stats"
 *
 * cpu.h includes this file before CPUArchState is complete, so only the
 * formats and SecCellsState may need their definitions here.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef RISCV_SECCELLS_H
#define RISCV_SECCELLS_H

#include "exec/hwaddr.h"
#include "qemu/bitops.h"

/*
 * The table (A.1.1). One physically contiguous object at B = satp.PPN << 12.
 * The metacell gives T (64-byte lines per permission row) and R (rows).
 *
 *   B                       cell list: slot 0 is the metacell, 16 bytes each
 *   B + 1024*T              permission rows, one byte per slot
 *   B + 1024*T + 64*T*R     grant rows, four bytes per slot
 *   B + 64*T*(16 + 5*R)     end
 *
 * Metacell (A.1.3): four 32-bit little-endian words R, T, M, N.
 *
 * Cell descriptor (A.1.6), two little-endian words:
 *
 *    63    62        52 51               8 7        0
 *   +-----+------------+------------------+----------+
 *   |valid| generation | pa: first page   |end[35:28]|   hi, offset 8
 *   +-----+------------+------------------+----------+
 *    63              36 35                          0
 *   +------------------+-----------------------------+
 *   |    end[27:0]     |     start                   |   lo, offset 0
 *   +------------------+-----------------------------+
 *
 * start and end are virtual page numbers, end is the last page (inclusive).
 *
 * Permission byte (A.1.11): D A G - X W R V, from bit 7 down to bit 0.
 *
 * Grant word (A.1.12): bits 31..4 target compartment, bits 3..0 rights.
 */
#define SECCELLS_SLOT_BYTES     16
#define SECCELLS_LINE_BYTES     64
#define SECCELLS_GRANT_BYTES    4
#define SECCELLS_NO_GRANT       0xfffffff0u
#define SECCELLS_MAX_SDS        0xfffffffu      /* A.1.4 */
#define SECCELLS_PA_BITS        56
#define SECCELLS_VA_BITS        48
#define SECCELLS_VPN_BITS       36

#define SECCELLS_PERM_V         0x01
#define SECCELLS_PERM_R         0x02
#define SECCELLS_PERM_W         0x04
#define SECCELLS_PERM_X         0x08
#define SECCELLS_PERM_RWX       0x0e
#define SECCELLS_PERM_G         0x20
#define SECCELLS_PERM_A         0x40
#define SECCELLS_PERM_D         0x80

/* A.2.1: the two values seccells-mode may have. */
#define SECCELLS_MODE_DEFAULT   14
#define SECCELLS_MODE_OTHER     15

/* A.2.2 */
#define CSR_USID                0x082
#define CSR_URID                0x083
#define CSR_UXID                0x084
#define CSR_SCMED               0x5c0
#define CSR_SCC_WALKS           0xdc0
#define CSR_SCC_DESCS           0xdc1
#define CSR_SCC_PERMS           0xdc2
#define CSR_SCC_FAILED          0xdc3
#define CSR_SCC_SWITCHES        0xdc4
#define CSR_SCC_FLUSHES         0xdc5

#define SECCELLS_MED_CELLS      BIT_ULL(0)      /* inval, reval (A.6.4) */
#define SECCELLS_MED_RIGHTS     BIT_ULL(1)      /* grant, tfer, recv */

/*
 * TLB indices. QEMU's own are the privilege, plus 4 for the hypervisor's loads
 * and stores. With the mode on, U uses one of eight more, each of which caches
 * translations of one row (A.5.15).
 */
#define SECCELLS_ROW_TAGS       8
#define SECCELLS_ROW_INDEX      8       /* the first of them */

/* The index QEMU's own code knows an access by: one of ours is U's. */
static inline int seccells_plain_index(int mmu_idx)
{
    return mmu_idx & SECCELLS_ROW_INDEX ? 0 : mmu_idx;
}

/*
 * Why a walk, an instruction or an sret failed. Each reason has its name and,
 * if it is not a walk's, its cause in seccells_reasons[]. What is migrated has
 * their number: a new one needs a new version of vmstate_riscv_seccells.
 */
typedef enum SecReason {
    WALK_OK,
    WALK_AGAIN,
    /* page faults */
    WALK_NOT_CANONICAL,
    WALK_INVALID_SD,
    WALK_NO_CELL,
    WALK_INVALID_CELL,
    WALK_NO_RIGHT,
    WALK_PERM_NOT_RAM,
    WALK_UNSTABLE,
    /* access faults */
    WALK_TABLE_DENIED,
    WALK_TABLE_BUS_ERROR,
    WALK_PA_TOO_LARGE,
    WALK_PMP_DENIED,
    WALK_REASONS,               /* the walks' end here */
    /* instructions, in the order of their causes */
    REFUSED_MISALIGNED = WALK_REASONS,
    REFUSED_MODE_OFF,
    REFUSED_TABLE_READ,
    REFUSED_TABLE_WRITE,
    REFUSED_NOT_CANONICAL,
    REFUSED_NO_CELL,
    REFUSED_NOT_RIGHTS,
    REFUSED_NO_RIGHTS,
    REFUSED_BEYOND_OWN,
    REFUSED_NO_HOLDER,
    REFUSED_BEYOND_GRANT,
    REFUSED_MEDIATED,
    REFUSED_SELF,
    REFUSED_SD,
    REFUSED_NOT_RECEIVER,
    REFUSED_SRET,
    REFUSED_CELL_INVALID,
    REFUSED_CELL_VALID,
    REFUSED_CELL_HELD,
    REFUSED_CELL_GRANTED,
    REFUSED_TARGET,
    REFUSED_NO_ENTRY,
    SEC_REASONS
} SecReason;

/* The instructions that can be refused. */
typedef enum SecOp {
    SEC_JALS,
    SEC_JALRS,
    SEC_PROT,
    SEC_GRANT,
    SEC_TFER,
    SEC_RECV,
    SEC_EXCL,
    SEC_INVAL,
    SEC_REVAL,
    SEC_OPS
} SecOp;

/*
 * Per-hart state: architectural (A.2.3) down to flushes; then what the monitor
 * shows beyond that. The sum of the walks' reasons is failed, jals and jalrs
 * done are switches.
 */
typedef struct SecCellsState {
    uint64_t usid;
    uint64_t urid;
    uint64_t uxid;
    uint64_t scmed;

    uint64_t walks;
    uint64_t descs;
    uint64_t perms;
    uint64_t failed;
    uint64_t switches;
    uint64_t flushes;

    uint64_t reasons[SEC_REASONS];
    uint64_t done[SEC_OPS];
    uint64_t refused[SEC_OPS];

    /* Rows that the first tags_used of our TLB indices stand for. */
    uint64_t tag_row[SECCELLS_ROW_TAGS];
    unsigned tags_used;
    unsigned tag;               /* that of usid, once synced */
    unsigned victim;            /* the next to be reused */
} SecCellsState;

typedef struct SecCell {
    uint64_t lo;
    uint64_t hi;
} SecCell;

static inline uint64_t seccell_start(SecCell c)
{
    return extract64(c.lo, 0, SECCELLS_VPN_BITS);
}

static inline uint64_t seccell_end(SecCell c)
{
    return extract64(c.lo, 36, 28) | extract64(c.hi, 0, 8) << 28;
}

static inline uint64_t seccell_ppn(SecCell c)
{
    return extract64(c.hi, 8, 44);
}

static inline uint32_t seccell_generation(SecCell c)
{
    return extract64(c.hi, 52, 11);
}

static inline bool seccell_valid(SecCell c)
{
    return extract64(c.hi, 63, 1);
}

static inline bool seccell_equal(SecCell a, SecCell b)
{
    return a.lo == b.lo && a.hi == b.hi;
}

/* V, and some of R, W, X? */
static inline bool seccells_any_right(uint8_t perm)
{
    return (perm & SECCELLS_PERM_V) && (perm & SECCELLS_PERM_RWX);
}

/* A.5.1 */
static inline bool seccells_canonical(uint64_t va)
{
    return sextract64(va, 0, SECCELLS_VA_BITS) == (int64_t)va;
}

static inline uint64_t seccells_vpn(uint64_t va)
{
    return extract64(va, SECCELLS_VA_BITS - SECCELLS_VPN_BITS,
                     SECCELLS_VPN_BITS);
}

/* --- seccells_table.c ----------------------------------------------------- */

typedef enum SecTableStatus {
    SECTABLE_OK,
    SECTABLE_DENIED,            /* PMP does not let S-mode touch it */
    SECTABLE_BUS_ERROR,         /* nothing answers there, or at or above 2^56 */
    SECTABLE_NOT_RAM,           /* writes only: no memory that can be updated */
} SecTableStatus;

/*
 * A view of the table satp names, good for one walk or instruction: it holds
 * the metacell as it was read and a host mapping that is valid under the RCU
 * read lock the caller holds.
 */
typedef struct SecTable {
    CPURISCVState *env;
    hwaddr base;
    uint8_t *host;              /* of base, or NULL: not plain memory */
    hwaddr host_len;
    hwaddr readable_end;        /* PMP lets S-mode read from base to here */

    uint32_t r, t, m, n;        /* the metacell as read (A.1.3) */
    uint64_t slots;             /* Ne (A.1.4) */
    uint64_t sds;               /* Me (A.1.4) */
} SecTable;

/* Find the table at satp.PPN. Nothing but the metacell can be read yet. */
void seccells_table_locate(SecTable *tab, CPURISCVState *env);

/* Read the metacell: the bounds are from then on those of this moment. */
SecTableStatus seccells_table_load(SecTable *tab);

/* Read the descriptor of slot @i as one atomic unit (A.5.5). */
SecTableStatus seccells_table_cell(SecTable *tab, uint64_t i, SecCell *cell);

/* Read PT(@sd, @i) or GT(@sd, @i). */
SecTableStatus seccells_table_perm(SecTable *tab, uint64_t sd, uint64_t i,
                                   uint8_t *perm);
SecTableStatus seccells_table_grant(SecTable *tab, uint64_t sd, uint64_t i,
                                    uint32_t *grant);

/*
 * Set @bits in PT(@sd, @i) if it still is *@perm (A.5.10). *@done tells
 * whether it was; only then *@perm becomes the new byte.
 */
SecTableStatus seccells_table_perm_set(SecTable *tab, uint64_t sd, uint64_t i,
                                       uint8_t *perm, uint8_t bits,
                                       bool *done);

/*
 * May this be written: does PMP let S-mode, and is it RAM? For writers that
 * make all their checks before the first change (A.6.5).
 */
SecTableStatus seccells_table_cell_writable(SecTable *tab, uint64_t i);
SecTableStatus seccells_table_perm_writable(SecTable *tab, uint64_t sd,
                                            uint64_t i);
SecTableStatus seccells_table_grant_writable(SecTable *tab, uint64_t sd,
                                             uint64_t i);

/*
 * Write what has been found writable; no other hart runs (A.6.6). Of a
 * permission byte the bits @clear and then @set change, and what it was is
 * returned; of a descriptor valid.
 */
void seccells_table_put_valid(SecTable *tab, uint64_t i, bool valid);
uint8_t seccells_table_put_perm(SecTable *tab, uint64_t sd, uint64_t i,
                                uint8_t clear, uint8_t set);
void seccells_table_put_grant(SecTable *tab, uint64_t sd, uint64_t i,
                              uint32_t grant);

/*
 * Does PMP let S and U fetch @size bytes? Judged by two bytes, as QEMU fetches:
 * the halves of an instruction may lie in different PMP regions.
 */
bool seccells_may_fetch(CPURISCVState *env, hwaddr pa, unsigned size);

/* Read @size bytes of code; false if they are not in RAM or ROM. */
bool seccells_read_code(CPURISCVState *env, hwaddr pa, void *code,
                        unsigned size);

/*
 * Search the cell list for @vpn (A.5.6), whatever the cell's valid bit says.
 * *@i is its slot, or 0 if there is none. *@reads counts the descriptors read.
 */
SecTableStatus seccells_table_find(SecTable *tab, uint64_t vpn, uint64_t *i,
                                   SecCell *cell, uint64_t *reads);

/* --- seccells_walk.c ------------------------------------------------------ */

/* Is translation by table in force (satp.MODE, V=0)? */
bool seccells_mode_on(CPURISCVState *env);

/*
 * Translate @va with the row of privilege @mode; returns TRANSLATE_SUCCESS,
 * TRANSLATE_FAIL (page fault) or TRANSLATE_PMP_FAIL (access fault). With
 * @is_debug it changes and counts nothing and ignores rights (A.10).
 */
int seccells_translate(CPURISCVState *env, hwaddr *physical, int *prot,
                       uint64_t va, int access_type, int mode, bool is_debug);

/* Account for the PMP check that follows a successful walk (A.5.13). */
void seccells_pmp_checked(CPURISCVState *env, uint64_t va, int access_type,
                          int mode, int ret);

/*
 * A walk of an entry check (A.7.1): translate, with row @row of a table that
 * has been located, the fetch of @size bytes at @va, PMP included. False if
 * there is any fault.
 */
bool seccells_walk_entry(SecTable *tab, uint64_t va, uint64_t row,
                         unsigned size, hwaddr *pa);

/* The TLB index of an access (A.4.1, A.4.3). */
int seccells_mmu_index(CPURISCVState *env, bool ifetch);

/*
 * The same for the block that is about to be looked up; makes the user TLB
 * index that of usid's row. That is often enough: whatever changes usid or the
 * effective privilege ends its block.
 */
int seccells_block_index(CPURISCVState *env);

/* Count a flush of this hart's TLB (scc_flushes). */
void seccells_count_flush(CPURISCVState *env);

/* What a permission byte lets one do, as PAGE_* (A.1.11, A.5.14). */
int seccells_perm_prot(uint8_t perm, bool mxr);

/*
 * @row, or every row, has lost rights on @cell in the table of @env's hart: all
 * harts drop what they have cached of the cell's pages for it (A.6.7), and
 * those that may have cached something count it. The caller runs alone; each
 * other hart drops before it executes another instruction.
 */
#define SECCELLS_ALL_ROWS       UINT64_MAX      /* no row: see A.1.4 */
void seccells_drop(CPURISCVState *env, uint64_t row, SecCell cell);

/* --- seccells_stats.c ----------------------------------------------------- */

typedef struct SecReasonInfo {
    const char *name;
    int cause;                  /* of a walk's reason: the access decides */
} SecReasonInfo;

extern const SecReasonInfo seccells_reasons[SEC_REASONS];
extern const char *const seccells_op_names[SEC_OPS];

/* Something failed for this reason. The only place where it is counted. */
void seccells_count_reason(CPURISCVState *env, SecReason why);

/* --- seccells_disas.c ----------------------------------------------------- */

struct disassemble_info;

/* Let the disassembler of this CPU know our instructions. */
void seccells_disas_set_info(CPURISCVState *env,
                             struct disassemble_info *info);

/* --- seccells_csr.c ------------------------------------------------------- */

/* Check the properties and register the CSRs; sets @errp on a bad value. */
bool seccells_realize(CPURISCVState *env, Error **errp);

void seccells_reset(CPURISCVState *env);

/* May satp take this MODE (A.2.6)? For the modes QEMU does not know. */
bool seccells_satp_mode_valid(CPURISCVState *env, uint64_t mode);

/* Must a write of @val to vsatp or hgatp be ignored (A.2.7)? */
bool seccells_refuses_gatp(CPURISCVState *env, uint64_t val);

/* Causes that medeleg has beyond QEMU's (A.2.8). */
uint64_t seccells_delegable(CPURISCVState *env);

/* May the current mode write CSR @csrno? True for CSRs not of this file. */
bool seccells_csr_writable(CPURISCVState *env, int csrno);

/* A trap into S is being taken (A.3.1); V is already that of the handler. */
void seccells_trap_to_s(CPURISCVState *env);

/* sret, all other checks done, nothing changed yet (A.3.3, A.3.8). */
void seccells_sret(CPURISCVState *env, uintptr_t ra);

extern const struct VMStateDescription vmstate_riscv_seccells;

#endif
