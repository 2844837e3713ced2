/* SPDX-License-Identifier: Apache-2.0 */
/* sim_ext4.c - see sim_ext4.h. */
#include "sim_ext4.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fs/dev.h"
#include "fs/ext4.h"
#include "fs/pipe.h"
#include "fs/xattr.h"
#include "kernel/log.h"
#include "kernel/random.h"
#include "kernel/time.h"
#include "lib/errno.h"
#include "machine/layout.h"
#include "sim_kernel.h"

#define RAM_PAGES 1024 /* less than the files: pages are reclaimed on the way */

/* --- the kernel's side ------------------------------------------------------------------------ */

static char   logged[8192];
static size_t log_len;

void log_line(enum log_level level, const char *fmt, ...)
{
    va_list ap;
    (void)level;

    if (log_len > sizeof(logged) / 2)
        log_len = 0;
    va_start(ap, fmt);
    log_len += (size_t)vsnprintf(logged + log_len, sizeof(logged) - log_len, fmt, ap);
    va_end(ap);
    if (log_len > sizeof(logged) - 2)
        log_len = sizeof(logged) - 2;
    logged[log_len++] = '\n';
    logged[log_len] = 0;
}

const char *sim_log(void)
{
    logged[log_len] = 0;
    log_len = 0;
    return logged;
}

__attribute__((weak)) int dev_open(struct file *f)
{
    (void)f;
    return -ENXIO;
}

__attribute__((weak)) int pipe_open_fifo(struct file *f)
{
    (void)f;
    return -ENXIO;
}

/* Bytes that differ from each other. */
__attribute__((weak)) void random_fill(void *buf, size_t len)
{
    static uint32_t state = 1;

    for (uint8_t *p = buf; len; len--) {
        state = state * 1664525 + 1013904223;
        *p++ = (uint8_t)(state >> 24);
    }
}

__attribute__((weak)) uint64_t time_wall_ns(void)
{
    return 0;
}

bool sim_is_frame(const void *ptr)
{
    paddr_t pa = phys_of(ptr);

    return pa >= SIM_RAM_BASE && pa < SIM_RAM_BASE + RAM_PAGES * PAGE_SIZE;
}

bool              sim_writable;
static struct fs *mounted;
static size_t     blocks_before, frames_before;

int sim_mount(struct sim_disk *disk)
{
    sim_ram(RAM_PAGES);
    pagecache_init_all();
    vfs_init();
    blocks_before = sim_heap_blocks();
    frames_before = sim_frames_free();

    int err = ext4_mount(&disk->dev, sim_writable, &mounted);
    if (!err) {
        vfs_mount_root(mounted);
        return 0;
    }
    assert_int_equal(sim_heap_blocks(), blocks_before);
    assert_int_equal(sim_frames_free(), frames_before);
    return err;
}

void sim_unmount(void)
{
    vfs_unmount_root();
    ext4_unmount(mounted);
    assert_int_equal(sim_heap_blocks(), blocks_before);
    assert_int_equal(sim_frames_free(), frames_before);
}

/* --- walking ---------------------------------------------------------------------------------- */

unsigned sim_walk_files_max = 4000;

#define WALK_DEPTH_MAX 24
#define READ_MAX       ((size_t)64 << 10)

struct lister {
    struct dir_sink sink;
    uint64_t        pos;
    size_t          n;
    struct {
        char     name[VFS_NAME_MAX + 1];
        uint64_t ino;
        unsigned type;
    } entries[16];
};

static bool lister_emit(struct dir_sink *sink, const char *name, size_t len, uint64_t ino,
                        unsigned type, uint64_t next)
{
    struct lister *l = (struct lister *)sink;
    (void)next;

    assert_true(len > 0 && len <= VFS_NAME_MAX);
    if (l->n == 16)
        return false;
    memcpy(l->entries[l->n].name, name, len);
    l->entries[l->n].name[len] = 0;
    l->entries[l->n].ino = ino;
    l->entries[l->n].type = type;
    l->n++;
    return true;
}

static void digest(struct sim_walk *w, const void *bytes, size_t len)
{
    const uint8_t *p = bytes;

    for (; len >= sizeof(uint64_t); p += sizeof(uint64_t), len -= sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, p, sizeof(word));
        w->digest = (w->digest ^ word ^ word >> 32) * 0x100000001b3u;
    }
    while (len--)
        w->digest = (w->digest ^ *p++) * 0x100000001b3u;
}

