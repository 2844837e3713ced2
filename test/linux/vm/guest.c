/* SPDX-License-Identifier: Apache-2.0
 *
 * guest.c - what runs in KVM's virtual machine, as a kernel of its own: both stages of translation, traps
 * that stay in the guest, timer interrupts, and instructions that a guest does not have (A.2.7). It says what it
 * saw at the port vm.c listens at, a line for each claim: "ok NAME" or "FAILED NAME" with what it saw instead.
 *
 * The second stage is KVM's: every page of the guest's memory is missing there until it is first touched. The
 * first stage is built here, in the mode that the host asks for: memory identically in one gigapage, the port
 * in another, and between them a few pages to try things with.
 */
#include <stdint.h>

#define PAGE   4096ull
#define PORT   0x10000000ull /* nothing is there: KVM hands the access out */
#define MEMORY 0x80000000ull
#define PAGES  0x40000000ull /* what is mapped there: enum page */
#define HUGE   (PAGES + 0x200000)
#define SWEEP  0x80400000ull /* memory that nobody has touched */
#define NSWEEP 256

enum { PTE_V = 1, PTE_R = 2, PTE_W = 4, PTE_X = 8, PTE_U = 16, PTE_A = 64, PTE_D = 128 };
enum page { PAGE_RW, PAGE_RO, PAGE_USER, PAGE_USER_CODE, PAGE_ABSENT, NPAGES };
enum { FETCH_FAULT = 12, LOAD_FAULT = 13, STORE_FAULT = 15, ILLEGAL = 2, USER_CALL = 8 };
enum { SUM = 1 << 18, SPIE = 1 << 5, STIE = 1 << 5 };
enum { SBI_TIME = 0x54494d45, SBI_RESET = 0x53525354, SBI_BASE = 0x10 };
#define RETURNED (~0ull)
#define TIMER    (1ull << 63 | 5)

struct outcome {
    uint64_t cause, tval, pc, value;
};

struct outcome *attempt(uint64_t to_user, uint64_t pc, uint64_t a0, uint64_t a1);
long            sbi(long a0, long function, long extension);
void            guest_main(uint64_t mode) __attribute__((noreturn));
extern char     load[], store[], wait[], user_code[], user_code_end[];

static uint64_t tables[6][512] __attribute__((aligned(4096)));
static uint64_t frames[NPAGES + 1][512] __attribute__((aligned(4096)));
static uint64_t other_root[512] __attribute__((aligned(4096)));

#define read_csr(name)                                           \
    ({                                                           \
        uint64_t v_;                                             \
        __asm__ volatile("csrr %0, " name : "=r"(v_)::"memory"); \
        v_;                                                      \
    })
#define write_csr(name, value) __asm__ volatile("csrw " name ", %0" ::"r"(value) : "memory")
#define set_csr(name, bits)    __asm__ volatile("csrs " name ", %0" ::"r"(bits) : "memory")
#define clear_csr(name, bits)  __asm__ volatile("csrc " name ", %0" ::"r"(bits) : "memory")

static void fence(void)
{
    __asm__ volatile("sfence.vma" ::: "memory");
}

/* --- telling ------------------------------------------------------------------------------- */

static void say(const char *text)
{
    while (*text)
        *(volatile uint8_t *)PORT = (uint8_t)*text++;
}

static void say_number(uint64_t n)
{
    char text[20] = " 0x0000000000000000";

    for (int i = 18; i > 2; i--, n >>= 4)
        text[i] = "0123456789abcdef"[n & 15];
    say(text);
}

static void check(const char *name, uint64_t got, uint64_t want)
{
    say(got == want ? "ok " : "FAILED ");
    say(name);
    if (got != want)
        say_number(got);
    say("\n");
}

static void check_trap(const char *name, struct outcome *o, uint64_t cause, uint64_t tval)
{
    if (o->cause != cause) {
        say("cause");
        say_number(o->cause);
        say(" ");
    }
    check(name, o->cause == cause ? o->tval : ~tval, tval);
}

/* --- the first stage ----------------------------------------------------------------------- */

static uint64_t pte(const void *to, uint64_t bits)
{
    return (uint64_t)to >> 2 | bits | PTE_V;
}

static const uint64_t rights[NPAGES] = {
    [PAGE_RW] = PTE_R | PTE_W,
    [PAGE_RO] = PTE_R,
    [PAGE_USER] = PTE_R | PTE_W | PTE_U,
    [PAGE_USER_CODE] = PTE_X | PTE_U,
};

static uint64_t page(enum page n)
{
    return PAGES + n * PAGE;
}

