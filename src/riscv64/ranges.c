/* SPDX-License-Identifier: Apache-2.0 */
/* ranges.c - see ranges.h. Lists have a dozen entries: everything is linear. */
#include "riscv64/ranges.h"

static paddr_t range_end(struct phys_range r)
{
    return r.start + r.len;
}

static void list_delete(struct phys_range *list, size_t *n, size_t i)
{
    for (*n -= 1; i < *n; i++)
        list[i] = list[i + 1];
}

static void list_insert(struct phys_range *list, size_t *n, size_t i, struct phys_range r)
{
    for (size_t k = *n; k > i; k--)
        list[k] = list[k - 1];
    list[i] = r;
    *n += 1;
}

bool ranges_add(struct phys_range *list, size_t *n, size_t max, struct phys_range r)
{
    if (!r.len)
        return true;

    size_t i = 0;
    while (i < *n && range_end(list[i]) < r.start)
        i++;
    if ((i == *n || list[i].start > range_end(r)) && *n == max)
        return false;

    while (i < *n && list[i].start <= range_end(r)) { /* swallow what touches */
        paddr_t start = list[i].start < r.start ? list[i].start : r.start;
        paddr_t end = range_end(list[i]) > range_end(r) ? range_end(list[i]) : range_end(r);
        r = (struct phys_range){start, end - start};
        list_delete(list, n, i);
    }
    list_insert(list, n, i, r);
    return true;
}

bool ranges_cut(struct phys_range *list, size_t *n, size_t max, struct phys_range r)
{
    for (size_t i = 0; r.len && i < *n;) {
        struct phys_range old = list[i];
        if (range_end(old) <= r.start || old.start >= range_end(r)) {
            i++;
            continue;
        }
        bool left = old.start<r.start, right = range_end(old)> range_end(r);
        if (left && right && *n == max)
            return false; /* one entry contains r: nothing else was changed */
        list_delete(list, n, i);
        if (left)
            list_insert(list, n, i++, (struct phys_range){old.start, r.start - old.start});
        if (right)
            list_insert(list, n, i++,
                        (struct phys_range){range_end(r), range_end(old) - range_end(r)});
    }
    return true;
}

bool ranges_contain(const struct phys_range *list, size_t n, struct phys_range r)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].start <= r.start && range_end(r) <= range_end(list[i]))
            return true;
    return false;
}
