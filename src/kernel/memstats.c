/* SPDX-License-Identifier: Apache-2.0 */
/* memstats.c - see memstats.h. */
#include "kernel/memstats.h"

#include "kernel/compact.h"
#include "kernel/frame.h"
#include "kernel/log.h"
#include "kernel/vmspace.h"
#include "lib/fmt.h"

static void log_frames(void)
{
    struct frame_stats stats;
    frame_stats(&stats);
    log_notice("memory: frames=%zu free=%zu reserved=%zu largest_block=%zu", stats.total,
               stats.free, stats.reserved, frame_largest_run());
}

/* blocks[k]: free blocks of 2^k frames. */
static void log_fragmentation(void)
{
    size_t count[FRAME_ORDERS], n = 0;
    char   line[FRAME_ORDERS * 8];

    frame_free_blocks(count);
    for (unsigned k = 0; k < FRAME_ORDERS && n < sizeof(line); k++)
        n += fmt_snprintf(line + n, sizeof(line) - n, "%s%zu", k ? "," : "", count[k]);
    log_notice("memory: free_blocks=%s", line);
}

static void log_vmspace(struct vmspace *vs)
{
    struct vmspace_stats stats;
    vmspace_stats(vs, &stats);
    log_notice("memory: areas=%zu mapped=%zu resident=%zu", stats.areas, stats.mapped,
               stats.resident);
}

static void log_map(struct vmspace *vs)
{
    struct pmap_stats    stats;
    struct compact_stats compact;

    vmspace_map_stats(vs, &stats);
    compact_stats(&compact);
    log_notice("memory: ranges=%zu table_bytes=%zu moved_aside=%lu rebuilt=%lu shootdowns=%lu",
               stats.ranges, stats.table_bytes, (unsigned long)stats.moved,
               (unsigned long)stats.rebuilt, (unsigned long)stats.shootdowns);
    log_notice("memory: compactions=%lu compactions_failed=%lu frames_moved=%lu",
               (unsigned long)compact.runs, (unsigned long)compact.failed,
               (unsigned long)compact.moved);
}

void memstats_log(struct vmspace *vs)
{
    log_frames();
    log_fragmentation();
    log_vmspace(vs);
    log_map(vs);
}
