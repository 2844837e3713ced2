/* SPDX-License-Identifier: Apache-2.0
 *
 * compare.c - runs the machine and the golden model side by side, from the same seeds. See README.md.
 *
 * A step is a program of a few instructions. The model runs it first, on its copy of the arena, until
 * it takes a trap into M; if the outcome is not determined it is taken back and another step is
 * tried. Then the machine runs it from the same state, and everything that both know must be equal:
 * registers, CSRs, the trap, the whole arena. A timer ends what the machine would not.
 *
 * Which seeds is said over the serial port: "FIRST COUNT STEPS" and the end of the line.
 */
#include "lib/machine.h"
#include "world.h"

#define MTIMECMP    (*(volatile uint64_t *)0x2004000)
#define MTIME       (*(volatile uint64_t *)0x200bff8)
#define TIMEOUT     20000000ull /* of 10 MHz */
#define MIE_TIMER   0x80
#define CSR_MTVEC   0x305
#define MISA_C      0x4
#define RUN_LIMIT   64
#define CAUSES      32
#define TRIES_LIMIT 200

void              dive(uint64_t x[32]);
extern const char dive_vector[];

static uint8_t      shadow[ARENA_SIZE] __attribute__((aligned(16)));
static struct world w;

/* What came up, to judge the generator by. */
static struct {
    uint64_t seeds, steps, skipped, insns;
    uint64_t causes[CAUSES], switches;
    uint64_t done[10]; /* SC instructions that completed, by funct3; jals, entry last */
    uint64_t failed[10];
} seen;

static volatile uint64_t *const arena = (volatile uint64_t *)ARENA_BASE;

static void copy_to_arena(void)
{
    const uint64_t *from = (const uint64_t *)shadow;

    for (size_t k = 0; k < ARENA_SIZE / 8; k++) {
        if (arena[k] != from[k])
            arena[k] = from[k];
    }
}

/* ---- the machine's side ------------------------------------------------------------------------- */

static void set_pmp(void)
{
    const struct ref_mem *m = &w.mem;

    if (m->pmp_size)
        pmp_set(0, m->pmp_base, m->pmp_size, m->pmp_rights);
    else
        pmp_clear(0);
}

static void set_csrs(const struct ref_hart *h)
{
    csr_clear(CSR_MSTATUS, STATUS_KNOWN);
    csr_set(CSR_MSTATUS, h->mstatus | (uint64_t)h->priv << 11 | 0x80); /* MPIE: the timer in M */
    csr_write(CSR_MEDELEG, h->medeleg);
    csr_write(CSR_SATP, h->satp);
    csr_write(CSR_STVEC, h->stvec);
    csr_write(CSR_SEPC, h->sepc);
    csr_write(CSR_SCAUSE, h->scause);
    csr_write(CSR_STVAL, h->stval);
    csr_write(CSR_MEPC, h->pc);
    sds_write(h->usid, h->urid, h->uxid);
    csr_write(CSR_SCMED, h->scmed);
}

/* Run from h and say in *end how it came out: what the model knows of a hart. */
static void run_machine(const struct ref_hart *h, struct ref_hart *end)
{
    static uint64_t x[32];

    for (unsigned k = 1; k < 32; k++)
        x[k] = h->x[k];
    set_pmp();
    set_csrs(h);
    MTIMECMP = MTIME + TIMEOUT;
    __asm__ volatile("fence.i" ::: "memory");
    dive(x);
    *end = *h;
    for (unsigned k = 1; k < 32; k++)
        end->x[k] = x[k];
    end->mstatus = x[0] & STATUS_KNOWN;
    end->mepc = csr_read(CSR_MEPC);
    end->mcause = csr_read(CSR_MCAUSE);
    end->mtval = csr_read(CSR_MTVAL);
    end->sepc = csr_read(CSR_SEPC);
    end->scause = csr_read(CSR_SCAUSE);
    end->stval = csr_read(CSR_STVAL);
    end->satp = csr_read(CSR_SATP);
    end->usid = csr_read(CSR_USID);
    end->urid = csr_read(CSR_URID);
    end->uxid = csr_read(CSR_UXID);
    end->scmed = csr_read(CSR_SCMED);
    end->failed = csr_read(CSR_SCC_FAILED);
    end->switches = csr_read(CSR_SCC_SWITCHES);
}

/* ---- comparing ------------------------------------------------------------------------------------ */

#define FIELD(name)                            \
    {                                          \
#name, offsetof(struct ref_hart, name) \
    }

