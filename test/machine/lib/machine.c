/* SPDX-License-Identifier: Apache-2.0
 *
 * machine.c - see machine.h. Relies on QEMU's virt board: 16550 serial port at 0x1000_0000,
 * test finisher at 0x10_0000, CLINT at 0x200_0000, 16 PMP entries.
 */
#include "lib/machine.h"

#include <stdarg.h>

#define FINISHER (*(volatile uint32_t *)0x100000)
#define UART     ((volatile uint8_t *)0x10000000)
#define MSIP(h)  (((volatile uint32_t *)0x2000000)[h])

#define LSR       5
#define LSR_READY 0x01
#define LSR_EMPTY 0x20

#define CAUSE_ECALL_U  8
#define CAUSE_ECALL_VS 10
#define CAUSE_ECALL_M  11
#define IRQ_MSOFT      0x8
#define MISA_C         0x4

uint8_t  frames[FRAMES][PAGE] __attribute__((aligned(4096)));
uint64_t probe_value = 0x5a5a1234abcd0001;
uint64_t progress;

/* What each hart needs to go down and come back. */
static struct {
    struct frame frame;
    uint8_t      stack[STACK_BYTES] __attribute__((aligned(16)));
    uint32_t     code[4] __attribute__((aligned(16)));
} harts[HARTS];

static struct {
    void (*fn)(uint64_t);
    uint64_t arg;
    uint32_t busy;
} work[HARTS]; /* for the harts that wait: all but hart 0 */

void enter_raw(struct frame *f, uint64_t pc, uint64_t sp, const uint64_t args[4]);
void hart_start(uint64_t id) __attribute__((noreturn));
void trap_in_main(void) __attribute__((noreturn));

/* ---- ending, printing -------------------------------------------------------------------- */

static void finish(uint32_t how)
{
    FINISHER = how;
    for (;;)
        __asm__ volatile("wfi");
}

void pass(void)
{
    finish(0x5555);
    __builtin_unreachable();
}

void fail(void)
{
    finish(1 << 16 | 0x3333);
    __builtin_unreachable();
}

void machine_reset(void)
{
    finish(0x7777);
    __builtin_unreachable();
}

static void put(char c)
{
    while (!(UART[LSR] & LSR_EMPTY))
        ;
    UART[0] = (uint8_t)c;
}

int serial_getc(void)
{
    while (!(UART[LSR] & LSR_READY))
        ;
    return UART[0];
}

static void put_string(const char *s)
{
    while (*s)
        put(*s++);
}

static void put_number(uint64_t v, unsigned radix)
{
    char  digits[24];
    char *p = digits + sizeof(digits);

    *--p = '\0';
    do {
        *--p = "0123456789abcdef"[v % radix];
        v /= radix;
    } while (v);
    put_string(p);
}

void print(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    for (const char *p = format; *p; p++) {
        if (*p != '%') {
            put(*p);
            continue;
        }
        switch (*++p) {
        case 's':
            put_string(va_arg(args, const char *));
            break;
        case 'x':
            put_string("0x");
            put_number(va_arg(args, uint64_t), 16);
            break;
        case 'd':
            put_number(va_arg(args, uint64_t), 10);
            break;
        default:
            put(*p);
        }
    }
    va_end(args);
}

void *memset(void *to, int byte, size_t n)
{
    for (size_t k = 0; k < n; k++)
        ((volatile uint8_t *)to)[k] = (uint8_t)byte;
    return to;
}

void *memcpy(void *to, const void *from, size_t n)
{
    for (size_t k = 0; k < n; k++)
        ((volatile uint8_t *)to)[k] = ((const uint8_t *)from)[k];
    return to;
}

/* ---- flash ------------------------------------------------------------------------------- */

#define FLASH_PROGRAM 0x40
#define FLASH_READ    0xff

/* Word by word: the command, then the data. */
void flash_program(const void *from, size_t len)
{
    for (size_t k = 0; k < len; k += 4) {
        volatile uint32_t *word = (volatile uint32_t *)(FLASH + k);
        *word = FLASH_PROGRAM;
        *word = *(const uint32_t *)((const uint8_t *)from + k);
    }
    *(volatile uint32_t *)FLASH = FLASH_READ;
}

