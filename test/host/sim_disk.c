/* SPDX-License-Identifier: Apache-2.0 */
/* sim_disk.c - see sim_disk.h. */
#include "sim_disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/errno.h"

void sim_disk_load(struct sim_disk *disk, const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END)) {
        perror(path);
        abort();
    }
    memset(disk, 0, sizeof(*disk));
    disk->size = (size_t)ftell(f);
    disk->image = malloc(disk->size);
    rewind(f);
    if (fread(disk->image, 1, disk->size, f) != disk->size)
        abort();
    fclose(f);
    strcpy(disk->dev.name, "disk");
    disk->dev.nsectors = disk->size / BLK_SECTOR;
}

void sim_disk_save(const struct sim_disk *disk, const char *path)
{
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(disk->image, 1, disk->size, f) != disk->size || fclose(f)) {
        perror(path);
        abort();
    }
}

void sim_disk_free(struct sim_disk *disk)
{
    free(disk->image);
}

void sim_disk_truncate(struct sim_disk *disk, size_t size)
{
    uint8_t *smaller = malloc(size ? size : 1);
    memcpy(smaller, disk->image, size);
    free(disk->image);
    disk->image = smaller;
    disk->size = size;
    disk->dev.nsectors = size / BLK_SECTOR;
}

int blk_read(struct blk_device *dev, uint64_t sector, void *buf, size_t len)
{
    struct sim_disk *disk = (struct sim_disk *)dev;

    if (len % BLK_SECTOR || sector > dev->nsectors || len / BLK_SECTOR > dev->nsectors - sector) {
        fprintf(stderr, "read beyond the disk: sector %llu, %zu bytes\n",
                (unsigned long long)sector, len);
        abort();
    }
    disk->reads++;
    disk->largest = size_max(disk->largest, len);
    if (disk->fail_after && --disk->fail_after == 0)
        return -EIO;
    if (disk->on_read)
        disk->on_read(sector, buf, len);
    memcpy(buf, disk->image + sector * BLK_SECTOR, len);
    return 0;
}

static void note_write(struct sim_disk *disk, uint64_t sector, const void *buf, size_t len)
{
    if (disk->on_write)
        disk->on_write(disk, sector, buf, len);
}

int blk_write(struct blk_device *dev, uint64_t sector, const void *buf, size_t len)
{
    struct sim_disk *disk = (struct sim_disk *)dev;

    if (len % BLK_SECTOR || sector > dev->nsectors || len / BLK_SECTOR > dev->nsectors - sector) {
        fprintf(stderr, "written beyond the disk: sector %llu, %zu bytes\n",
                (unsigned long long)sector, len);
        abort();
    }
    if (dev->read_only)
        return -EROFS;
    disk->writes++;
    if (disk->fail_write && --disk->fail_write == 0)
        return -EIO;
    note_write(disk, sector, buf, len);
    memcpy(disk->image + sector * BLK_SECTOR, buf, len);
    return 0;
}

int blk_flush(struct blk_device *dev)
{
    struct sim_disk *disk = (struct sim_disk *)dev;

    disk->flushes++;
    note_write(disk, 0, NULL, 0);
    return 0;
}

int blk_submit(struct blk_device *dev, struct blk_request *rq)
{
    rq->error = rq->op == BLK_FLUSH   ? blk_flush(dev)
                : rq->op == BLK_WRITE ? blk_write(dev, rq->sector, rq->buf, rq->len)
                                      : blk_read(dev, rq->sector, rq->buf, rq->len);
    return 0;
}

int blk_wait(struct blk_device *dev, struct blk_request *rq)
{
    (void)dev;
    return rq->error;
}