static const struct {
    const char *name;
    size_t      at;
} fields[] = {
    FIELD(mcause), FIELD(mtval), FIELD(mepc),     FIELD(mstatus), FIELD(scause),
    FIELD(stval),  FIELD(sepc),  FIELD(usid),     FIELD(urid),    FIELD(uxid),
    FIELD(scmed),  FIELD(satp),  FIELD(switches),
};

static uint64_t field(const struct ref_hart *h, unsigned k)
{
    return *(const uint64_t *)((const char *)h + fields[k].at);
}

static bool differs(const char *what, uint64_t number, uint64_t want, uint64_t got, bool tell)
{
    if (want == got)
        return false;
    if (tell)
        print("  %s %x: model %x machine %x\n", what, number, want, got);
    return true;
}

static bool hart_differs(const struct ref_hart *want, const struct ref_hart *got, bool tell)
{
    bool differ = false;

    for (unsigned k = 0; k < sizeof(fields) / sizeof(fields[0]); k++)
        differ |= differs(fields[k].name, 0, field(want, k), field(got, k), tell);
    for (unsigned k = 1; k < 32; k++)
        differ |= differs("x", k, want->x[k], got->x[k], tell);
    if (!want->failed_unsure)
        differ |= differs("scc_failed", 0, want->failed, got->failed, tell);
    return differ;
}

static bool arena_differs(bool tell)
{
    const uint64_t *want = (const uint64_t *)shadow;
    unsigned        told = 0;
    bool            differ = false;

    for (size_t k = 0; k < ARENA_SIZE / 8; k++) {
        if (want[k] != arena[k])
            differ |= differs("memory at", ARENA_BASE + 8 * k, want[k], arena[k],
                              tell && told++ < 8);
    }
    return differ;
}

/* ---- telling --------------------------------------------------------------------------------------- */

static const char *const names[] = {"jalrs", "entry", "inval/reval", "prot", "grant",
                                    "tfer",  "recv",  "excl",        "jals"};

static const char *name_of(uint32_t insn)
{
    if ((insn & 0x7f) == 0x2b)
        return names[8];
    return (insn & 0x7f) == 0x0b ? names[insn >> 12 & 7] : "";
}

static uint32_t word_at_pc(const struct ref_hart *h)
{
    uint64_t at = h->pc - (h->priv == REF_M || h->satp >> 60 == 0 ? ARENA_BASE : w.code_va);

    if (at > CODE_PAGES * PAGE - 4)
        return 0;
    return (uint32_t)shadow[at] | (uint32_t)shadow[at + 1] << 8 | (uint32_t)shadow[at + 2] << 16 |
           (uint32_t)shadow[at + 3] << 24;
}

/* What the model does, instruction by instruction. */
static void tell_path(struct ref_hart h)
{
    for (unsigned k = 0; k < RUN_LIMIT && !h.stopped && !h.unknown; k++) {
        uint32_t insn = word_at_pc(&h);
        uint64_t rs1 = h.x[insn >> 15 & 31], rs2 = h.x[insn >> 20 & 31], usid = h.usid;
        unsigned priv = h.priv;

        print("  %s pc %x insn %x %s",
              priv == REF_U   ? "U"
              : priv == REF_S ? "S"
                              : "M",
              h.pc, (uint64_t)insn, name_of(insn));
        ref_step(&h);
        print(" usid %x rs1 %x rs2 %x rd %d was/is %x", usid, rs1, rs2, (uint64_t)(insn >> 7 & 31),
              h.x[insn >> 7 & 31]);
        if (h.stopped)
            print(" -> M cause %d tval %x", h.mcause, h.mtval);
        else if (h.priv == REF_S && h.pc == (h.stvec & ~3ull))
            print(" -> S cause %d tval %x", h.scause, h.stval);
        print("\n");
    }
}

static void tell_table(void)
{
    const uint32_t *m = (const uint32_t *)(shadow + (w.base - ARENA_BASE));

    print("  table at %x: R %x T %x M %x N %x", w.base, (uint64_t)m[0], (uint64_t)m[1],
          (uint64_t)m[2], (uint64_t)m[3]);
    if (w.mem.pmp_size)
        print("; pmp %x size %x rights %d", w.mem.pmp_base, w.mem.pmp_size,
              (uint64_t)w.mem.pmp_rights);
    print("\n");
}

/* ---- a step ---------------------------------------------------------------------------------------- */

/* Run the model from the state at hand; false if the outcome is not determined. */
static bool run_model(const struct ref_hart *from, struct ref_hart *to)
{
    *to = *from;
    to->failed = csr_read(CSR_SCC_FAILED);
    to->switches = csr_read(CSR_SCC_SWITCHES);
    ref_mem_mark(&w.mem);
    ref_run(to, RUN_LIMIT);
    if (!to->unknown)
        return true;
    ref_mem_undo(&w.mem);
    return false;
}

