/*
 * SecureCells: disassembly of the instructions of A.6.1. QEMU's disassembler
 * does the rest, so this one is put in front of it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "cpu.h"
#include "disas/dis-asm.h"

#define INSN_BYTES      4

/* Operands, in the order they are written. */
typedef enum Operands {
    NONE,
    RD_LABEL,
    RS1,
    RS1_RS2,
    RS1_RS2_IMM,
    RD_RS1_RS2,
} Operands;

typedef struct Mnemonic {
    const char *name;
    uint32_t match;
    uint32_t mask;
    Operands operands;
} Mnemonic;

static const Mnemonic mnemonics[] = {
    { "jals",  0x0000002b, 0x0000007f, RD_LABEL },
    { "jalrs", 0x0000000b, 0xfe00707f, RD_RS1_RS2 },
    { "entry", 0x0000100b, 0xffffffff, NONE },
    { "inval", 0x8000200b, 0xfff07fff, RS1 },
    { "reval", 0x0000200b, 0xfe007fff, RS1_RS2 },
    { "prot",  0x0000300b, 0xfe007fff, RS1_RS2 },
    { "grant", 0x0000400b, 0x0000707f, RS1_RS2_IMM },
    { "tfer",  0x0000500b, 0x0000707f, RS1_RS2_IMM },
    { "recv",  0x0000600b, 0x0000707f, RS1_RS2_IMM },
    { "excl",  0x0000700b, 0xfe00707f, RD_RS1_RS2 },
};

static const Mnemonic *find_mnemonic(uint32_t insn)
{
    for (size_t i = 0; i < ARRAY_SIZE(mnemonics); i++) {
        if ((insn & mnemonics[i].mask) == mnemonics[i].match) {
            return &mnemonics[i];
        }
    }
    return NULL;
}

static int64_t imm_s(uint32_t insn)
{
    return (int64_t)sextract32(insn, 25, 7) * 32 + extract32(insn, 7, 5);
}

static int64_t imm_j(uint32_t insn)
{
    return (int64_t)sextract32(insn, 31, 1) * (1 << 20) +
           (extract32(insn, 12, 8) << 12 | extract32(insn, 20, 1) << 11 |
            extract32(insn, 21, 10) << 1);
}

/* "x10/a0" is how the CPU's register dump calls it; we want the second half. */
static const char *reg(uint32_t insn, int pos)
{
    /* "x10/a0" */
    return strchr(riscv_int_regnames[extract32(insn, pos, 5)], '/') + 1;
}

static void print_operands(struct disassemble_info *info, Operands operands,
                           bfd_vma pc, uint32_t insn)
{
    const char *rd = reg(insn, 7), *rs1 = reg(insn, 15), *rs2 = reg(insn, 20);

    switch (operands) {
    case NONE:
        break;
    case RD_LABEL:
        info->fprintf_func(info->stream, "%s,%" PRId64 " # 0x%" PRIx64, rd,
                           imm_j(insn), (uint64_t)(pc + imm_j(insn)));
        break;
    case RS1:
        info->fprintf_func(info->stream, "%s", rs1);
        break;
    case RS1_RS2:
        info->fprintf_func(info->stream, "%s,%s", rs1, rs2);
        break;
    case RS1_RS2_IMM:
        info->fprintf_func(info->stream, "%s,%s,%" PRId64, rs1, rs2,
                           imm_s(insn));
        break;
    case RD_RS1_RS2:
        info->fprintf_func(info->stream, "%s,%s,%s", rd, rs1, rs2);
        break;
    }
}

static int print_insn(bfd_vma pc, struct disassemble_info *info)
{
    bfd_byte code[INSN_BYTES];
    const Mnemonic *m = NULL;
    uint32_t insn = 0;

    /* The last instruction of a buffer may be shorter: not one of ours. */
    if (info->read_memory_func(pc, code, INSN_BYTES, info) == 0) {
        insn = bfd_getl32(code);
        m = find_mnemonic(insn);
    }
    if (!m) {
        return print_insn_riscv64(pc, info);
    }
    info->fprintf_func(info->stream, "%08" PRIx32 "          %-16s", insn,
                       m->name);
    print_operands(info, m->operands, pc, insn);
    return INSN_BYTES;
}

void seccells_disas_set_info(CPURISCVState *env, struct disassemble_info *info)
{
    if (env_archcpu(env)->cfg.ext_seccells) {
        info->print_insn = print_insn;
    }
}
