/* SPDX-License-Identifier: Apache-2.0 */
/* ktest.h - what the kernels that test themselves have in common.
 *
 * A test defines boot_program(), the first thread, and ends the machine: ktest_pass(), a CHECK that
 * does not hold (status 1), or a panic (status 255) where that is what it claims.
 */
#ifndef TEST_KERNEL_KTEST_H
#define TEST_KERNEL_KTEST_H

#include "kernel/log.h"
#include "kernel/machine.h"
#include "kernel/thread.h"
#include "kernel/vmspace.h"
#include "lib/types.h"
#include "machine/cpu.h"
#include "platform/common/platform.h"

/* Say where and stop with status 1 unless cond holds. Any context. */
#define CHECK(cond) ((cond) ? (void)0 : ktest_fail(#cond, __FILE__, __LINE__))

_Noreturn void ktest_fail(const char *what, const char *file, int line);
_Noreturn void ktest_pass(void);

/* Tell the runner to do its part (input, stall). */
void ktest_ready(void);

/* The current thread, a kernel thread, runs on this hart from now on. */
void ktest_run_on(unsigned hart);

/* Stay on the hart for that long. */
void   ktest_spin_us(uint64_t us);
void   ktest_sleep_ms(uint64_t ms);
size_t ktest_free_frames(void);

/* --- user mode (user.S) --- */

/* Where ktest_user() puts things; the blob knows the first two. */
#define USER_CODE  0x10000ul
#define USER_DATA  0x40000ul
#define USER_STACK 0x80000ul /* its top; nothing above it is mapped */
#define USER_HOLE  0x100000ul

extern const char user_blob[], user_blob_end[];
/* Entries of the blob; user_pc() of one is where it runs. */
extern const char user_all_registers_ecall[], user_all_registers_fault[];
extern const char user_all_registers_touch[], user_all_registers_illegal[];
extern const char user_spin_fp[], user_call_forever[];
extern const char user_look_forever[], user_store_forever[];

static inline vaddr_t user_pc(const char *entry)
{
    return USER_CODE + (vaddr_t)(entry - user_blob);
}

/* An address space with the blob at USER_CODE (read, execute) and a page of data, filled, at
 * USER_DATA, and untouched pages up to USER_STACK. */
struct vmspace *ktest_vmspace(void);

/* A thread in it, not started, that begins at an entry of the blob. */
struct thread *ktest_user(const char *name, struct vmspace *vs, const char *entry,
                          const struct thread_ops *ops, void *owner);

/* The same, bound to a hart. */
struct thread *ktest_user_on(unsigned hart, struct vmspace *vs, const char *entry,
                             const struct thread_ops *ops);

/* Where the kernel finds a user page that is mapped. */
void *ktest_user_ptr(struct vmspace *vs, vaddr_t va);

/* Run a program that begins at entry, one of user_all_registers_*: it fills its registers, traps,
 * calls the kernel (are they as they were?), looks at what the memory model shows it of itself
 * and calls again. Checks all of it, then passes. The test itself counts what it needs in during(),
 * which runs inside each of these traps, interrupts on, and may sleep; NULL: nothing. */
struct ktest_trap {
    const char *entry;
    uint64_t    cause;   /* scause of the first trap that thread_ops is told of */
    bool        memory;  /* it is a memory fault: another kind than FAULT_NONE */
    bool        at_trap; /* sepc of it is the instruction's, and is stepped over here */
    unsigned    told;    /* how many of the traps thread_ops is told of, 2 or 3 */
    void (*during)(struct thread *t, struct trapframe *tf);
};
void ktest_trap_run(const struct ktest_trap *trap);

/* The kernel holds a pattern in its own registers until *until; 0, or the register that changed. */
unsigned    ktest_hold_registers(volatile const bool *until);
extern char ktest_hold_registers_end[];

/* tf holds the pattern in all registers of the list that FILL or ktest_hold_registers() set; else
 * the number of the first that differs is returned. */
unsigned ktest_pattern_user(const struct trapframe *tf);
unsigned ktest_pattern_kernel(const struct trapframe *tf);

/* --- the memory model (riscv64-.../model.c) --- */

/* What the raw table, read from satp on, says of a range. */
struct ktest_mapping {
    vaddr_t  va;
    paddr_t  pa;
    size_t   len;
    unsigned kernel, user; /* PMAP_*: what the kernel, any user row, may do */
};

typedef void ktest_map_fn(void *arg, const struct ktest_mapping *m);
void         ktest_walk(ktest_map_fn *fn, void *arg);

/* Every piece of memory that the table in satp itself lies in. */
typedef void ktest_piece_fn(void *arg, paddr_t pa, size_t len);
void         ktest_table_pieces(ktest_piece_fn *fn, void *arg);

/* The compartment registers are as B.5 has them while the kernel runs. */
bool ktest_kernel_state_ok(void);

/* tf holds what the blob's model_mark made of them, a[0], a[1] its model_look found later, in a0 and a1. */
bool ktest_user_state_ok(const struct trapframe *tf);
bool ktest_user_look_ok(const uint64_t *a);

#endif
