/* SPDX-License-Identifier: Apache-2.0 */
/* sim_disk.h - a block device over an image in host memory, for tests of file systems.
 *
 * It answers at once. Reads are counted and can be made to fail; what is read beyond the image stops
 * the test, as the block layer's caller must have bounded it.
 */
#ifndef TEST_SIM_DISK_H
#define TEST_SIM_DISK_H

#include "kernel/blk.h"
#include "lib/types.h"

struct sim_disk {
    struct blk_device dev; /* first: a disk is found by its device */
    uint8_t          *image;
    size_t            size; /* bytes */

    size_t reads;      /* requests so far */
    size_t largest;    /* bytes, of one request */
    size_t fail_after; /* the n-th request from now fails, once; 0: none */
    size_t writes, flushes;
    size_t fail_write; /* the n-th write from now fails, once; 0: none */

    /* Before each write, and with buf NULL for a flush; if not NULL. */
    void (*on_write)(struct sim_disk *disk, uint64_t sector, const void *buf, size_t len);
    void (*on_read)(uint64_t sector, const void *buf, size_t len); /* if not NULL */
};

/* A disk of the image in file path. */
void sim_disk_load(struct sim_disk *disk, const char *path);
void sim_disk_save(const struct sim_disk *disk, const char *path); /* the image as it is */
void sim_disk_free(struct sim_disk *disk);

/* Let the disk end after size bytes. */
void sim_disk_truncate(struct sim_disk *disk, size_t size);

#endif
