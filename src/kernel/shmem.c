/* SPDX-License-Identifier: Apache-2.0 */
/* shmem.c - shared memory without a file: see shmem.h. */
#include "kernel/shmem.h"

#include <stdatomic.h>

#include "kernel/frame.h"
#include "kernel/heap.h"
#include "lib/errno.h"
#include "lib/string.h"

struct shmem {
    struct pagecache pc;
    atomic_uint      refs;
};

static void shmem_acquire(struct pagecache *pc)
{
    atomic_fetch_add(&container_of(pc, struct shmem, pc)->refs, 1);
}

void shmem_put(struct pagecache *pc)
{
    struct shmem *s = pc ? container_of(pc, struct shmem, pc) : NULL;

    if (!s || atomic_fetch_sub(&s->refs, 1) > 1)
        return;
    pagecache_destroy(pc);
    kfree(s);
}

/* As in Linux, where such memory is a deleted file of that name. */
static void shmem_describe(struct pagecache *pc, char *buf, size_t size)
{
    (void)pc;
    strlcpy(buf, "/dev/zero (deleted)", size);
}

static const struct pagecache_ops shmem_ops = {
    .acquire = shmem_acquire,
    .release = shmem_put,
    .describe = shmem_describe,
};

int shmem_create(size_t size, bool huge, struct pagecache **out)
{
    struct frame_stats stats;
    frame_stats(&stats);
    if (!huge && size > stats.total << PAGE_SHIFT)
        return -ENOMEM;

    struct shmem *s = kzalloc(sizeof(*s));
    if (!s)
        return -ENOMEM;

    pagecache_init(&s->pc, &shmem_ops, size);
    atomic_init(&s->refs, 1);
    *out = &s->pc;
    return 0;
}
