/* SPDX-License-Identifier: Apache-2.0 */
/* unwind.c - call chains without frame pointers: the code of a function tells who called it.
 *
 * A compiled function takes its frame with `addi sp, sp, -N` and keeps its return address there with
 * `sd ra, M(sp)` before it calls another. So what lies between a function's start and a pc in it says
 * how far up the caller's frame is. That is true of C as the kernel is compiled (tools/make/kernel.mk):
 * a function has one prologue, in front of everything that runs with the frame, no frame grows at run
 * time or is larger than an immediate, and no part of a function lies elsewhere. test/host/test_unwind.c
 * compares the answer with the compiler's own at every instruction of the kernels.
 *
 * This runs in a panic: whatever the stack holds, it reads the code and the stack that it was given and nothing
 * else, and it ends, because every step goes up the stack.
 */
#include "riscv64/unwind.h"

#include "machine/cpu.h"

#define WAY_MAX 1024 /* instructions: more than from any place to the next call or return */

extern char trap_entry[]; /* trapentry.inc; cpu_user_enter() follows it */

/* --- instructions that matter here --- */

enum effect {
    NONE,
    SP_ADD,   /* sp += value */
    SP_LOST,  /* sp is something else */
    RA_SAVE,  /* ra to value(sp) */
    RA_LOAD,  /* ra from value(sp) */
    CALL,     /* ra is changed */
    JUMP,     /* to pc + value */
    JUMP_REG, /* to nobody knows where: a switch's case, or a call by which the function ends */
    RETURN,
    STOP, /* nothing follows */
};

/* Bits [hi, lo] of insn, as bits [hi - lo + at, at]. */
static uint32_t field(uint32_t insn, unsigned hi, unsigned lo, unsigned at)
{
    return (insn >> lo & ((2u << (hi - lo)) - 1)) << at;
}

static int32_t sign_extend(uint32_t value, unsigned bits)
{
    return (int32_t)(value << (32 - bits)) >> (32 - bits);
}

/* Immediates, by the names of the instruction formats (RISC-V unprivileged ISA, 2.3 and 16.2). */
static int32_t imm_i(uint32_t insn)
{
    return sign_extend(field(insn, 31, 20, 0), 12);
}

static int32_t imm_s(uint32_t insn)
{
    return sign_extend(field(insn, 31, 25, 5) | field(insn, 11, 7, 0), 12);
}

static int32_t imm_j(uint32_t insn)
{
    return sign_extend(field(insn, 31, 31, 20) | field(insn, 30, 21, 1) | field(insn, 20, 20, 11) |
                           field(insn, 19, 12, 12),
                       21);
}

static int32_t imm_ci(uint32_t insn)
{
    return sign_extend(field(insn, 12, 12, 5) | field(insn, 6, 2, 0), 6);
}

static int32_t imm_ci_16sp(uint32_t insn)
{
    return sign_extend(field(insn, 12, 12, 9) | field(insn, 6, 6, 4) | field(insn, 5, 5, 6) |
                           field(insn, 4, 3, 7) | field(insn, 2, 2, 5),
                       10);
}

static int32_t imm_ci_ldsp(uint32_t insn)
{
    return (int32_t)(field(insn, 12, 12, 5) | field(insn, 6, 5, 3) | field(insn, 4, 2, 6));
}

static int32_t imm_css_sdsp(uint32_t insn)
{
    return (int32_t)(field(insn, 12, 10, 3) | field(insn, 9, 7, 6));
}

static int32_t imm_cj(uint32_t insn)
{
    return sign_extend(field(insn, 12, 12, 11) | field(insn, 11, 11, 4) | field(insn, 10, 9, 8) |
                           field(insn, 8, 8, 10) | field(insn, 7, 7, 6) | field(insn, 6, 6, 7) |
                           field(insn, 5, 3, 1) | field(insn, 2, 2, 5),
                       12);
}

static int32_t imm_none(uint32_t insn)
{
    (void)insn;
    return 0;
}

