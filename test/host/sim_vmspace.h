/* SPDX-License-Identifier: Apache-2.0 */
/* sim_vmspace.h - an address space and two files for each test of address spaces, and what programs
 * do there.
 *
 * The files are arrays behind page caches, as a file system's are. Memory is that of sim_kernel.h, the
 * map that of sim_pmap.h. Link sim_vmspace.c, sim_pmap.c and sim_kernel.c.
 */
#ifndef TEST_SIM_VMSPACE_H
#define TEST_SIM_VMSPACE_H

#include "kernel/pagecache.h"
#include "kernel/vmspace.h"
#include "sim_pmap.h"

#define NPAGES    (ZONES * ZONE_PAGES)
#define RAM_PAGES 4096
#define DOM       PMAP_DOM_FIRST
#define RW        (PMAP_R | PMAP_W)

#define NFILES     2 /* 0: mapped privately; 1: shared */
#define FILE_PAGES 40
#define FILE_SIZE  (FILE_PAGES * PAGE_SIZE - 1000)

struct test_file {
    struct pagecache pc;
    uint8_t          disk[FILE_PAGES * PAGE_SIZE];
    int              refs;
    bool             broken; /* reading fails */
};

extern struct test_file files[NFILES];
extern struct vmspace  *vs; /* one for each test */

/* Called when there is RAM and no address space yet, if not NULL. */
extern void (*sim_boot)(void);

/* Around each test. Afterwards every frame, kernel object and file reference must be back. */
#define VMSPACE_CASE(test) cmocka_unit_test_setup_teardown(test, vmspace_setup, vmspace_teardown)
int vmspace_setup(void **state);
int vmspace_teardown(void **state);

/* vmspace_map(), and the same at a fixed place, which must succeed. */
int     map(vaddr_t *va, struct area_spec spec);
vaddr_t map_at(vaddr_t hint, size_t npages, unsigned prot);

/* What user code does: access, fault, retry. 0 and the frame's byte, or the errno of the fault. */
int user_access(pmap_dom_t dom, vaddr_t va, unsigned access, uint8_t **byte);

/* The same for DOM: only the access, a byte read (or the errno), a byte written. */
int touch(vaddr_t va, unsigned access);
int peek(vaddr_t va);
int poke(vaddr_t va, uint8_t value);

/* The areas as the kernel dumps them, one a line; the caller frees the text. */
char *areas_text(void);
void  expect_areas(const char *expected);

#endif
