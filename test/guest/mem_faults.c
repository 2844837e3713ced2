/* SPDX-License-Identifier: Apache-2.0 */
/* mem_faults.c - what a program's handler learns about an access that is not allowed, and what it
 * can do about it: si_code, si_addr and the context's pc for accesses of each kind at the borders of
 * mappings; repairing the rights and going on; running on another stack. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ucontext.h>

#include "mem_show.h"

/* Two instructions of 4 bytes each would do, but one that crosses a page is what is wanted. */
static const uint32_t addi_ret[] = {0x00150513, 0x00008067}; /* addi a0, a0, 1; ret */

static int file;

/* --- kinds of access --------------------------------------------------------------------- */

static void amo(void *p)
{
    __asm__ volatile("amoadd.w zero, zero, (%0)" : : "r"(p) : "memory");
}

static void load_reserved(void *p)
{
    uint32_t v;
    __asm__ volatile("lr.w %0, (%1)" : "=r"(v) : "r"(p) : "memory");
}

static void store_conditional(void *p)
{
    uint32_t v;
    __asm__ volatile("lr.w %0, (%1)\n\tsc.w %0, zero, (%1)" : "=&r"(v) : "r"(p) : "memory");
}

static void read8(void *p)
{
    uint64_t v;
    __asm__ volatile("ld %0, (%1)" : "=r"(v) : "r"(p) : "memory");
}

static void write8(void *p)
{
    __asm__ volatile("sd zero, (%0)" : : "r"(p) : "memory");
}

static void float_write(void *p)
{
    __asm__ volatile("fsd fa0, (%0)" : : "r"(p) : "memory");
}

static void atomics(void)
{
    CLAIM("atomic and floating-point accesses");
    char       *page[] = {mem_map(1, RW), mem_map(1, PROT_READ), mem_map(1, PROT_NONE),
                          mem_map(1, PROT_READ)};
    const char *name[] = {"read and write", "read only", "nothing", "read only, touched"};

    mem_read(page[3]);
    puts("# atomics");
    for (int i = 0; i < 4; i++) {
        printf("%s: amo %s", name[i], outcome(amo, page[i]));
        printf(", lr %s", outcome(load_reserved, page[i]));
        printf(", lr sc %s", outcome(store_conditional, page[i]));
        printf(", fsd %s\n", outcome(float_write, page[i]));
    }
    mprotect(page[0], PAGE, PROT_READ);
    printf("no longer writable: amo %s", outcome(amo, page[0]));
    printf(", sc %s\n", outcome(store_conditional, page[0]));
}

/* --- borders ----------------------------------------------------------------------------- */

static void borders(void)
{
    CLAIM("accesses across borders");
    char *p = mem_map(4, RW);

    puts("# across borders");
    p[PAGE] = 1;
    munmap(p + 2 * PAGE, PAGE);
    printf("inside %s", outcome(read8, p + PAGE - 4));
    printf(", %s\n", outcome(write8, p + PAGE - 4));
    printf("into a hole %s", outcome(read8, p + 2 * PAGE - 4));
    printf(", %s\n", outcome(write8, p + 2 * PAGE - 4));
    printf("out of a hole %s", outcome(read8, p + 3 * PAGE - 4));
    printf(", %s\n", outcome(write8, p + 3 * PAGE - 4));
    mprotect(p + PAGE, PAGE, PROT_READ);
    printf("into read-only %s", outcome(read8, p + PAGE - 4));
    printf(", %s\n", outcome(write8, p + PAGE - 4));
    p[PAGE - 4] = 42;
    outcome(write8, p + PAGE - 4);
    printf("nothing was written of it: %d\n", p[PAGE - 4]);
    mprotect(p + PAGE, PAGE, PROT_NONE);
    printf("into nothing %s", outcome(read8, p + PAGE - 4));
    printf(", %s\n", outcome(write8, p + PAGE - 1));
}

static void instructions(void)
{
    CLAIM("instructions across borders");
    char *p = mem_map(3, RW);

    puts("# executing");
    memcpy(p + PAGE - 2, addi_ret, sizeof(addi_ret));
    __builtin___clear_cache(p, p + 2 * PAGE);
    mprotect(p, PAGE, PROT_READ | PROT_EXEC);
    printf("second half not executable %s\n", outcome(mem_execute, p + PAGE - 2));
    mprotect(p, PAGE, PROT_READ);
    mprotect(p + PAGE, PAGE, PROT_READ | PROT_EXEC);
    printf("first half not executable %s\n", outcome(mem_execute, p + PAGE - 2));
    mprotect(p, PAGE, PROT_EXEC);
    printf("both are: %d\n", ((int (*)(int))(void *)(p + PAGE - 2))(41));
    munmap(p + PAGE, PAGE);
    printf("second half gone %s\n", outcome(mem_execute, p + PAGE - 2));
    p = mem_map(1, RW);
    memcpy(p, addi_ret, sizeof(addi_ret));
    __builtin___clear_cache(p, p + PAGE);
    printf("never executable %s\n", outcome(mem_execute, p));
    mprotect(p, PAGE, PROT_EXEC);
    printf("execute only: %s, read %s, write %s\n", outcome(mem_execute, p), byte_at(p),
           outcome(mem_write, p));
    printf("by the kernel: %s\n", access(p, F_OK) && errno == EFAULT ? "EFAULT" : "read");
    mprotect(p, PAGE, PROT_READ);
    printf("no longer executable %s\n", outcome(mem_execute, p));
    memset(p, 0, 0);
    mprotect(p, PAGE, RW);
    memset(p, 0, PAGE);
    mprotect(p, PAGE, PROT_READ | PROT_EXEC);
    printf("zeros %s\n", outcome(mem_execute, p));
    p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, file, 0);
    printf("a file, read only %s\n", outcome(mem_execute, p));
    static char in_bss[8];
    printf("bss %s", outcome(mem_execute, in_bss));
    char *heap = malloc(16);
    printf(", heap %s", outcome(mem_execute, heap));
    free(heap);
    char on_stack[16] __attribute__((aligned(16))) = {0};
    printf(", stack %s\n", outcome(mem_execute, on_stack));
}