/* The root for the mode (8, 9 or 10): above the three levels of Sv39 one or two of single entries. */
static uint64_t *build(uint64_t mode)
{
    uint64_t *root = tables[2];

    for (int i = 0; i < PAGE_ABSENT; i++)
        tables[0][i] = pte(frames[i], rights[i]);
    tables[1][0] = pte(tables[0], 0);
    tables[1][1] = pte((void *)(MEMORY + 0x200000), PTE_R | PTE_W); /* 2 MiB */
    root[0] = pte((void *)0, PTE_R | PTE_W | PTE_A | PTE_D);        /* the port's gigabyte */
    root[PAGES >> 30] = pte(tables[1], 0);
    root[MEMORY >> 30] = pte((void *)MEMORY, PTE_R | PTE_W | PTE_X);
    for (uint64_t level = 8; level < mode; level++) {
        tables[level - 5][0] = pte(root, 0);
        root = tables[level - 5];
    }
    return root;
}

static uint64_t satp_of(uint64_t mode, uint64_t asid, const uint64_t *root)
{
    return mode << 60 | asid << 44 | (uint64_t)root >> 12;
}

/* --- the claims ---------------------------------------------------------------------------- */

static uint64_t load_from(uint64_t va)
{
    struct outcome *o = attempt(0, (uint64_t)load, va, 0);

    return o->cause == RETURNED ? o->value : ~0ull;
}

static struct outcome *store_to(uint64_t va, uint64_t value)
{
    return attempt(0, (uint64_t)store, va, value);
}

static void reach_through_both_stages(void)
{
    frames[PAGE_RW][1] = 0x1111;
    check("a load through a page", load_from(page(PAGE_RW) + 8), 0x1111);
    check_trap("a store through a page", store_to(page(PAGE_RW) + 16, 0x2222), RETURNED, 0);
    check("arrives", frames[PAGE_RW][2], 0x2222);
    check("and sets A and D", tables[0][PAGE_RW] & (PTE_A | PTE_D), PTE_A | PTE_D);
    check("a load through a page that may be read", load_from(page(PAGE_RO)), 0);
    check("sets A alone", tables[0][PAGE_RO] & (PTE_A | PTE_D), PTE_A);
    check_trap("a store through 2 MiB", store_to(HUGE + 0x123458, 0x3333), RETURNED, 0);
    check("arrives there", *(volatile uint64_t *)(MEMORY + 0x323458), 0x3333);
}

static void fault_in_the_first_stage(void)
{
    check_trap("a load from nothing", attempt(0, (uint64_t)load, page(PAGE_ABSENT) + 8, 0),
               LOAD_FAULT, page(PAGE_ABSENT) + 8);
    check_trap("a store where one may read", store_to(page(PAGE_RO) + 24, 1), STORE_FAULT,
               page(PAGE_RO) + 24);
    check_trap("code where there is none", attempt(0, page(PAGE_RW), 0, 0), FETCH_FAULT,
               page(PAGE_RW));
    check_trap("a load from a user's page", attempt(0, (uint64_t)load, page(PAGE_USER), 0),
               LOAD_FAULT, page(PAGE_USER));
    set_csr("sstatus", SUM);
    frames[PAGE_USER][0] = 0x4444;
    check("which SUM allows", load_from(page(PAGE_USER)), 0x4444);
    clear_csr("sstatus", SUM);
    check_trap("a user's code", attempt(0, page(PAGE_USER_CODE), 0, 0), FETCH_FAULT,
               page(PAGE_USER_CODE));
}

static void copy_code(void *to, const char *from, const char *end)
{
    for (char *at = to; from < end;)
        *at++ = *from++;
    __asm__ volatile("fence.i" ::: "memory");
}

static void run_a_user(void)
{
    copy_code(frames[PAGE_USER_CODE], user_code, user_code_end);
    frames[PAGE_USER][3] = 40;
    struct outcome *o = attempt(1, page(PAGE_USER_CODE), page(PAGE_USER) + 24, 2);
    check_trap("a user's call", o, USER_CALL, 0);
    check("with what it read and added", o->value, 42);
    o = attempt(1, page(PAGE_USER_CODE), page(PAGE_RW), 0);
    check_trap("a user's load from the kernel's page", o, LOAD_FAULT, page(PAGE_RW));
}