static void note(struct sim_walk *w, ssize_t err)
{
    if (err >= 0)
        return;
    w->errors++;
    w->last_error = (int)err;
}

static void walk_piece(struct sim_walk *w, struct file *f, uint64_t from, size_t len)
{
    uint8_t     *buf = malloc(len + 1);
    struct iobuf iob;

    while (len) {
        iobuf_kernel(&iob, buf, len);
        ssize_t n = file_pread(f, &iob, from);
        note(w, n);
        if (n <= 0)
            break;
        digest(w, buf, (size_t)n);
        from += (uint64_t)n;
        len -= (size_t)n;
    }
    free(buf);
}

/* The beginning and the end; a hostile size is not all read. */
static void walk_file(struct sim_walk *w, struct inode *inode)
{
    struct file *f;

    int err = vfs_open_inode(inode, O_RDONLY, &f);
    note(w, err);
    if (err)
        return;
    walk_piece(w, f, 0, READ_MAX);
    if (inode->size > 2 * READ_MAX)
        walk_piece(w, f, inode->size - READ_MAX, READ_MAX);
    file_put(f);
}

static void walk_link(struct sim_walk *w, struct inode *inode)
{
    char buf[VFS_PATH_MAX];

    ssize_t n = vfs_readlink(inode, buf, sizeof(buf));
    note(w, n);
    if (n > 0)
        digest(w, buf, (size_t)n);
}

/* Extended attributes, most of them: names' lengths are bounded by the buffer, values by theirs. */
static void walk_xattrs(struct sim_walk *w, struct inode *inode)
{
    char names[1000], value[2000];

    ssize_t n = xattr_list(inode, names, sizeof(names), true);
    if (n != -ERANGE)
        note(w, n);
    for (ssize_t i = 0; i < n; i += (ssize_t)strlen(names + i) + 1) {
        digest(w, names + i, strlen(names + i));
        ssize_t len = xattr_get(inode, names + i, value, sizeof(value), true);
        if (len > 0)
            digest(w, value, (size_t)len);
    }
}

static void walk_dir(struct sim_walk *w, struct inode *dir, unsigned depth);

static void walk_entry(struct sim_walk *w, struct inode *dir, const char *name, unsigned depth)
{
    struct inode   *inode;
    struct vfs_attr attr;

    digest(w, name, strlen(name));
    int err = vfs_lookup(dir, name, VFS_NOFOLLOW, &inode);
    note(w, err);
    if (err)
        return;
    w->files++;
    vfs_stat(inode, &attr);
    digest(w, &attr, sizeof(attr));
    walk_xattrs(w, inode);
    if (inode_is_regular(inode))
        walk_file(w, inode);
    else if (inode_is_link(inode))
        walk_link(w, inode);
    else if (inode_is_dir(inode) && depth < WALK_DEPTH_MAX)
        walk_dir(w, inode, depth + 1);
    inode_put(inode);
}

static void walk_dir(struct sim_walk *w, struct inode *dir, unsigned depth)
{
    struct lister *l = malloc(sizeof(*l));
    char           path[VFS_PATH_MAX];
    struct file   *f = NULL;

    note(w, vfs_dir_path(dir, path, sizeof(path)));
    int err = vfs_open_inode(dir, O_RDONLY, &f);
    note(w, err);
    do {
        l->sink.emit = lister_emit;
        l->n = 0;
        if (!err)
            err = file_readdir(f, &l->sink);
        note(w, err);
        for (size_t i = 0; i < l->n && w->files < sim_walk_files_max; i++) {
            const char *name = l->entries[i].name;
            if (strcmp(name, ".") && strcmp(name, ".."))
                walk_entry(w, dir, name, depth);
        }
    } while (!err && l->n && w->files < sim_walk_files_max);
    file_put(f);
    free(l);
}

struct sim_walk sim_walk_tree(void)
{
    struct sim_walk w = {.digest = 0xcbf29ce484222325u};
    struct inode   *missing;

    walk_dir(&w, vfs_root(), 0);
    if (vfs_lookup(NULL, "/no such name", 0, &missing) == 0)
        inode_put(missing);
    return w;
}