static void addresses(void)
{
    CLAIM("addresses that cannot be the program's");
    static const uintptr_t where[] = {0,
                                      8,
                                      0xfff,
                                      0x4000000000, /* behind an Sv39 user's part */
                                      0xf000000000,
                                      0xf080000000,
                                      0x10000000000,
                                      0x7ffffffffff8,
                                      0x800000000000,
                                      0x8000000000000000,
                                      0xffff800000000000,
                                      0xfffffffffffff000,
                                      0xffffffffffffffff};

    puts("# no user addresses");
    for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
        printf("%#lx: %s", where[i], outcome(mem_read, (void *)where[i]));
        printf(", %s", outcome(mem_write, (void *)where[i]));
        printf(", %s\n", outcome(mem_execute, (void *)(where[i] & ~1ul)));
    }
}

/* --- handlers ---------------------------------------------------------------------------- */

static char                 *lazy;
static volatile sig_atomic_t repairs, pc_right;
extern char                  faulting_load[];

static void repair(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    (void)sig;
    repairs++;
    pc_right = (uintptr_t)uc->uc_mcontext.__gregs[REG_PC] == (uintptr_t)faulting_load;
    mprotect((void *)((uintptr_t)info->si_addr & ~(PAGE - 1)), PAGE, RW);
}

static long __attribute__((noinline)) load_long(long *p)
{
    long v;
    __asm__ volatile(".globl faulting_load\nfaulting_load:\n\tld %0, (%1)" : "=r"(v) : "r"(p));
    return v;
}

static void skip(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    (void)sig;
    (void)info;
    uc->uc_mcontext.__gregs[REG_PC] += 4;
    uc->uc_mcontext.__gregs[REG_A0] = 77;
}

static long __attribute__((noinline)) load_a0(long *p)
{
    register long *a0 __asm__("a0") = p;
    __asm__ volatile(".option push\n\t.option norvc\n\tld a0, (a0)\n\t.option pop" : "+r"(a0));
    return (long)a0;
}

static void set_handler(void (*handler)(int, siginfo_t *, void *), int flags)
{
    struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
    sigaction(SIGSEGV, &act, NULL);
}

static void repairing(void)
{
    CLAIM("a handler repairs, or skips");
    puts("# handlers that repair");
    lazy = mem_map(4, RW);
    for (long i = 0; i < 4; i++)
        *(long *)(void *)(lazy + i * (long)PAGE) = i * 11;
    mprotect(lazy, 4 * PAGE, PROT_NONE);
    set_handler(repair, 0);
    for (size_t i = 0; i < 4; i++)
        printf("%ld ", load_long((long *)(void *)(lazy + i * PAGE)));
    printf("repairs %d, pc %s\n", repairs, pc_right ? "right" : "wrong");
    mprotect(lazy, PAGE, PROT_READ);
    *(volatile char *)&lazy[3] = 9;
    printf("written after repair: %d, repairs %d\n", lazy[3], repairs);
    set_handler(skip, 0);
    printf("skipped: %ld\n", load_a0((long *)8));
    set_handler(mem_on_fault, 0);
}

static char                  alternate[65536];
static volatile sig_atomic_t on_alternate, overflow_code, below_stack;
static volatile uintptr_t    deepest;

static void on_overflow(int sig, siginfo_t *info, void *context)
{
    char here;
    (void)sig;
    (void)context;
    on_alternate = &here >= alternate && &here < alternate + sizeof(alternate);
    overflow_code = info->si_code;
    below_stack = (uintptr_t)info->si_addr <= deepest && deepest - (uintptr_t)info->si_addr < 16384;
    siglongjmp(mem_recover, 1);
}

static int __attribute__((noinline)) deeper(int n)
{
    volatile char frame[4000];
    deepest = (uintptr_t)frame;
    frame[0] = (char)n;
    return n < 1 << 20 ? deeper(n + 1) + frame[0] : 0;
}

static void overflowing(void)
{
    CLAIM("a stack that overflows");
    stack_t alt = {.ss_sp = alternate, .ss_size = sizeof(alternate)};
    int     limit;

    puts("# stack overflow");
    sigaltstack(&alt, NULL);
    set_handler(on_overflow, SA_ONSTACK);
    uintptr_t start = (uintptr_t)&limit;
    for (int i = 0; i < 2; i++) {
        if (!sigsetjmp(mem_recover, 1))
            deeper(0);
        printf("alternate stack %d, code %s, address below the stack %d, used %s\n", on_alternate,
               overflow_code == SEGV_MAPERR ? "MAPERR" : "other", below_stack,
               labs((long)(start - deepest) - (8 << 20)) < 65536 ? "8 MiB" : "something else");
    }
    /* a thread's kind of stack: mapped, with a guard below */
    set_handler(mem_on_fault, 0);
    char *stack = mem_map(3, RW);
    mprotect(stack, PAGE, PROT_NONE);
    printf("guard page %s\n", outcome(mem_write, stack + PAGE - 8));
}

int main(void)
{
    file = open("/bin/mem_faults", O_RDONLY);
    mem_init();
    atomics();
    borders();
    instructions();
    addresses();
    repairing();
    overflowing();
    return 0;
}
