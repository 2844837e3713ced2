/* SPDX-License-Identifier: Apache-2.0 */
/* vmreport.c - what an address space tells about itself: maps, fault reports, numbers.
 *
 * A file is asked for its name without vs->mutex: it takes locks of directories, which come before
 * it (fs/vfs.h), and may read the disk. So areas are copied first.
 */
#include "kernel/pagecache.h"
#include "kernel/vmspace.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"

#define NAME_MAX_SHOWN 200

static void area_name(const struct area *area, char *buf, size_t size)
{
    if (area->file && area->file->ops->describe)
        area->file->ops->describe(area->file, buf, size);
    else
        strlcpy(buf, area->name ? area->name : "", size);
}

/* What every description of an area begins with. */
static size_t area_range(const struct area *area, char *buf, size_t size)
{
    return fmt_snprintf(buf, size, "%lx-%lx %c%c%c%c", area->start, area->end,
                        area->prot & PMAP_R ? 'r' : '-', area->prot & PMAP_W ? 'w' : '-',
                        area->prot & PMAP_X ? 'x' : '-', area->flags & AREA_SHARED ? 's' : 'p');
}

/* Linux's form: address range, rights, offset, device, inode, name from column 73 on. Device and
 * inode are not known here and are 0. */
static void area_line(const struct area *area, char *buf, size_t size)
{
    char   name[NAME_MAX_SHOWN];
    size_t n = area_range(area, buf, size);

    if (n < size)
        n += fmt_snprintf(buf + n, size - n, " %08lx 00:00 0",
                          (unsigned long)(area->file ? area->offset : 0));
    area_name(area, name, sizeof(name));
    if (name[0] && n < size)
        fmt_snprintf(buf + n, size - n, "%*s%s", n < 73 ? (int)(73 - n) : 1, "", name);
}

/* A copy of the first area that ends above va, with a reference of its own on the file. With
 * vs->mutex held. False: there is none. */
static bool copy_area(struct vmspace *vs, vaddr_t va, struct area *copy)
{
    const struct area *area = area_at_or_above(&vs->areas, va);
    if (!area)
        return false;

    *copy = *area;
    if (copy->file && copy->file->ops->acquire)
        copy->file->ops->acquire(copy->file);
    return true;
}

void vmspace_area_done(const struct area *copy)
{
    if (copy->file && copy->file->ops->release)
        copy->file->ops->release(copy->file);
}

/* With vs->mutex held. */
static size_t count_resident(struct vmspace *vs, const struct area *area)
{
    vaddr_t va = area->start;
    size_t  sum = 0;

    while (va < area->end && pmap_next(vs->pmap, va, area->end - va, &va) == 0) {
        struct pmap_run run;
        if (pmap_extract(vs->pmap, area->dom, va, &run))
            break;
        size_t len = run.len < area->end - va ? run.len : area->end - va;
        sum += len;
        va += len;
    }
    return sum;
}

int vmspace_next_area(struct vmspace *vs, vaddr_t va, struct area *out, size_t *resident)
{
    mutex_lock(&vs->mutex);
    bool found = copy_area(vs, va, out);
    if (found && resident)
        *resident = count_resident(vs, out);
    mutex_unlock(&vs->mutex);
    return found ? 0 : -ENOENT;
}

void vmspace_dump(struct vmspace *vs, void (*out)(void *arg, const char *line), void *arg)
{
    char        line[80 + NAME_MAX_SHOWN];
    struct area area = {.end = 0};

    for (;;) {
        mutex_lock(&vs->mutex);
        bool more = copy_area(vs, area.end, &area);
        mutex_unlock(&vs->mutex);
        if (!more)
            return;
        area_line(&area, line, sizeof(line));
        vmspace_area_done(&area);
        out(arg, line);
    }
}

void vmspace_dump_map(struct vmspace *vs, void (*out)(void *arg, const char *line), void *arg)
{
    mutex_lock(&vs->mutex);
    pmap_dump(vs->pmap, out, arg);
    mutex_unlock(&vs->mutex);
}

