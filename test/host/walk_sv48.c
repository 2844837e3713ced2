/* SPDX-License-Identifier: Apache-2.0 */
/* walk_sv48.c - address translation of the RISC-V privileged architecture (4.3.2) as a program. */
#include "walk.h"

#include <string.h>

#include "machine/layout.h"

static uint64_t read_pte(uint64_t pa)
{
    uint64_t v;
    memcpy(&v, phys_ptr(pa), 8);
    return v;
}

bool walk_access(uint64_t satp, unsigned dom, uint64_t va, unsigned access, uint64_t *pa)
{
    if (satp >> 60 != 9)
        return false;

    uint64_t a = (satp & 0xfffffffffffull) << 12, at, pte;
    int      level = 3;
    for (;; level--) {
        at = a + (va >> (12 + 9 * level) & 511) * 8;
        pte = read_pte(at);
        if (!(pte & 1) || (pte & 6) == 4) /* step 3 */
            return false;
        if (pte & 0xa) /* step 4: a leaf */
            break;
        if (level == 0)
            return false;
        a = (pte >> 10 & 0xfffffffffffull) << 12;
    }

    unsigned need = access == PMAP_R ? 2 : access == PMAP_W ? 4 : 8;
    if (!(pte & need) || (pte >> 4 & 1) != (dom != 0)) /* step 5; SUM = MXR = 0 */
        return false;
    uint64_t ppn = pte >> 10 & 0xfffffffffffull, low = (1ull << 9 * level) - 1;
    if (ppn & low) /* step 6 */
        return false;
    pte |= 0x40 | (access == PMAP_W ? 0x80 : 0); /* step 7 */
    memcpy(phys_ptr(at), &pte, 8);
    *pa = ((ppn | (va >> 12 & low)) << 12) + (va & 4095); /* step 8 */
    return true;
}

/* Tables below one, in user space only: the window's are shared. */
static size_t count(uint64_t table, int level, uint64_t va)
{
    size_t n = 1;
    for (int i = 0; i < 512 && va < USER_END; i++, va += 4096ull << 9 * level) {
        uint64_t pte = read_pte(table + 8 * (uint64_t)i);
        if (level > 0 && (pte & 0xf) == 1)
            n += count((pte >> 10 & 0xfffffffffffull) << 12, level - 1, va);
    }
    return n;
}

size_t walk_frames(uint64_t satp)
{
    return count((satp & 0xfffffffffffull) << 12, 3, 0);
}

long walk_ranges(uint64_t satp)
{
    (void)satp;
    return -1;
}