/* Run both from w.hart; true if they end differently. The arena may be left in either state. */
static bool disagree(bool tell)
{
    static struct ref_hart want, got;
    bool                   differ;

    world_put_program(&w);
    copy_to_arena();
    if (!run_model(&w.hart, &want))
        return false;
    run_machine(&w.hart, &got);
    got.failed_unsure = want.failed_unsure;
    differ = hart_differs(&want, &got, tell);
    differ |= arena_differs(tell);
    return differ;
}

/* Replace what can be replaced without making the difference go away. */
static void shrink(uint32_t *words, unsigned len)
{
    for (unsigned k = 0; k < len; k++) {
        uint32_t was = words[k];

        ref_mem_undo(&w.mem);
        words[k] = PROGRAM_NOPS;
        if (!disagree(false)) {
            words[k] = was;
        }
    }
}

static void report(uint64_t seed, uint64_t step)
{
    print("seed %d differs in step %d\n", seed, step);
    ref_mem_undo(&w.mem);
    shrink(w.program, w.program_len);
    shrink(w.handler, w.handler_len);
    ref_mem_undo(&w.mem);
    world_put_program(&w);
    tell_table();
    tell_path(w.hart);
    ref_mem_undo(&w.mem);
    if (!disagree(true))
        print("  and does not differ when it is repeated\n");
    fail();
}

static void count_step(const struct ref_hart *from, const struct ref_hart *to)
{
    uint32_t insn = word_at_pc(from);
    unsigned op = (insn & 0x7f) == 0x2b ? 8 : (insn & 0x7f) == 0x0b ? insn >> 12 & 7 : 9;

    seen.steps++;
    if (to->mcause < CAUSES)
        seen.causes[to->mcause]++;
    if (to->mepc == from->pc || to->sepc == from->pc)
        seen.failed[op]++;
    else
        seen.done[op]++;
}

static void step(uint64_t seed, uint64_t number)
{
    static struct ref_hart want, got;
    unsigned               tries = 0;

    do {
        if (tries++ == TRIES_LIMIT) {
            print("seed %d finds no step %d\n", seed, number);
            fail();
        }
        world_edit(&w);
        world_hart(&w);
        world_program(&w);
        world_put_program(&w);
        seen.skipped++;
    } while (!run_model(&w.hart, &want));
    seen.skipped--;

    /* The machine's arena is to be as the model's was: take the model's writes back, and repeat. */
    ref_mem_undo(&w.mem);
    copy_to_arena();
    run_model(&w.hart, &want);
    run_machine(&w.hart, &got);
    if (hart_differs(&want, &got, false) || arena_differs(false))
        report(seed, number);
    count_step(&w.hart, &want);
}

static void tell_counts(void)
{
    print("# %d seeds, %d steps, %d skipped, switches %d\n", seen.seeds, seen.steps, seen.skipped,
          csr_read(CSR_SCC_SWITCHES));
    print("# causes:");
    for (unsigned k = 0; k < CAUSES; k++) {
        if (seen.causes[k])
            print(" %d:%d", (uint64_t)k, seen.causes[k]);
    }
    print("\n# first instructions, done/trapped:");
    for (unsigned k = 0; k < 9; k++)
        print(" %s %d/%d", names[k], seen.done[k], seen.failed[k]);
    print("\n");
}

/* A decimal number and the character behind it. */
static uint64_t read_number(void)
{
    uint64_t n = 0;

    for (int c = serial_getc(); c >= '0' && c <= '9'; c = serial_getc())
        n = 10 * n + (uint64_t)(c - '0');
    return n;
}

/* The value of satp.MODE that selects a table (A.2.1); leaves satp Bare. */
static uint64_t table_mode(void)
{
    uint64_t mode;

    csr_write(CSR_SATP, 0);
    csr_write(CSR_SATP, 14ull << 60);
    mode = csr_read(CSR_SATP) >> 60 == 14 ? 14 : 15;
    csr_write(CSR_SATP, 0);
    return mode;
}

int main(void)
{
    uint64_t first = read_number(), count = read_number(), steps = read_number();

    csr_write(CSR_MTVEC, dive_vector);
    csr_write(CSR_MIE, MIE_TIMER);
    for (uint64_t seed = first; seed < first + count; seed++) {
        world_make(&w, seed, table_mode(), !(csr_read(CSR_MISA) & MISA_C), shadow);
        for (uint64_t k = 0; k < steps; k++) {
            progress = k;
            step(seed, k);
        }
        seen.seeds++;
    }
    tell_counts();
    return 0;
}
