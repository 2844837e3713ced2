/* SPDX-License-Identifier: Apache-2.0 */
/* sim_kernel.h - what kernel code relies on, on the host: harts are threads, RAM is an arena.
 *
 * Spinlocks are real between host threads and check their order; sleeping with one held stops the
 * test, wait queues block the host thread, the heap is malloc (so that sanitizers watch it) and can
 * fail on demand. Frames are the kernel's own (link src/kernel/frame.c).
 */
#ifndef TEST_SIM_KERNEL_H
#define TEST_SIM_KERNEL_H

#include "kernel/thread.h"
#include "lib/types.h"

#define SIM_RAM_BASE 0x80000000ul

/* RAM of npages with garbage in it and a fresh frame allocator. */
void sim_ram(size_t npages);

/* The calling host thread's kernel thread, as user_run() and friends see it. */
struct thread *sim_thread(struct vmspace *vs, pmap_dom_t dom);

/* The n-th kmalloc from now fails (1: the next), once; 0: none. */
void sim_heap_fail_after(size_t n);

size_t sim_heap_blocks(void);  /* allocated now */
size_t sim_frames_free(void);  /* free now */
size_t sim_icache_syncs(void); /* so far */
size_t sim_sleepers(void);     /* host threads asleep on a wait queue now */

#endif