/* ---- harts ------------------------------------------------------------------------------- */

static void hart_idle(uint64_t id)
{
    csr_write(CSR_MIE, IRQ_MSOFT); /* wakes wfi; mstatus.MIE stays 0, so no trap */
    for (;;) {
        while (!(csr_read(CSR_MIP) & IRQ_MSOFT))
            __asm__ volatile("wfi");
        MSIP(id) = 0; /* sent once, after the work: none can come while the work runs in U or S */
        work[id].fn(work[id].arg);
        __atomic_store_n(&work[id].busy, 0, __ATOMIC_RELEASE);
    }
}

void hart_run_on(uint64_t hart, void (*fn)(uint64_t), uint64_t arg)
{
    work[hart].fn = fn;
    work[hart].arg = arg;
    __atomic_store_n(&work[hart].busy, 1, __ATOMIC_RELEASE);
    MSIP(hart) = 1;
}

void hart_join_on(uint64_t hart)
{
    while (__atomic_load_n(&work[hart].busy, __ATOMIC_ACQUIRE))
        ;
}

void hart_run(void (*fn)(uint64_t), uint64_t arg)
{
    hart_run_on(1, fn, arg);
}

void hart_join(void)
{
    hart_join_on(1);
}

/* Entry 7: NAPOT, RWX, everything. A hart without PMP traps there, and goes on behind it. */
static void pmp_open(void)
{
    __asm__ volatile("    la    t0, 1f\n"
                     "    csrrw t0, mtvec, t0\n"
                     "    csrw  pmpaddr7, %0\n"
                     "    csrw  pmpcfg0, %1\n"
                     "    .balign 4\n"
                     "1:  csrw  mtvec, t0\n" ::"r"(~0ull >> 10),
                     "r"(0x1full << 56)
                     : "t0", "memory");
}

void hart_start(uint64_t id)
{
    csr_write(CSR_STVEC, (uint64_t)s_vector);
    pmp_open();
    if (id)
        hart_idle(id);
    main();
    pass();
}

void trap_in_main(void)
{
    print("unexpected trap in M-mode: cause %x tval %x epc %x (step %d)\n", csr_read(CSR_MCAUSE),
          csr_read(CSR_MTVAL), csr_read(CSR_MEPC), progress);
    fail();
}

/* ---- PMP --------------------------------------------------------------------------------- */

#define PMP_NAPOT 0x18ull

static void pmpaddr_write(unsigned n, uint64_t value)
{
    switch (n) {
    case 0:
        csr_write(CSR_PMPADDR0 + 0, value);
        break;
    case 1:
        csr_write(CSR_PMPADDR0 + 1, value);
        break;
    case 2:
        csr_write(CSR_PMPADDR0 + 2, value);
        break;
    case 3:
        csr_write(CSR_PMPADDR0 + 3, value);
        break;
    default:
        print("pmp_set: no entry %d\n", (uint64_t)n);
        fail();
    }
}

void pmp_set(unsigned n, uint64_t pa, uint64_t len, unsigned rights)
{
    pmp_clear(n);
    pmpaddr_write(n, pa >> 2 | (len / 8 - 1));
    csr_set(CSR_PMPCFG0, (PMP_NAPOT | rights) << (8 * n));
}

void pmp_clear(unsigned n)
{
    csr_clear(CSR_PMPCFG0, 0xffull << (8 * n));
    pmpaddr_write(n, 0);
}

/* ---- compartment registers and counters -------------------------------------------------- */

struct sds sds_read(void)
{
    return (struct sds){csr_read(CSR_USID), csr_read(CSR_URID), csr_read(CSR_UXID)};
}

void sds_write(uint64_t usid, uint64_t urid, uint64_t uxid)
{
    csr_write(CSR_USID, usid);
    csr_write(CSR_URID, urid);
    csr_write(CSR_UXID, uxid);
}

