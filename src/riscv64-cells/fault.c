/* SPDX-License-Identifier: Apache-2.0 */
/* fault.c - what a trap means to the cells model.
 *
 * Every failure on a cell that an edit hides may be spurious: page faults, but also cause 24 of
 * the compartment instructions and cause 28 of a switch (B.2.7). The caller holds the map's lock,
 * so no edit is under way when the table is looked at again here; if it allows the access, the
 * instruction is tried once more.
 */
#include "lib/assert.h"
#include "riscv64-cells/model.h"
#include "riscv64-cells/traprot.h"
#include "riscv64/satp.h"

enum meaning {
    OTHER,   /* stval is no address; so it is of 25 to 27, broken rules and what B.1.3 forbids */
    PAGE,    /* page fault */
    REFUSED, /* access fault */
    ADDRESS, /* 24: a compartment instruction found no cell */
    ENTRY,   /* 28: a switch to something that is no entry */
};

/* A.8, and the base architecture's table. */
static const struct {
    uint8_t meaning, access;
} causes[] = {
    [1] = {REFUSED, PMAP_X}, [5] = {REFUSED, PMAP_R}, [7] = {REFUSED, PMAP_W},
    [12] = {PAGE, PMAP_X},   [13] = {PAGE, PMAP_R},   [15] = {PAGE, PMAP_W},
    [24] = {ADDRESS, 0},     [28] = {ENTRY, PMAP_X},
};

static bool allows(const struct celltable *t, size_t slot, uint64_t dom, unsigned access)
{
    return dom < t->doms && (t->cell[slot].hi & CELL_VALID) &&
           (perm_usable(*celltable_byte(t, dom, slot)) & access << 1);
}

/* The slot that maps va for users, or 0. */
static size_t user_slot(struct celltable *t, vaddr_t va)
{
    return va < USER_END ? celltable_find(t, va >> PAGE_SHIFT) : 0;
}

static enum fault_kind page_fault(struct celltable *t, const struct fault *f)
{
    size_t slot = user_slot(t, f->va);
    if (slot == 0)
        return FAULT_UNMAPPED;
    if (!allows(t, slot, f->dom, f->access))
        return FAULT_PROTECTION;
    tlb_fence();
    return FAULT_HANDLED;
}

/* Any lookup that succeeds now makes the instruction succeed or fail for another reason. */
static enum fault_kind address_fault(struct celltable *t, const struct fault *f)
{
    if (f->va >= USER_END)
        return FAULT_DOMAIN;
    return user_slot(t, f->va) ? FAULT_HANDLED : FAULT_UNMAPPED;
}

/* Two bytes of user memory, by way of the frames. */
static bool user_half(struct celltable *t, vaddr_t va, uint16_t *half)
{
    size_t slot = user_slot(t, va);
    if (slot == 0 || (va & 1))
        return false;
    uint64_t page = celltable_ppn(t, slot) + ((va >> PAGE_SHIFT) - celltable_start(t, slot));
    *half = *(const uint16_t *)phys_ptr((page << PAGE_SHIFT) + (va & PAGE_MASK));
    return true;
}

static bool user_word(struct celltable *t, vaddr_t va, uint32_t *word)
{
    uint16_t low, high;
    if (!user_half(t, va, &low) || !user_half(t, va + 2, &high))
        return false;
    *word = low | (uint32_t)high << 16;
    return true;
}

#define INSN_ENTRY       0x0000100bu /* A.7.2 */
#define INSN_JALS        0x2bu       /* A.6.1: opcode */
#define INSN_JALRS       0x0bu       /* opcode, funct3 0, funct7 0 */
#define INSN_JALRS_MASK  0xfe00707fu
#define INSN_OPCODE_MASK 0x7fu

/* The domain that the switch at sepc is to. */
static bool switch_target(struct celltable *t, const struct trapframe *tf, uint64_t *dom)
{
    uint32_t insn;
    if (!user_word(t, tf->sepc, &insn))
        return false;
    if ((insn & INSN_OPCODE_MASK) == INSN_JALS)
        *dom = tf->x[insn >> 7 & 31];
    else if ((insn & INSN_JALRS_MASK) == INSN_JALRS)
        *dom = tf->x[insn >> 20 & 31];
    else
        return false;
    return true;
}

/* A switch to code that is not in memory yet must be able to wait for it as a jump can, and
 * one to a cell that was hidden has to be tried again. */
static enum fault_kind entry_fault(struct celltable *t, const struct trapframe *tf,
                                   const struct fault *f)
{
    if (f->va >= USER_END)
        return FAULT_DOMAIN;
    size_t slot = user_slot(t, f->va);
    if (slot == 0)
        return FAULT_UNMAPPED;

    uint64_t dom;
    uint32_t target;
    bool     one_page = (f->va & PAGE_MASK) <= PAGE_SIZE - sizeof(target);
    if (one_page && switch_target(t, tf, &dom) && allows(t, slot, dom, PMAP_X) &&
        user_word(t, f->va, &target) && target == INSN_ENTRY)
        return FAULT_HANDLED;
    return FAULT_DOMAIN;
}

void pmap_fault_decode(struct pmap *pm, const struct trapframe *tf, struct fault *f)
{
    struct celltable *t = model_table(pm);
    enum meaning      meaning = tf->scause < sizeof(causes) / sizeof(causes[0])
                                    ? (enum meaning)causes[tf->scause].meaning
                                    : OTHER;

    f->cause = tf->scause;
    f->va = tf->stval;
    f->dom = trapframe_from_user(tf) ? (pmap_dom_t)tf->dom : PMAP_DOM_KERNEL;
    f->access = meaning == OTHER ? PMAP_NONE : causes[tf->scause].access;
    if (meaning == PAGE)
        f->kind = page_fault(t, f);
    else if (meaning == ADDRESS)
        f->kind = address_fault(t, f);
    else if (meaning == ENTRY)
        f->kind = entry_fault(t, tf, f);
    else
        f->kind = meaning == REFUSED ? FAULT_ACCESS : FAULT_NONE;
}

void pmap_trap_bad_domain(const struct trapframe *tf)
{
    (void)tf;
    assert_failed("1 <= tf->dom && tf->dom <= pmap_trap_limit", "src/riscv64-cells/traprot.S", 0);
}
