/* SPDX-License-Identifier: Apache-2.0 */
/* vdso.c - mapping the vdso and keeping its data: see vdso.h.
 *
 * The data is ordinary memory of the program, which it cannot write to. The kernel finds it by its name:
 * a program may unmap it, or move it together with the code, and what is at its first place then is none
 * of the kernel's business.
 */
#include "unix/vdso.h"

#include "kernel/time.h"
#include "lib/string.h"
#include "unix/poke.h"
#include "unix/process.h"

static const char data_name[] = "[vvar]";

/* vdso_image.S */
extern const char vdso_image[], vdso_image_end[];

/* Neither page can be thrown away by a word of advice: nobody would fill it again. */
static int map_data(struct vmspace *vs)
{
    struct vdso_data data = {
        .ns_per_tick = time_ns_per_tick(),
        .wall_offset_ns = time_wall_offset_ns(),
    };
    struct area_spec spec = {
        .hint = VDSO_DATA_VA,
        .len = PAGE_SIZE,
        .prot = PMAP_R,
        .flags = AREA_FIXED_NOREPLACE | AREA_READ_ONLY | AREA_LOCKED,
        .name = data_name,
    };
    vaddr_t va;
    int     err = vmspace_map(vs, &spec, &va);
    return err ? err : poke(vs, va, &data, sizeof(data), PMAP_R);
}

/* It becomes executable only when the code is there: that is when the hart fetches it anew. */
static int map_code(struct vmspace *vs)
{
    struct area_spec spec = {
        .hint = VDSO_VA,
        .len = PAGE_SIZE,
        .prot = PMAP_R | PMAP_W,
        .flags = AREA_FIXED_NOREPLACE | AREA_LOCKED,
        .name = "[vdso]",
    };
    vaddr_t va;
    int     err = vmspace_map(vs, &spec, &va);
    if (!err)
        err = poke(vs, va, vdso_image, (size_t)(vdso_image_end - vdso_image), PMAP_W);
    return err ? err : vmspace_protect(vs, PMAP_DOM_FIRST, va, PAGE_SIZE, PMAP_R | PMAP_X);
}

int vdso_map(struct vmspace *vs)
{
    int err = map_data(vs);
    return err ? err : map_code(vs);
}

/* Where the program has the data now; 0: nowhere. */
static vaddr_t find_data(struct vmspace *vs)
{
    struct area area;
    for (vaddr_t va = 0; vmspace_find_next(vs, va, &area) == 0; va = area.end) {
        if (area.name == data_name)
            return area.start;
    }
    return 0;
}

static void set_word(size_t offset, uint64_t value)
{
    vaddr_t va = find_data(the_process.vmspace);
    if (va)
        poke_word(the_process.vmspace, va + offset, value);
}

void vdso_time_changed(void)
{
    set_word(offsetof(struct vdso_data, wall_offset_ns), time_wall_offset_ns());
}

void vdso_set_zone(const struct abi_timezone *zone)
{
    uint64_t both;
    memcpy(&both, zone, sizeof(both));
    set_word(offsetof(struct vdso_data, zone), both);
}
