/* SPDX-License-Identifier: Apache-2.0 */
/* proc_mounts.c - what is mounted, in both of Linux's forms. See proc.h. A file system is mounted once:
 * the number of its device is that of its mount, as statx tells it.
 */
#include "kernel/heap.h"
#include "lib/errno.h"
#include "unix/proc.h"

/* A path as a field of a line: what would end the field is written in octal. */
static void put_escaped(struct pseudo_text *t, const char *s)
{
    for (; *s; s++) {
        if (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\\')
            pseudo_printf(t, "\\%03o", *s);
        else
            pseudo_put(t, s, 1);
    }
}

struct mounted {
    const struct fs *fs;
    uint64_t         above; /* the device of what it is mounted in */
    const char      *path;
};

static const char *rights(const struct mounted *m)
{
    return m->fs->read_only ? "ro" : "rw";
}

static const char *source(const struct mounted *m)
{
    return m->fs->source ? m->fs->source : m->fs->ops->type;
}

static void put_mount(struct pseudo_text *t, const struct mounted *m)
{
    put_escaped(t, source(m));
    pseudo_puts(t, " ");
    put_escaped(t, m->path);
    pseudo_printf(t, " %s %s,relatime 0 0\n", m->fs->ops->type, rights(m));
}

static void put_mountinfo(struct pseudo_text *t, const struct mounted *m)
{
    uint64_t dev = m->fs->dev;

    pseudo_printf(t, "%lu %lu %lu:%lu / ", (unsigned long)dev, (unsigned long)m->above,
                  (unsigned long)(dev >> 8 & 0xfff), (unsigned long)(dev & 0xff));
    put_escaped(t, m->path);
    pseudo_printf(t, " %s,relatime - %s ", rights(m), m->fs->ops->type);
    put_escaped(t, source(m));
    pseudo_printf(t, " %s\n", rights(m));
}

static int show_each(struct pseudo_text *t,
                     void (*put)(struct pseudo_text *t, const struct mounted *m))
{
    struct fs    *fs;
    struct inode *dir;
    char         *path = kmalloc(VFS_PATH_MAX);
    if (!path)
        return -ENOMEM;

    for (unsigned n = 0; vfs_mount_at(n, &fs, &dir, path, VFS_PATH_MAX) == 0; n++) {
        struct mounted m = {.fs = fs, .above = dir ? dir->fs->dev : 1, .path = path};
        put(t, &m);
        inode_put(dir);
    }
    kfree(path);
    return 0;
}

int proc_show_mounts(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    return show_each(t, put_mount);
}

int proc_show_mountinfo(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    return show_each(t, put_mountinfo);
}
