/* SPDX-License-Identifier: Apache-2.0 */
/* sim_machine.c - see sim_machine.h. */
#include "sim_machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/assert.h"
#include "lib/errno.h"
#include "machine/cpu.h"
#include "machine/layout.h"
#include "machine/upcall.h"
#include "riscv64-cells/hw.h"
#include "riscv64/satp.h"

#define NFRAMES (SIM_RAM_SIZE >> PAGE_SHIFT)

uintptr_t phys_window;
unsigned  cpu_nharts = 1;
uint64_t  sim_satp;
unsigned  sim_fences, sim_shootdowns;
void (*sim_on_fence)(void);
vaddr_t sim_fenced;

static uint8_t *arena;
static bool     taken[NFRAMES];
static size_t   used;
static unsigned fail_after;
static bool     failed, fail_always;

void sim_reset(void)
{
    if (!arena)
        arena = aligned_alloc(PAGE_SIZE, SIM_RAM_SIZE);
    phys_window = (uintptr_t)arena - SIM_RAM_BASE;
    memset(taken, 0, sizeof(taken));
    used = 0;
    sim_satp = 0;
    sim_fail_after(0);
    sim_fail_always(false);
    sim_on_fence = NULL;
}

void sim_fail_always(bool on)
{
    fail_always = on;
}

void sim_fail_after(unsigned n)
{
    fail_after = n;
    failed = false;
}

bool sim_failed(void)
{
    return failed;
}

size_t sim_frames_used(void)
{
    return used;
}

static size_t find_run(size_t n)
{
    size_t run = 0;
    for (size_t i = 0; i < NFRAMES; i++) {
        run = taken[i] ? 0 : run + 1;
        if (run == n)
            return i + 1 - n;
    }
    return NFRAMES;
}

int frame_alloc(size_t n, paddr_t *out)
{
    if (fail_always || (fail_after > 0 && --fail_after == 0)) {
        failed = true;
        return -ENOMEM;
    }
    size_t first = find_run(n);
    if (first == NFRAMES)
        return -ENOMEM;
    memset(taken + first, true, n);
    used += n;
    *out = SIM_RAM_BASE + first * PAGE_SIZE;
    memset(phys_ptr(*out), 0xa5, n * PAGE_SIZE);
    return 0;
}

void frame_free(paddr_t pa, size_t n)
{
    size_t first = (pa - SIM_RAM_BASE) >> PAGE_SHIFT;
    for (size_t i = first; i < first + n; i++)
        ASSERT(i < NFRAMES && taken[i]);
    memset(taken + first, false, n);
    memset(phys_ptr(pa), 0x5a, n * PAGE_SIZE);
    used -= n;
}

paddr_t boot_alloc(struct bootinfo *bi, size_t len)
{
    (void)bi;
    paddr_t pa;
    int     err = frame_alloc(pages_for(len), &pa);
    ASSERT(err == 0);
    memset(phys_ptr(pa), 0, pages_for(len) * PAGE_SIZE);
    return pa;
}

void sim_bootinfo(struct bootinfo *bi)
{
    *bi = (struct bootinfo){
        .text = {0x80200000, 0x31000},
        .rodata = {0x80231000, 0xf000},
        .data = {0x80240000, 0x20000},
        .window = {{0x80080000, 0x180000}, {0x80240000, 0x7dc0000}, {0x90000000, 0x40000000}},
        .nwindow = 3,
        .mmio = {{0x100000, 0x1000},
                 {0xc000000, 0x600000},
                 {0x10000000, 0x1000},
                 {0x10001000, 0x8000}},
        .nmmio = 4,
    };
}

void shootdown_others(void)
{
    sim_shootdowns++;
}

bool sim_stopped;
void (*sim_on_stop)(void);

void stop_others(void)
{
    ASSERT(!sim_stopped);
    sim_stopped = true;
    if (sim_on_stop)
        sim_on_stop();
}

/* The other harts that there might be find fn(arg) harmless to call again. */
void resume_others(void (*fn)(void *arg), void *arg)
{
    ASSERT(sim_stopped);
    fn(arg);
    sim_stopped = false;
}

void assert_failed(const char *expr, const char *file, int line)
{
    fprintf(stderr, "assertion failed: %s (%s:%d)\n", expr, file, line);
    abort();
}

/* --- the hart, for either model --- */

static void fence(vaddr_t page)
{
    sim_fenced = page;
    sim_fences++;
    if (sim_on_fence)
        sim_on_fence();
}

uint64_t satp_read(void)
{
    return sim_satp;
}

void satp_switch(uint64_t satp)
{
    sim_satp = satp;
    fence(SIM_ALL_PAGES);
}

void tlb_fence(void)
{
    fence(SIM_ALL_PAGES);
}

void tlb_fence_page(vaddr_t va)
{
    fence(ALIGN_DOWN(va, PAGE_SIZE));
}

void hw_domains_init(void)
{
}