int vmspace_find_next(struct vmspace *vs, vaddr_t va, struct area *out)
{
    mutex_lock(&vs->mutex);
    struct area *area = area_at_or_above(&vs->areas, va);
    if (area)
        *out = *area;
    mutex_unlock(&vs->mutex);
    return area ? 0 : -ENOENT;
}

int vmspace_find(struct vmspace *vs, vaddr_t va, struct area *out)
{
    struct area area;
    int         err = vmspace_find_next(vs, va, &area);

    if (err || area.start > va)
        return -ENOENT;
    *out = area;
    return 0;
}

/* What is at an address. */
struct view {
    vaddr_t     va;
    bool        in_area;
    struct area area; /* that holds va, or the next one above it; all 0: there is none */
    char        map[120];
};

static void view_take(struct vmspace *vs, vaddr_t va, struct view *view)
{
    *view = (struct view){.va = va};
    mutex_lock(&vs->mutex);
    view->in_area = copy_area(vs, va, &view->area) && view->area.start <= va;
    if (view->in_area)
        pmap_describe(vs->pmap, va, view->map, sizeof(view->map));
    mutex_unlock(&vs->mutex);
}

/* No area holds the address: say what is next to it. */
static void describe_hole(const struct view *view, char *buf, size_t size)
{
    size_t below = view->area.start - view->va;

    if (view->va < USER_MIN)
        fmt_snprintf(buf, size, "below all memory (a null pointer?)");
    else if (view->va >= USER_END)
        fmt_snprintf(buf, size, "no user address");
    else if ((view->area.flags & AREA_STACK) && below < AREA_STACK_GAP)
        fmt_snprintf(buf, size, "%lu bytes below the stack's limit (stack overflow?)",
                     (unsigned long)below);
    else
        fmt_snprintf(buf, size, "in no area");
}

/* The area's name, or what it is without one. */
static void name_or_kind(const struct area *area, char *buf, size_t size)
{
    area_name(area, buf, size);
    if (!buf[0])
        strlcpy(buf, "anonymous memory", size);
}

static void describe_area(const struct view *view, char *buf, size_t size)
{
    char range[48], name[NAME_MAX_SHOWN];

    area_range(&view->area, range, sizeof(range));
    name_or_kind(&view->area, name, sizeof(name));
    fmt_snprintf(buf, size, "in area %s %s; %s", range, name, view->map);
}

/* Where the address is in what its area maps: the file and the offset in it. */
static void locate_in_area(const struct view *view, char *buf, size_t size)
{
    const struct area *area = &view->area;
    char               name[NAME_MAX_SHOWN];

    name_or_kind(area, name, sizeof(name));
    fmt_snprintf(buf, size, "%s+0x%lx", name,
                 (unsigned long)(view->va - area->start + (area->file ? area->offset : 0)));
}

void vmspace_describe_addr(struct vmspace *vs, vaddr_t va, char *buf, size_t size)
{
    struct view view;

    view_take(vs, va, &view);
    (view.in_area ? describe_area : describe_hole)(&view, buf, size);
    vmspace_area_done(&view.area);
}

void vmspace_locate_addr(struct vmspace *vs, vaddr_t va, char *buf, size_t size)
{
    struct view view;

    view_take(vs, va, &view);
    (view.in_area ? locate_in_area : describe_hole)(&view, buf, size);
    vmspace_area_done(&view.area);
}

void vmspace_stats(struct vmspace *vs, struct vmspace_stats *out)
{
    mutex_lock(&vs->mutex);
    *out = (struct vmspace_stats){.mapped = vs->mapped, .resident = vs->resident};
    for (struct area *a = area_first(&vs->areas); a; a = area_next(a))
        out->areas++;
    mutex_unlock(&vs->mutex);
}

void vmspace_map_stats(struct vmspace *vs, struct pmap_stats *out)
{
    mutex_lock(&vs->mutex);
    pmap_stats(vs->pmap, out);
    mutex_unlock(&vs->mutex);
}