/* Another frame under the same address: by a changed entry and a fence, and by another ASID without one. */
static void map_anew(uint64_t mode, const uint64_t *root)
{
    frames[PAGE_RW][0] = 0x5555;
    frames[NPAGES][0] = 0x6666;
    check("before the change", load_from(page(PAGE_RW)), 0x5555);
    tables[0][PAGE_RW] = pte(frames[NPAGES], PTE_R | PTE_W);
    fence();
    check("behind it", load_from(page(PAGE_RW)), 0x6666);

    static uint64_t middle[512] __attribute__((aligned(4096))),
        leaves[512] __attribute__((aligned(4096)));
    uint64_t       *top = other_root;
    static uint64_t upper[2][512] __attribute__((aligned(4096)));
    for (int i = 0; i < 512; i++)
        other_root[i] = tables[2][i];
    leaves[PAGE_RW] = pte(frames[PAGE_RW], PTE_R | PTE_W);
    middle[0] = pte(leaves, 0);
    other_root[PAGES >> 30] = pte(middle, 0);
    for (uint64_t level = 8; level < mode; level++) {
        upper[level - 8][0] = pte(top, 0);
        top = upper[level - 8];
    }
    for (int i = 0; i < 3; i++) {
        write_csr("satp", satp_of(mode, 2, top));
        check("in the other address space", load_from(page(PAGE_RW)), 0x5555);
        write_csr("satp", satp_of(mode, 1, root));
        check("in this one", load_from(page(PAGE_RW)), 0x6666);
    }
}

/* Every page is missing in the second stage when it is touched first. */
static void touch_much(void)
{
    uint64_t sum = 0;

    for (uint64_t i = 0; i < NSWEEP; i++)
        *(volatile uint64_t *)(SWEEP + i * PAGE + 8 * (i % 512)) = i * i;
    for (uint64_t i = 0; i < NSWEEP; i++)
        sum += *(volatile uint64_t *)(SWEEP + i * PAGE + 8 * (i % 512));
    check("the sum of what was written all over", sum,
          (NSWEEP - 1) * NSWEEP * (2 * NSWEEP - 1) / 6);
    uint64_t old = __atomic_fetch_add((uint64_t *)SWEEP, 7, __ATOMIC_SEQ_CST);
    check("an atomic there", old + *(volatile uint64_t *)SWEEP, 7);
}

/* When guests share a hart, QEMU 7.2, with and without our patches, loses a guest's timer now and then: so it
 * is set again when it is late.
 */
static struct outcome *await_timer(void)
{
    struct outcome *o;

    do {
        uint64_t now = read_csr("time");
        sbi((long)(now + 1000), 0, SBI_TIME);
        set_csr("sstatus", SPIE); /* attempt lets interrupts in */
        o = attempt(0, (uint64_t)wait, now + 100000, 0);
    } while (o->cause == RETURNED);
    return o;
}

static void be_interrupted(void)
{
    set_csr("sie", STIE);
    for (int i = 0; i < 3; i++) {
        check_trap("a timer's interrupt", await_timer(), TIMER, 0);
        sbi(-1, 0, SBI_TIME);
    }
    clear_csr("sie", STIE);
}

/* SC instructions do not exist here, whatever the CPU has. `entry` is left out: it may be there. */
static void try_instructions(uint64_t mode)
{
    static const uint32_t words[] = {0x8005200b, 0x00b5200b, 0x00b5300b, 0x00b5410b, 0x00b5530b,
                                     0x00b5630b, 0x00c5f50b, 0x00b5050b, 0x0000052b};
    uint32_t             *kernel = (uint32_t *)frames[NPAGES] + 64;
    uint32_t             *user = (uint32_t *)frames[PAGE_USER_CODE] + 64;

    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        *kernel = *user = words[i];
        __asm__ volatile("fence.i" ::: "memory");
        check_trap("no such instruction in VS", attempt(0, (uint64_t)kernel, MEMORY, 2), ILLEGAL,
                   words[i]);
        uint64_t at = mode ? page(PAGE_USER_CODE) + 256 : (uint64_t)user;
        check_trap("nor in VU", attempt(1, at, MEMORY, 2), ILLEGAL, words[i]);
    }
}

/* satp, which is vsatp here, takes neither mode of a table. */
static void try_modes(uint64_t satp)
{
    write_csr("satp", 14ull << 60 | 0x80000);
    check("satp takes no mode 14", read_csr("satp"), satp);
    write_csr("satp", 15ull << 60 | 0x80000);
    check("nor 15", read_csr("satp"), satp);
}

void guest_main(uint64_t mode)
{
    uint64_t *root = mode ? build(mode) : 0;
    uint64_t  satp = mode ? satp_of(mode, 1, root) : 0;

    write_csr("satp", satp);
    fence();
    check("satp", read_csr("satp") >> 60, mode);
    if (mode) {
        reach_through_both_stages();
        fault_in_the_first_stage();
        run_a_user();
        map_anew(mode, root);
    }
    try_modes(satp);
    touch_much();
    try_instructions(mode);
    be_interrupted();
    check("a number from the port", *(volatile uint32_t *)(PORT + 8), 0xcafe);
    sbi(0, 0, SBI_RESET);
    for (;;)
        say("FAILED to stop\n");
}