struct counts counts_read(void)
{
    return (struct counts){
        csr_read(CSR_SCC_WALKS),  csr_read(CSR_SCC_DESCS),    csr_read(CSR_SCC_PERMS),
        csr_read(CSR_SCC_FAILED), csr_read(CSR_SCC_SWITCHES), csr_read(CSR_SCC_FLUSHES),
    };
}

/* ---- going down -------------------------------------------------------------------------- */

static bool is_ecall(uint64_t cause)
{
    return cause >= CAUSE_ECALL_U && cause <= CAUSE_ECALL_M;
}

static struct outcome outcome_of(const struct frame *f)
{
    struct outcome o = {
        .by = TRAP_M,
        .cause = csr_read(CSR_MCAUSE),
        .tval = csr_read(CSR_MTVAL),
        .epc = csr_read(CSR_MEPC),
        .status = f->mstatus,
        .value = f->x[10],
    };

    memcpy(o.x, f->x, sizeof(o.x));
    if (is_ecall(o.cause) && o.epc == (uint64_t)leave) {
        o.by = RETURNED;
    } else if (is_ecall(o.cause) && o.epc == (uint64_t)s_vector) {
        o.by = TRAP_S;
        o.cause = csr_read(CSR_SCAUSE);
        o.tval = csr_read(CSR_STVAL);
        o.epc = csr_read(CSR_SEPC);
    }
    return o;
}

static struct outcome go(enum mode mode, uint64_t pc, const uint64_t args[4])
{
    uint64_t h = csr_read(CSR_MHARTID);

    csr_clear(CSR_MSTATUS, MSTATUS_MPP);
    csr_set(CSR_MSTATUS, (uint64_t)mode << 11);
    enter_raw(&harts[h].frame, pc, (uint64_t)(harts[h].stack + STACK_BYTES), args);
    return outcome_of(&harts[h].frame);
}

struct outcome enter(enum mode mode, uint64_t pc, uint64_t a0, uint64_t a1)
{
    return go(mode, pc, (uint64_t[]){a0, a1, 0, 0});
}

struct outcome call(enum mode mode, uint64_t (*fn)(uint64_t, uint64_t), uint64_t a0, uint64_t a1)
{
    return enter(mode, (uint64_t)fn, a0, a1);
}

struct outcome exec(enum mode mode, uint32_t insn, uint64_t a0, uint64_t a1)
{
    volatile uint32_t *code = harts[csr_read(CSR_MHARTID)].code;

    code[0] = insn;
    code[1] = 0x00008067; /* ret */
    __asm__ volatile("fence.i" ::: "memory");
    return enter(mode, (uint64_t)code, a0, a1);
}

void put_code(uint64_t pa, unsigned k)
{
    if (csr_read(CSR_MISA) & MISA_C) {
        *(volatile uint16_t *)pa = (uint16_t)(0x4501 | (k & 31) << 2); /* c.li a0, k */
        *(volatile uint16_t *)(pa + 2) = 0x8082;                       /* c.jr ra */
    } else {
        *(volatile uint32_t *)pa = (k & 31) << 20 | 0x513; /* addi a0, x0, k */
        *(volatile uint32_t *)(pa + 4) = 0x00008067;       /* jalr x0, ra */
    }
    __asm__ volatile("fence.i" ::: "memory");
}

/* ---- probes ------------------------------------------------------------------------------ */

extern const char probe_mprv[];
extern const char probe_load[], probe_load_at[], probe_load1[], probe_load1_at[];
extern const char probe_store[], probe_store_at[], probe_store1[], probe_store1_at[];
extern const char probe_lr[], probe_lr_at[], probe_sc[], probe_sc_at[];
extern const char probe_amo[], probe_amo_at[];

static const struct {
    const char *code, *at; /* where it begins, and the instruction that makes the access */
    unsigned    cause;     /* added to 12 for a page fault; for an access fault see below */
    const char *name;
} probes[ACCESSES] = {
    [FETCH] = {NULL, NULL, 0, "fetch"},
    [LOAD] = {probe_load, probe_load_at, 1, "load"},
    [STORE] = {probe_store, probe_store_at, 3, "store"},
    [LR] = {probe_lr, probe_lr_at, 1, "lr"},
    [SC] = {probe_sc, probe_sc_at, 3, "sc"},
    [AMO] = {probe_amo, probe_amo_at, 3, "amo"},
    [LOAD1] = {probe_load1, probe_load1_at, 1, "byte load"},
    [STORE1] = {probe_store1, probe_store1_at, 3, "byte store"},
};

