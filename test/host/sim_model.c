/* SPDX-License-Identifier: Apache-2.0 */
/* sim_model.c - see sim_model.h. */
#include "sim_model.h"

#include <stdio.h>
#include <stdlib.h>

#include "kernel/frame.h"
#include "kernel/panic.h"
#include "lib/string.h"
#include "machine/cpu.h"
#include "riscv64-cells/hw.h"
#include "riscv64/satp.h"
#include "sim_kernel.h"
#include "sim_pmap.h"
#include "sim_vmspace.h"
#include "walk.h"

/* --- a hart ------------------------------------------------------------------------------ */

unsigned cpu_nharts = 1;

static uint64_t satp;

uint64_t satp_read(void)
{
    return satp;
}

void satp_switch(uint64_t to)
{
    satp = to;
}

void tlb_fence(void)
{
}

void tlb_fence_page(vaddr_t va)
{
    (void)va;
}

void hw_domains_init(void)
{
}

void shootdown_others(void)
{
}

void stop_others(void)
{
}

void resume_others(void (*fn)(void *arg), void *arg)
{
    (void)fn;
    (void)arg;
}

/* --- boot -------------------------------------------------------------------------------- */

paddr_t boot_alloc(struct bootinfo *bi, size_t len)
{
    paddr_t pa;

    (void)bi;
    if (frame_alloc_zeroed(pages_for(len), &pa))
        panic("no memory for the kernel's own map");
    return pa;
}

void sim_model_boot(void)
{
    struct bootinfo bi = {
        .text = {0x70200000, 0x31000},
        .rodata = {0x70231000, 0xf000},
        .data = {0x70240000, 0x20000},
        .window = {{0x70240000, 0x20000}, {SIM_RAM_BASE, RAM_PAGES * PAGE_SIZE}},
        .nwindow = 2,
        .mmio = {{0x10000000, 0x1000}},
        .nmmio = 1,
    };
    satp = pmap_bootstrap(&bi);
    pmap_init_hart();
}

/* --- what tests ask ---------------------------------------------------------------------- */

bool sim_access(struct pmap *pm, pmap_dom_t dom, vaddr_t va, unsigned access, paddr_t *pa)
{
    pmap_activate(pm);
    return walk_access(satp, dom, va, access, pa);
}

void sim_pmap_cut_runs(size_t npages)
{
    (void)npages; /* a real model's runs are as long as they are */
}

vaddr_t sim_page_va(size_t n)
{
    return n < ZONE_PAGES ? ZONE_LOW + (n << PAGE_SHIFT)
                          : ZONE_HIGH + ((n - ZONE_PAGES) << PAGE_SHIFT);
}

struct sim_page *sim_model_pages(struct pmap *pm)
{
    struct sim_page *pages = calloc(NPAGES, sizeof(*pages));

    for (size_t i = 0; i < NPAGES;) {
        struct pmap_run run;
        vaddr_t         va = sim_page_va(i);
        if (pmap_extract(pm, DOM, va, &run)) {
            i++;
            continue;
        }
        for (size_t k = 0; k < run.len && i < NPAGES; k += PAGE_SIZE)
            pages[i++] = (struct sim_page){true, run.prot, run.pa + k};
    }
    return pages;
}

void sim_model_check(struct pmap *pm)
{
    char what[200];

    if (!pmap_consistent(pm, what, sizeof(what)))
        panic(what);
}
