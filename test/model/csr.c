/* SPDX-License-Identifier: Apache-2.0
 *
 * csr.c - CSR accesses of the golden model: the registers of A.2.2, satp (A.2.6), and the few
 * standard ones that a trap handler uses.
 */
#include "ref.h"

enum {
    USID = 0x082,
    URID = 0x083,
    UXID = 0x084,
    SSTATUS = 0x100,
    STVEC = 0x105,
    SEPC = 0x141,
    SCAUSE = 0x142,
    STVAL = 0x143,
    SATP = 0x180,
    MSTATUS = 0x300,
    SCMED = 0x5c0,
    MTIR_FIRST = 0xbc0,
    MTIR_LAST = 0xbc4,
    SCC_WALKS = 0xdc0,
    SCC_FAILED = 0xdc3,
    SCC_SWITCHES = 0xdc4,
    SCC_FLUSHES = 0xdc5,
};

#define SSTATUS_KNOWN (STATUS_SIE | STATUS_SPIE | STATUS_SPP | STATUS_SUM | STATUS_MXR)

enum csr_op { OP_WRITE = 1, OP_SET, OP_CLEAR };

/* The table of A.2.2, then what the number says. */
static bool allowed(const struct ref_hart *h, unsigned csr, bool write)
{
    if (csr >= MTIR_FIRST && csr <= MTIR_LAST) /* A.2.5 */
        return false;
    if (h->priv == REF_U && ((csr == USID && write) || csr == UXID))
        return false;
    return ref_bits(csr, 9, 8) <= h->priv && !(write && ref_bits(csr, 11, 10) == 3);
}

/* The register's value; false if it is not known. */
static bool csr_get(const struct ref_hart *h, unsigned csr, uint64_t *v)
{
    switch (csr) {
    case USID:
        *v = h->usid;
        return true;
    case URID:
        *v = h->urid;
        return true;
    case UXID:
        *v = h->uxid;
        return true;
    case SCMED:
        *v = h->scmed;
        return true;
    case STVEC:
        *v = h->stvec;
        return true;
    case SEPC:
        *v = h->sepc;
        return true;
    case SCAUSE:
        *v = h->scause;
        return true;
    case STVAL:
        *v = h->stval;
        return true;
    case SATP:
        *v = h->satp;
        return true;
    case SCC_FAILED:
        *v = h->failed;
        return !h->failed_unsure;
    case SCC_SWITCHES:
        *v = h->switches;
        return true;
    default:
        return false;
    }
}

/* A.2.6. Sv39 to Sv57 are there, but not in the model. */
static bool satp_put(struct ref_hart *h, uint64_t v)
{
    uint64_t mode = v >> 60;

    if (mode >= 8 && mode <= 10)
        return ref_unknown(h, "page tables");
    if (mode == 0 || mode == h->mode) {
        h->satp = v;
        h->stale_allowed = false;
    }
    return true;
}

static bool csr_put(struct ref_hart *h, unsigned csr, uint64_t v)
{
    switch (csr) {
    case USID:
        h->usid = v;
        return true;
    case URID:
        h->urid = v;
        return true;
    case UXID:
        h->uxid = v;
        return true;
    case SCMED:
        h->scmed = v & 3;
        return true;
    case SEPC:
        h->sepc = v;
        return !(v & 1) || ref_unknown(h, "an odd sepc");
    case SCAUSE:
        h->scause = v;
        return true;
    case STVAL:
        h->stval = v;
        return true;
    case SATP:
        return satp_put(h, v);
    default:
        return ref_unknown(h, "a write to this CSR");
    }
}

/* The status registers are only set and cleared, bits the model knows, and not read. */
static bool status(struct ref_hart *h, unsigned csr, enum csr_op op, unsigned rd, uint64_t v)
{
    uint64_t known = csr == MSTATUS ? STATUS_KNOWN : SSTATUS_KNOWN;

    if (rd || op == OP_WRITE || (v & ~known))
        return ref_unknown(h, "this use of a status register");
    h->mstatus = op == OP_SET ? h->mstatus | v : h->mstatus & ~v;
    if ((h->mstatus & STATUS_MPP) == 2u << 11)
        return ref_unknown(h, "this privilege");
    return true;
}

static bool access(struct ref_hart *h, unsigned csr, enum csr_op op, unsigned rd, bool write,
                   uint64_t v)
{
    uint64_t old = 0;

    if (csr == MSTATUS || csr == SSTATUS)
        return status(h, csr, op, rd, v);
    if ((rd || op != OP_WRITE) && !csr_get(h, csr, &old))
        return ref_unknown(h, "the value of this CSR");
    if (write && !csr_put(h, csr, op == OP_WRITE ? v : op == OP_SET ? old | v : old & ~v))
        return false;
    if (rd)
        h->x[rd] = old;
    return true;
}

bool ref_csr(struct ref_hart *h, uint32_t insn)
{
    unsigned    csr = ref_bits(insn, 31, 20), field = ref_bits(insn, 19, 15);
    unsigned    rd = ref_bits(insn, 11, 7);
    enum csr_op op = ref_bits(insn, 13, 12);
    bool        immediate = ref_bits(insn, 14, 14), write = op == OP_WRITE || field != 0;

    if (!allowed(h, csr, write))
        return ref_raise(h, CAUSE_ILLEGAL, insn);
    if (!access(h, csr, op, rd, write, immediate ? field : h->x[field]))
        return false;
    h->pc += 4;
    return true;
}
