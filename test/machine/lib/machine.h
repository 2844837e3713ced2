/* SPDX-License-Identifier: Apache-2.0
 *
 * machine.h - what a test is written with: CSRs, going down into a mode, probing one access,
 * checking, PMP, a second hart.
 *
 * main() runs in M-mode on hart 0, with PMP open for S and U, nothing delegated, satp Bare.
 * Returning from main() is success; a check that fails prints file, line, expectation and
 * value to the serial port and ends the machine with exit status 1.
 */
#ifndef LIB_MACHINE_H
#define LIB_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/frame.h"
#include "lib/table.h"

/* ---- CSRs, by number: stock assemblers do not know ours ---------------------------------- */

enum csr {
    CSR_USID = 0x082,
    CSR_URID = 0x083,
    CSR_UXID = 0x084,
    CSR_SIE = 0x104,
    CSR_STVEC = 0x105,
    CSR_SEPC = 0x141,
    CSR_SCAUSE = 0x142,
    CSR_STVAL = 0x143,
    CSR_SATP = 0x180,
    CSR_VSTVEC = 0x205,
    CSR_VSATP = 0x280,
    CSR_MSTATUS = 0x300,
    CSR_MISA = 0x301,
    CSR_MEDELEG = 0x302,
    CSR_MIDELEG = 0x303,
    CSR_MIE = 0x304,
    CSR_MEPC = 0x341,
    CSR_MCAUSE = 0x342,
    CSR_MTVAL = 0x343,
    CSR_MIP = 0x344,
    CSR_PMPCFG0 = 0x3a0,
    CSR_PMPADDR0 = 0x3b0,
    CSR_SCMED = 0x5c0,
    CSR_HEDELEG = 0x602,
    CSR_HGATP = 0x680,
    CSR_SCC_WALKS = 0xdc0,
    CSR_SCC_DESCS = 0xdc1,
    CSR_SCC_PERMS = 0xdc2,
    CSR_SCC_FAILED = 0xdc3,
    CSR_SCC_SWITCHES = 0xdc4,
    CSR_SCC_FLUSHES = 0xdc5,
    CSR_MHARTID = 0xf14,
};

#define csr_read(csr)                                                     \
    ({                                                                    \
        uint64_t v_;                                                      \
        __asm__ volatile("csrr %0, %1" : "=r"(v_) : "i"(csr) : "memory"); \
        v_;                                                               \
    })
#define csr_write(csr, val) \
    __asm__ volatile("csrw %0, %1" ::"i"(csr), "r"((uint64_t)(val)) : "memory")
#define csr_set(csr, bits) \
    __asm__ volatile("csrs %0, %1" ::"i"(csr), "r"((uint64_t)(bits)) : "memory")
#define csr_clear(csr, bits) \
    __asm__ volatile("csrc %0, %1" ::"i"(csr), "r"((uint64_t)(bits)) : "memory")

static inline void sfence(void)
{
    __asm__ volatile("sfence.vma" ::: "memory");
}

/* The three compartment registers at once. */
struct sds {
    uint64_t usid, urid, uxid;
};
struct sds sds_read(void);
void       sds_write(uint64_t usid, uint64_t urid, uint64_t uxid);

/* The six counters of A.2.2. */
struct counts {
    uint64_t walks, descs, perms, failed, switches, flushes;
};
struct counts counts_read(void);

/* ---- going down ------------------------------------------------------------------------- */

enum mode {
    MODE_U = 0,
    MODE_S = 1,
    MODE_M = 3,
    MPRV_U, /* loads and stores in M with mstatus.MPRV, MPP = U (probe() only) */
    MPRV_S,
};

enum taker { RETURNED, TRAP_M, TRAP_S };

/* Registers at the trap that ended an entry; start.S knows the offsets. */
struct frame {
    uint64_t x[32];   /* x[0] is unused */
    uint64_t mstatus; /* as the trap left it */
    uint64_t own[16]; /* main()'s registers while it waits */
};
_Static_assert(offsetof(struct frame, mstatus) == FRAME_STATUS, "start.S");
_Static_assert(offsetof(struct frame, own) == FRAME_OWN, "start.S");

/* How an entry ended. cause, tval, epc and status are those of the trap: the M registers for
 * TRAP_M, the S registers (status: mstatus all the same) for TRAP_S, nothing for RETURNED.
 */
struct outcome {
    enum taker by;
    uint64_t   cause, tval, epc, status;
    uint64_t   value; /* a0 at the end */
    uint64_t   x[32];
};

/* Run code at pc in mode (U, S or M) with two arguments and a stack of its own, until it
 * returns or a trap ends it.
 */
struct outcome enter(enum mode mode, uint64_t pc, uint64_t a0, uint64_t a1);

/* The same for a C function. It must touch only memory that its row reaches. */
struct outcome call(enum mode mode, uint64_t (*fn)(uint64_t, uint64_t), uint64_t a0, uint64_t a1);