/* The first line that fits decides. */
static const struct pattern {
    uint32_t    mask, match;
    enum effect effect;
    int32_t (*value)(uint32_t insn);
} patterns[] = {
    {0xef83, 0x6101, SP_ADD, imm_ci_16sp},        /* c.addi16sp */
    {0xef83, 0x0101, SP_ADD, imm_ci},             /* c.addi sp, n */
    {0xe07f, 0xe006, RA_SAVE, imm_css_sdsp},      /* c.sdsp ra, n(sp) */
    {0xef83, 0x6082, RA_LOAD, imm_ci_ldsp},       /* c.ldsp ra, n(sp) */
    {0xffff, 0x8082, RETURN, imm_none},           /* c.jr ra */
    {0xffff, 0x9002, STOP, imm_none},             /* c.ebreak */
    {0xf07f, 0x8002, JUMP_REG, imm_none},         /* c.jr */
    {0xf07f, 0x9002, CALL, imm_none},             /* c.jalr */
    {0xe003, 0xa001, JUMP, imm_cj},               /* c.j */
    {0xef83, 0x4101, SP_LOST, imm_none},          /* c.li sp */
    {0xef83, 0x8102, SP_LOST, imm_none},          /* c.mv sp, c.add sp */
    {0xef83, 0x6102, SP_LOST, imm_none},          /* c.ldsp sp */
    {0x000fffff, 0x00010113, SP_ADD, imm_i},      /* addi sp, sp, n */
    {0x01fff07f, 0x00113023, RA_SAVE, imm_s},     /* sd ra, n(sp) */
    {0x000fffff, 0x00013083, RA_LOAD, imm_i},     /* ld ra, n(sp) */
    {0xffffffff, 0x00008067, RETURN, imm_none},   /* jalr zero, 0(ra) */
    {0x00000fff, 0x00000067, JUMP_REG, imm_none}, /* jalr zero */
    {0x00000fff, 0x0000006f, JUMP, imm_j},        /* jal zero */
    {0x00000fff, 0x000000e7, CALL, imm_none},     /* jalr ra */
    {0x00000fff, 0x000000ef, CALL, imm_none},     /* jal ra */
    {0xffffffff, 0x00100073, STOP, imm_none},     /* ebreak */
    {0xffffffff, 0x10200073, STOP, imm_none},     /* sret */
    {0x00000fff, 0x00000103, SP_LOST, imm_none},  /* sp loaded, */
    {0x00000fff, 0x00000113, SP_LOST, imm_none},  /* or the result of addi and its like, */
    {0x00000fff, 0x00000117, SP_LOST, imm_none},  /* auipc, */
    {0x00000fff, 0x0000011b, SP_LOST, imm_none},  /* addiw and its like, */
    {0x00000fff, 0x00000133, SP_LOST, imm_none},  /* add and its like, */
    {0x00000fff, 0x00000137, SP_LOST, imm_none},  /* lui, */
    {0x00000fff, 0x0000013b, SP_LOST, imm_none},  /* addw and its like, */
    {0x00000fff, 0x00000173, SP_LOST, imm_none},  /* csrrw and its like */
};

struct insn {
    enum effect effect;
    int32_t     value;
    unsigned    size; /* bytes */
};

/* At an even address; the code ends at end. */
static struct insn decode(uintptr_t at, uintptr_t end)
{
    const uint16_t *code = (const uint16_t *)at;
    bool            wide = (code[0] & 3) == 3;
    struct insn     insn = {NONE, 0, wide ? 4 : 2};

    if (wide && end - at < 4)
        return (struct insn){STOP, 0, 2};
    uint32_t bits = wide ? (uint32_t)code[1] << 16 | code[0] : code[0];
    for (size_t i = 0; i < ARRAY_LEN(patterns); i++)
        if ((bits & patterns[i].mask) == patterns[i].match) {
            insn.effect = patterns[i].effect;
            insn.value = patterns[i].value(bits);
            break;
        }
    return insn;
}

/* --- what they add up to --- */

/* What the code in front of pc has done, from start on. Behind a return or a jump the frame is what the prologue
 * had made it, unless there is another copy of the prologue. Exact where a call is made. */
static bool rule_from_start(uintptr_t start, uintptr_t end, uintptr_t pc, struct unwind_rule *rule)
{
    struct state {
        int32_t frame; /* sp is that far below where it was */
        int32_t saved; /* and ra is that far below it; 0: in the register */
    } now = {0, 0}, made = {0, 0};
    bool elsewhere = false; /* behind a return or a jump */

    for (uintptr_t at = start; at < pc;) {
        struct insn insn = decode(at, end);
        switch (insn.effect) {
        case SP_ADD:
            if (insn.value < 0 && elsewhere) {
                now = (struct state){0, 0};
                elsewhere = false;
            }
            now.frame -= insn.value;
            if (insn.value < 0)
                made = now;
            break;
        case RA_SAVE:
            if (now.saved) /* it is there; what is stored now is an intermediate result */
                break;
            now.saved = now.frame - insn.value;
            made = now;
            break;
        case RA_LOAD:
            if (now.saved == now.frame - insn.value)
                now.saved = 0;
            break;
        case JUMP:
        case JUMP_REG:
        case RETURN:
        case STOP:
            now = made;
            elsewhere = true;
            break;
        case SP_LOST:
            return false;
        case CALL:
        case NONE:
            break;
        }
        at += insn.size;
    }
    *rule = (struct unwind_rule){now.frame, now.saved ? now.frame - now.saved : UNWIND_RA};
    return true;
}

