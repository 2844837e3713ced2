/* SPDX-License-Identifier: Apache-2.0 */
/* sim_ext4.h - for tests of the ext4 driver: mounting images, walking through them. */
#ifndef TEST_SIM_EXT4_H
#define TEST_SIM_EXT4_H

#include "fs/vfs.h"
#include "lib/types.h"
#include "sim_disk.h"
#include "sim_host.h"

/* What the driver logged since the last call, in one string. */
const char *sim_log(void);

extern bool sim_writable; /* whether to mount for writing; false at first */

/* Mount disk as "/", RAM and caches fresh; unmount checks that nothing is left over. */
int  sim_mount(struct sim_disk *disk);
void sim_unmount(void);

/* Is ptr in a frame, as file contents are, and not on the heap, as metadata is? */
bool sim_is_frame(const void *ptr);

/* Everything that a walk through a mounted tree sees, as one number; and how often it met an error. */
struct sim_walk {
    uint64_t digest;
    unsigned files;
    unsigned errors;
    int      last_error;
};

/* A walk ends after so many files: a hostile tree may have no end. */
extern unsigned sim_walk_files_max;

struct sim_walk sim_walk_tree(void);

#endif