/* Run one 32-bit instruction, then return; a0 and a1 as given, a0 is the value. */
struct outcome exec(enum mode mode, uint32_t insn, uint64_t a0, uint64_t a1);

/* Write the code "return k" (0..31) to physical address pa. */
void put_code(uint64_t pa, unsigned k);

/* Labels of start.S */
extern const char s_vector[];
extern const char leave[];

/* ---- one access ------------------------------------------------------------------------- */

enum access { FETCH, LOAD, STORE, LR, SC, AMO, LOAD1, STORE1, ACCESSES };

/* Make one access at va and say how it ended; stores write probe_value. FETCH enters there:
 * the target must hold code that returns (put_code). Not for FETCH with MPRV_*. SC is preceded
 * by an LR of the same place, so it gets as far as the SC only where a load is allowed.
 */
struct outcome  probe(enum mode mode, enum access access, uint64_t va);
extern uint64_t probe_value;

/* Code to enter: stores 1, 2, 3... to the word at a0, until a trap ends it. */
extern const char probe_count_up[];

/* ---- checks ----------------------------------------------------------------------------- */

#define expect(got, want) check_equal(__FILE__, __LINE__, #got, (got), (want))
#define expect_true(cond) check_equal(__FILE__, __LINE__, #cond, !!(cond), 1)

/* The access succeeds; the value is the value read. */
#define expect_reaches(mode, access, va) check_reaches(__FILE__, __LINE__, (mode), (access), (va))
/* The access is a page fault (12, 13, 15) or an access fault (1, 5, 7) by its kind, with
 * tval = va and epc exact. */
#define expect_page_fault(mode, access, va) \
    check_fault(__FILE__, __LINE__, (mode), (access), (va), 12)
#define expect_access_fault(mode, access, va) \
    check_fault(__FILE__, __LINE__, (mode), (access), (va), 1)
/* An outcome is a trap taken by TRAP_M or TRAP_S with this cause and tval. */
#define expect_trap(outcome, by, cause, tval) \
    check_trap(__FILE__, __LINE__, (outcome), (by), (cause), (tval))
#define expect_returned(outcome)     check_returned(__FILE__, __LINE__, (outcome))
#define expect_sds(usid, urid, uxid) check_sds(__FILE__, __LINE__, (usid), (urid), (uxid))

void     check_equal(const char *file, int line, const char *what, uint64_t got, uint64_t want);
uint64_t check_reaches(const char *file, int line, enum mode mode, enum access access, uint64_t va);
void     check_fault(const char *file, int line, enum mode mode, enum access access, uint64_t va,
                     uint64_t base_cause);
uint64_t check_trap(const char *file, int line, struct outcome o, enum taker by, uint64_t cause,
                    uint64_t tval);
uint64_t check_returned(const char *file, int line, struct outcome o);
void     check_sds(const char *file, int line, uint64_t usid, uint64_t urid, uint64_t uxid);

/* Says how far a loop had come when a check failed; printed with the failure. */
extern uint64_t progress;

/* ---- the rest of the machine ------------------------------------------------------------ */

enum pmp { PMP_NONE = 0, PMP_R = 1, PMP_W = 2, PMP_X = 4 };

/* PMP entry n (0..6): rights of S and U on len bytes at pa; len a power of two >= 8, pa a
 * multiple of it. Lower entries win; below all of them lies "everything allowed".
 */
void pmp_set(unsigned n, uint64_t pa, uint64_t len, unsigned rights);
void pmp_clear(unsigned n);

/* Page frames for tests to map, as addresses the linker knows (PA = VA in M). */
#define PAGE   4096ull
#define FRAMES 16
extern uint8_t frames[FRAMES][PAGE];
#define FRAME(k) ((uint64_t)frames[k])
static inline uint64_t *word_at(uint64_t pa)
{
    return (uint64_t *)pa;
}

/* The board's second bank of flash: memory that can be read, but not be written by a store. */
#define FLASH 0x22000000ull
void flash_program(const void *from, size_t len);

/* Start fn(arg) on hart 1, in M; hart_join() waits until it has returned. Needs -smp 2. The others
 * (up to HARTS - 1, with as many in -smp) by their numbers. */
void hart_run(void (*fn)(uint64_t), uint64_t arg);
void hart_join(void);
void hart_run_on(uint64_t hart, void (*fn)(uint64_t), uint64_t arg);
void hart_join_on(uint64_t hart);

/* End the machine: success, failure, or a system reset (which does not return either). */
void pass(void) __attribute__((noreturn));
void fail(void) __attribute__((noreturn));
void machine_reset(void) __attribute__((noreturn));

/* The serial port. print() knows %s, %x (64 bits) and %d (64 bits, unsigned). */
void print(const char *format, ...);
int  serial_getc(void); /* waits */

void *memset(void *to, int byte, size_t n);
void *memcpy(void *to, const void *from, size_t n);
int   main(void);

#endif
