/* SPDX-License-Identifier: Apache-2.0 */
/* sim_machine.h - what a memory model needs of a machine, for host tests: RAM, frames, one hart.
 *
 * RAM is an arena behind the window, so that phys_ptr() works. Frames are filled with rubbish
 * when they are given out and when they come back. The hart has a satp and nothing else; the
 * tests walk the tables themselves (walk.h).
 */
#ifndef TEST_SIM_MACHINE_H
#define TEST_SIM_MACHINE_H

#include "lib/types.h"
#include "machine/bootinfo.h"

#define SIM_RAM_BASE 0x80000000ull
#define SIM_RAM_SIZE (24ull << 20)

#define SIM_ALL_PAGES UINT64_MAX

extern uint64_t sim_satp;
extern unsigned sim_fences;        /* times this hart dropped translations */
extern unsigned sim_shootdowns;    /* times the others did */
extern void (*sim_on_fence)(void); /* called at each fence, if not NULL */
extern vaddr_t sim_fenced;         /* the page that the last fence was for; SIM_ALL_PAGES */
extern bool    sim_stopped;        /* the others are: between stop_others() and resume_others() */
extern void (*sim_on_stop)(void);  /* called when they have stopped, if not NULL */

/* Start over: all RAM free, satp 0, no failure planned. */
void sim_reset(void);

/* A machine with a kernel image and some devices; RAM from its middle on is free for
 * boot_alloc(). */
void sim_bootinfo(struct bootinfo *bi);

size_t sim_frames_used(void);

/* The n-th frame_alloc() from now fails, once; 0: none. */
void sim_fail_after(unsigned n);
bool sim_failed(void);         /* that it happened */
void sim_fail_always(bool on); /* all of them, until told otherwise */

#endif