struct outcome probe(enum mode mode, enum access access, uint64_t va)
{
    uint64_t code = access == FETCH ? va : (uint64_t)probes[access].code;

    if (mode < MPRV_U)
        return go(mode, code, (uint64_t[]){va, probe_value, 0, 0});
    return go(MODE_M, (uint64_t)probe_mprv,
              (uint64_t[]){va, probe_value, code, mode == MPRV_S ? MODE_S : MODE_U});
}

/* ---- checks ------------------------------------------------------------------------------ */

static const char *const mode_names[] = {
    [MODE_U] = "U", [MODE_S] = "S",      [MODE_M] = "M",
    [2] = "?",      [MPRV_U] = "MPRV U", [MPRV_S] = "MPRV S",
};
static const char *const taker_names[] = {"none", "trap in M", "trap in S"};

static void print_outcome(struct outcome o)
{
    print("    %s, cause %d, tval %x, epc %x, a0 %x\n", taker_names[o.by], o.cause, o.tval, o.epc,
          o.value);
    print("    step %d\n", progress);
}

void check_equal(const char *file, int line, const char *what, uint64_t got, uint64_t want)
{
    if (got == want)
        return;
    print("%s:%d: %s: expected %x got %x (step %d)\n", file, (uint64_t)line, what, want, got,
          progress);
    fail();
}

uint64_t check_returned(const char *file, int line, struct outcome o)
{
    if (o.by == RETURNED)
        return o.value;
    print("%s:%d: expected no trap, got\n", file, (uint64_t)line);
    print_outcome(o);
    fail();
}

uint64_t check_trap(const char *file, int line, struct outcome o, enum taker by, uint64_t cause,
                    uint64_t tval)
{
    if (o.by == by && o.cause == cause && o.tval == tval)
        return o.epc;
    print("%s:%d: expected %s, cause %d, tval %x, got\n", file, (uint64_t)line, taker_names[by],
          cause, tval);
    print_outcome(o);
    fail();
}

uint64_t check_reaches(const char *file, int line, enum mode mode, enum access access, uint64_t va)
{
    struct outcome o = probe(mode, access, va);

    if (o.by == RETURNED)
        return o.value;
    print("%s:%d: %s %s at %x: expected success, got\n", file, (uint64_t)line, mode_names[mode],
          probes[access].name, va);
    print_outcome(o);
    fail();
}

/* base_cause: the cause for a fetch, 12 or 1. From there a load is +1 (page) or +4 (access). */
static uint64_t fault_cause(enum access access, uint64_t base_cause)
{
    static const uint8_t access_fault[] = {[0] = 1, [1] = 5, [3] = 7};

    return base_cause == 12 ? 12 + probes[access].cause : access_fault[probes[access].cause];
}

void check_fault(const char *file, int line, enum mode mode, enum access access, uint64_t va,
                 uint64_t base_cause)
{
    uint64_t       cause = fault_cause(access, base_cause);
    uint64_t       epc = access == FETCH ? va : (uint64_t)probes[access].at;
    struct outcome o = probe(mode, access, va);

    if (o.by != RETURNED && o.cause == cause && o.tval == va && o.epc == epc)
        return;
    print("%s:%d: %s %s at %x: expected cause %d, epc %x, got\n", file, (uint64_t)line,
          mode_names[mode], probes[access].name, va, cause, epc);
    print_outcome(o);
    fail();
}

void check_sds(const char *file, int line, uint64_t usid, uint64_t urid, uint64_t uxid)
{
    struct sds s = sds_read();

    if (s.usid == usid && s.urid == urid && s.uxid == uxid)
        return;
    print("%s:%d: usid, urid, uxid: expected %x, %x, %x got %x, %x, %x\n", file, (uint64_t)line,
          usid, urid, uxid, s.usid, s.urid, s.uxid);
    fail();
}
