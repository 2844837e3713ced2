/* SPDX-License-Identifier: Apache-2.0 */
/* vmreport.c - what an address space tells about itself: maps, fault reports, numbers. */
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

void vmspace_dump(struct vmspace *vs, void (*out)(void *arg, const char *line), void *arg)
{
    char line[80 + NAME_MAX_SHOWN];

    mutex_lock(&vs->mutex);
    for (struct area *a = area_first(&vs->areas); a; a = area_next(a)) {
        area_line(a, line, sizeof(line));
        out(arg, line);
    }
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

/* No area holds va: say what is next to it. */
static void describe_hole(struct vmspace *vs, vaddr_t va, char *buf, size_t size)
{
    struct area *above = area_at_or_above(&vs->areas, va);

    if (va < USER_MIN)
        fmt_snprintf(buf, size, "below all memory (a null pointer?)");
    else if (va >= USER_END)
        fmt_snprintf(buf, size, "no user address");
    else if (above && (above->flags & AREA_STACK) && above->start - va < AREA_STACK_GAP)
        fmt_snprintf(buf, size, "%lu bytes below the stack's limit (stack overflow?)",
                     (unsigned long)(above->start - va));
    else
        fmt_snprintf(buf, size, "in no area");
}

static void describe_locked(struct vmspace *vs, vaddr_t va, char *buf, size_t size)
{
    struct area *area = area_find(&vs->areas, va);
    if (!area) {
        describe_hole(vs, va, buf, size);
        return;
    }

    char range[48], name[NAME_MAX_SHOWN], map[120];
    area_range(area, range, sizeof(range));
    area_name(area, name, sizeof(name));
    pmap_describe(vs->pmap, va, map, sizeof(map));
    fmt_snprintf(buf, size, "in area %s %s; %s", range, name[0] ? name : "anonymous memory", map);
}

/* Where va is in what its area maps: the file and the offset in it. */
static void locate_locked(struct vmspace *vs, vaddr_t va, char *buf, size_t size)
{
    struct area *area = area_find(&vs->areas, va);
    if (!area) {
        describe_hole(vs, va, buf, size);
        return;
    }

    char name[NAME_MAX_SHOWN];
    area_name(area, name, sizeof(name));
    fmt_snprintf(buf, size, "%s+0x%lx", name[0] ? name : "anonymous memory",
                 (unsigned long)(va - area->start + (area->file ? area->offset : 0)));
}

/* Call one of them with the lock held. */
static void report_addr(void (*report)(struct vmspace *, vaddr_t, char *, size_t),
                        struct vmspace *vs, vaddr_t va, char *buf, size_t size)
{
    bool held = mutex_held(&vs->mutex);

    if (!held)
        mutex_lock(&vs->mutex);
    report(vs, va, buf, size);
    if (!held)
        mutex_unlock(&vs->mutex);
}

void vmspace_describe_addr(struct vmspace *vs, vaddr_t va, char *buf, size_t size)
{
    report_addr(describe_locked, vs, va, buf, size);
}

void vmspace_locate_addr(struct vmspace *vs, vaddr_t va, char *buf, size_t size)
{
    report_addr(locate_locked, vs, va, buf, size);
}

void vmspace_stats(struct vmspace *vs, struct vmspace_stats *out)
{
    mutex_lock(&vs->mutex);
    *out = (struct vmspace_stats){.mapped = vs->mapped, .resident = vs->resident};
    for (struct area *a = area_first(&vs->areas); a; a = area_next(a))
        out->areas++;
    mutex_unlock(&vs->mutex);
}
