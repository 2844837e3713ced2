/* SPDX-License-Identifier: Apache-2.0
 *
 * sc.c - see sc.h. Relies on start.S leaving a0, a1 and t0 of the entered code in the frame.
 */
#include "lib/sc.h"

#define A0 10u
#define A1 11u
#define T0 5u

#define RET 0x00008067u

const enum mode sc_modes[3] = {MODE_U, MODE_S, MODE_M};

uint32_t sc_code[4] __attribute__((aligned(16)));

static struct table watched, shadow;
static uint8_t      shadow_space[SHADOW_BYTES] __attribute__((aligned(4096)));

/* ---- encoding, A.6.1 --------------------------------------------------------------------- */

static uint32_t type_r(uint32_t funct3, uint32_t funct7, uint32_t rd, uint32_t rs2)
{
    return funct7 << 25 | rs2 << 20 | A0 << 15 | funct3 << 12 | rd << 7 | 0x0b;
}

static uint32_t type_s(uint32_t funct3, uint64_t imm)
{
    uint32_t low = imm & 31, high = imm >> 5 & 127;

    return high << 25 | A1 << 20 | A0 << 15 | funct3 << 12 | low << 7 | 0x0b;
}

static uint32_t type_j(uint64_t offset)
{
    uint32_t o = (uint32_t)offset;

    return (o >> 20 & 1) << 31 | (o >> 1 & 0x3ff) << 21 | (o >> 11 & 1) << 20 |
           (o >> 12 & 0xff) << 12 | A1 << 7 | 0x2b;
}

uint32_t sc_word(struct sc i)
{
    switch (i.name) {
    case JALS:
        return type_j(i.addr - (uint64_t)sc_code);
    case JALRS:
        return type_r(0, 0, T0, A1);
    case PROT:
        return type_r(3, 0, 0, A1);
    case GRANT:
        return type_s(4, i.p);
    case TFER:
        return type_s(5, i.p);
    case RECV:
        return type_s(6, i.p);
    case EXCL:
        return type_r(7, 0, A0, A1);
    case INVAL:
        return type_r(2, 0x40, 0, 0);
    case REVAL:
        return type_r(2, 0, 0, A1);
    default:
        print("sc_word: no such instruction\n");
        fail();
    }
}

static bool has_sd(struct sc i)
{
    return i.name == JALS || i.name == JALRS || (i.name >= GRANT && i.name <= RECV);
}

static uint64_t second_operand(struct sc i)
{
    return has_sd(i) ? i.sd : i.p;
}

struct outcome sc_exec(enum mode mode, struct sc i)
{
    volatile uint32_t *code = sc_code;

    code[0] = sc_word(i);
    code[1] = RET;
    __asm__ volatile("fence.i" ::: "memory");
    return enter(mode, (uint64_t)sc_code, i.addr, second_operand(i));
}

/* ---- the table --------------------------------------------------------------------------- */

static uint64_t words_of(const struct table *t)
{
    return TABLE_BYTES(t->T, t->R) / sizeof(uint64_t);
}

static void shadow_take(void)
{
    volatile uint64_t *to = (uint64_t *)shadow.base, *from = (uint64_t *)watched.base;

    for (uint64_t k = 0; k < words_of(&watched); k++)
        to[k] = from[k];
}

struct table sc_watch(const struct table *t)
{
    watched = *t;
    shadow = (struct table){(uint64_t)shadow_space, t->T, t->R};
    if (TABLE_BYTES(t->T, t->R) > SHADOW_BYTES) {
        print("sc_watch: the table is too big\n");
        fail();
    }
    shadow_take();
    return shadow;
}

/* Which byte of the table this is, as securecells.md calls it. */
static void print_place(uint64_t offset)
{
    uint64_t pt = 1024 * watched.T, gt = pt + 64 * watched.T * watched.R;

    if (offset < pt)
        print("descriptor %d, byte %d", offset / 16, offset % 16);
    else if (offset < gt)
        print("PT(%d,%d)", (offset - pt) / (64 * watched.T), (offset - pt) % (64 * watched.T));
    else
        print("GT(%d,%d), byte %d", (offset - gt) / (256 * watched.T),
              (offset - gt) / 4 % (64 * watched.T), offset % 4);
}

static void compare_bytes(const char *file, int line, uint64_t offset)
{
    volatile uint8_t *got = (uint8_t *)watched.base, *want = (uint8_t *)shadow.base;

    while (got[offset] == want[offset])
        offset++;
    print("%s:%d: ", file, (uint64_t)line);
    print_place(offset);
    print(": expected %x got %x (step %d)\n", (uint64_t)want[offset], (uint64_t)got[offset],
          progress);
    fail();
}

void check_as_shadow(const char *file, int line)
{
    volatile uint64_t *got = (uint64_t *)watched.base, *want = (uint64_t *)shadow.base;

    for (uint64_t k = 0; k < words_of(&watched); k++)
        if (got[k] != want[k])
            compare_bytes(file, line, 8 * k);
}

/* ---- judging ----------------------------------------------------------------------------- */

uint64_t check_done(const char *file, int line, enum mode mode, struct sc i)
{
    struct sds before = sds_read();
    uint64_t   value = check_returned(file, line, sc_exec(mode, i));

    check_sds(file, line, before.usid, before.urid, before.uxid);
    check_as_shadow(file, line);
    return value;
}

void check_refused(const char *file, int line, enum mode mode, struct sc i, uint64_t cause,
                   uint64_t tval)
{
    struct sds     before = sds_read();
    struct outcome o;

    shadow_take();
    o = sc_exec(mode, i);
    check_equal(file, line, "epc", check_trap(file, line, o, TRAP_M, cause, tval),
                (uint64_t)sc_code);
    check_sds(file, line, before.usid, before.urid, before.uxid);
    check_equal(file, line, "a0", o.x[A0], i.addr);
    check_equal(file, line, "a1", o.x[A1], second_operand(i));
    check_equal(file, line, "ra", o.x[1], (uint64_t)leave);
    check_as_shadow(file, line);
}

void check_switched(const char *file, int line, enum mode mode, struct sc i, unsigned k)
{
    struct sds     before = sds_read();
    struct outcome o = sc_exec(mode, i);
    unsigned       rd = i.name == JALS ? A1 : T0;

    check_equal(file, line, "code switched to", check_returned(file, line, o), k);
    check_equal(file, line, "rd", o.x[rd], (uint64_t)sc_code + 4);
    check_sds(file, line, i.sd, before.usid, before.uxid);
    check_as_shadow(file, line);
}

void put_entry(uint64_t pa, unsigned k)
{
    *(volatile uint16_t *)pa = INSN_ENTRY & 0xffff;
    *(volatile uint16_t *)(pa + 2) = INSN_ENTRY >> 16;
    put_code(pa + 4, k);
}