/* Somewhere else than where a call is made: pc may lie within a prologue or an epilogue, or beside the code that has
 * a frame. But the hart could go on from it to a call or a return, where the rule is known; what happens on the way
 * leads back from there to pc. */
struct way {
    uintptr_t at;
    int32_t   moved;  /* sp, since pc */
    int32_t   saved;  /* where ra was first saved on the way, from sp at pc; UNWIND_RA: nowhere */
    int32_t   loaded; /* where it was last loaded from */
};

/* One instruction further; false: the way ends with it. */
static bool way_step(struct way *way, uintptr_t end)
{
    struct insn insn = decode(way->at, end);

    switch (insn.effect) {
    case SP_ADD:
        way->moved += insn.value;
        break;
    case RA_SAVE:
        if (way->saved == UNWIND_RA)
            way->saved = way->moved + insn.value;
        break;
    case RA_LOAD:
        way->loaded = way->moved + insn.value;
        break;
    case JUMP:
        way->at += (uintptr_t)insn.value;
        return true;
    case NONE:
        break;
    default:
        return false;
    }
    way->at += insn.size;
    return true;
}

/* The rule at the end of a way. */
static bool rule_at_end(const struct way *way, uintptr_t start, uintptr_t end,
                        struct unwind_rule *rule)
{
    *rule = (struct unwind_rule){0, UNWIND_RA};
    if (way->at < start || way->at >= end || decode(way->at, end).effect == RETURN)
        return true;
    return rule_from_start(start, end, way->at, rule);
}

static bool rule_by_way(uintptr_t start, uintptr_t end, uintptr_t pc, struct unwind_rule *rule)
{
    struct way way = {pc, 0, UNWIND_RA, UNWIND_RA};

    struct unwind_rule last;

    for (unsigned i = 0; way.at >= start && way.at < end && way_step(&way, end); i++)
        if (i == WAY_MAX) /* a loop */
            return false;
    if (!rule_at_end(&way, start, end, &last))
        return false;
    rule->frame = way.moved + last.frame;
    rule->ra = last.ra == UNWIND_RA ? way.loaded : way.moved + last.ra;
    if (rule->ra == way.saved)
        rule->ra = UNWIND_RA; /* not yet */
    return true;
}

bool unwind_rule(uintptr_t start, uintptr_t end, uintptr_t pc, bool called,
                 struct unwind_rule *rule)
{
    if ((start | end | pc) & 1 || pc < start || pc > end)
        return false;
    if (!called && rule_by_way(start, end, pc, rule))
        return true;
    return rule_from_start(start, end, pc, rule);
}

/* --- from a frame to its caller's --- */

/* An object of that size lies on the stack at sp. */
static bool on_stack(uintptr_t sp, size_t size, const struct cpu_stack *stack)
{
    return !(sp & 7) && sp >= stack->lo && sp <= stack->hi && stack->hi - sp >= size;
}

/* The entry's code calls with sp at the trap frame, and what was interrupted stands in that. */
static bool interrupted(struct cpu_frame *frame, const struct cpu_stack *stack)
{
    const struct trapframe *tf = (const struct trapframe *)frame->sp;

    if (frame->exact || !on_stack(frame->sp, sizeof(*tf), stack) || trapframe_from_user(tf) ||
        tf->sp < frame->sp + sizeof(*tf))
        return false;
    *frame = (struct cpu_frame){.pc = tf->sepc, .sp = tf->sp, .ra = tf->ra, .exact = true};
    return true;
}

bool cpu_unwind(struct cpu_frame *frame, uintptr_t start, uintptr_t end,
                const struct cpu_stack *stack)
{
    if (frame->pc > (uintptr_t)trap_entry && frame->pc <= (uintptr_t)cpu_user_enter)
        return interrupted(frame, stack);

    struct unwind_rule rule = {0, UNWIND_RA};
    if (start == end ? !frame->exact : !unwind_rule(start, end, frame->pc, !frame->exact, &rule))
        return false;
    struct cpu_frame caller = {.pc = frame->ra, .sp = frame->sp + (uintptr_t)(intptr_t)rule.frame};
    if (rule.ra != UNWIND_RA) {
        uintptr_t at = frame->sp + (uintptr_t)(intptr_t)rule.ra;
        if (!on_stack(at, sizeof(caller.pc), stack))
            return false;
        caller.pc = *(const uintptr_t *)at;
    }
    /* Only the innermost function has its return address in the register, and only it may have no frame. */
    if (!frame->exact && (rule.ra == UNWIND_RA || caller.sp <= frame->sp))
        return false;
    if (caller.sp < frame->sp || !on_stack(caller.sp, 0, stack))
        return false;
    *frame = caller;
    return true;
}
