/* SPDX-License-Identifier: Apache-2.0 */
/* sim_host.h - the host's own files, for tests of file systems: source trees, mke2fs, looking back.
 *
 * Whatever fails here stops the test program.
 */
#ifndef TEST_SIM_HOST_H
#define TEST_SIM_HOST_H

#include <stddef.h>
#include <stdint.h>

/* Run a shell command line; a failure stops the test and shows what it printed. */
void sim_shell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A scratch directory that goes away with sim_scratch_remove(). */
const char *sim_scratch(void);
void        sim_scratch_remove(void);

/* Files of a source tree; path is relative to the scratch directory. Contents follow from the seed. */
void sim_file(const char *path, size_t size, unsigned seed);
void sim_piece(const char *path, size_t at, size_t size, unsigned seed); /* the rest is a hole */

/* Make SCRATCH/image out of SCRATCH/source by mke2fs with these arguments and this size. */
void sim_image(const char *image, const char *source, const char *args, const char *size);

void sim_dir(const char *path);
void sim_symlink(const char *target, const char *path);
void sim_hardlink(const char *old, const char *path);
void sim_chmod(const char *path, unsigned mode);
void sim_truncate(const char *path, size_t size);

/* The following take full paths. */

struct sim_stat {
    unsigned mode, nlink, uid, gid;
    uint64_t size;
    int64_t  mtime;
};

int  sim_lstat(const char *full, struct sim_stat *out); /* -1: there is no such file */
long sim_readlink(const char *full, char *buf, size_t size);

/* Call each (if not NULL) for every name but "." and ".."; returns how many there are, with those. */
unsigned sim_list(const char *full, void (*each)(void *arg, const char *name), void *arg);

#endif
