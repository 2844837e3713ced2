/* SPDX-License-Identifier: Apache-2.0 */
/* test_tmpfs.c - tmpfs and the VFS's changing side against a plain model: random trees and contents, every
 * rename, memory that gives out at every point, listings while entries come and go. */
/* sources: src/fs/tmpfs.c src/fs/tmpfs_dir.c src/fs/xattr.c
 *          src/fs/vfs_inode.c src/fs/vfs_notify.c src/fs/vfs_attr.c src/fs/vfs_change.c
 *          src/fs/vfs_regular.c src/fs/filelock.c src/fs/vfs_mount.c src/fs/vfs_name.c src/fs/vfs_place.c
 *          src/fs/vfs_path.c src/fs/vfs_open.c src/fs/vfs_file.c src/fs/vfs_sync.c src/fs/iobuf.c
 *          src/kernel/pagecache.c src/kernel/pagecache_io.c src/kernel/pagecache_flush.c src/kernel/frame.c src/kernel/frame_blocks.c src/kernel/frame_stock.c src/kernel/frame_window.c
 *          src/lib/fmt.c
 *          src/lib/strlcpy.c test/host/sim_kernel.c test/host/sim_user.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fs/dev.h"
#include "fs/pipe.h"
#include "fs/tmpfs.h"
#include "fs/vfs.h"
#include "kernel/frame.h"
#include "kernel/time.h"
#include "lib/errno.h"
#include "lister.h"
#include "sim_kernel.h"
#include "sim_user.h"

#define RAM_PAGES 2048
#define MAX_PAGES 256
#define MAX_FILES 100

int dev_open(struct file *f)
{
    (void)f;
    return -ENXIO;
}

int pipe_open_fifo(struct file *f)
{
    (void)f;
    return -ENXIO;
}

uint64_t time_wall_ns(void)
{
    static uint64_t now = 1000000000;
    return now += 1000;
}

static struct fs *fs;
static size_t     blocks_before, frames_before;

static int mount_fs(void **state)
{
    struct tmpfs_options opt = {MAX_PAGES, MAX_FILES, 01777};
    (void)state;

    sim_ram(RAM_PAGES);
    pagecache_init_all();
    vfs_init();
    blocks_before = sim_heap_blocks();
    frames_before = sim_frames_free();
    if (tmpfs_create(&opt, &fs))
        return -1;
    vfs_mount_root(fs);
    return 0;
}

/* Everything is given back, whatever the test did. */
static int unmount_fs(void **state)
{
    (void)state;
    sim_heap_fail_after(0);
    frame_fail_after(0);
    vfs_unmount_root();
    tmpfs_destroy(fs);
    assert_int_equal(sim_heap_blocks(), blocks_before);
    assert_int_equal(sim_frames_free(), frames_before);
    return 0;
}

/* --- calls as programs make them ---------------------------------------------------------------- */

static int create(const char *path, uint32_t mode)
{
    struct vfs_new spec = {.mode = mode, .target = "/not/there"};
    return vfs_create(NULL, path, &spec);
}

static int make_dir(const char *path)
{
    return create(path, S_IFDIR | 0755);
}

static int make_file(const char *path)
{
    return create(path, S_IFREG | 0644);
}

static int rename_to(const char *from, const char *to, unsigned flags)
{
    return vfs_rename(NULL, from, NULL, to, flags);
}

static int link_to(const char *from, const char *to)
{
    struct inode *inode;

    int err = vfs_lookup(NULL, from, VFS_NOFOLLOW, &inode);
    if (err)
        return err;
    err = vfs_link(inode, NULL, to);
    inode_put(inode);
    return err;
}

static struct file *open_at(const char *path, unsigned flags)
{
    struct file *f;

    if (vfs_open(NULL, path, flags, 0644, &f))
        fail_msg("%s cannot be opened", path);
    return f;
}

static ssize_t write_at(struct file *f, const void *buf, size_t len, uint64_t pos)
{
    struct iobuf iob;

    iobuf_kernel(&iob, (void *)(uintptr_t)buf, len);
    return file_pwrite(f, &iob, pos);
}

static ssize_t read_at(struct file *f, void *buf, size_t len, uint64_t pos)
{
    struct iobuf iob;

    iobuf_kernel(&iob, buf, len);
    return file_pread(f, &iob, pos);
}

static bool exists(const char *path)
{
    struct inode *inode;

    if (vfs_lookup(NULL, path, VFS_NOFOLLOW, &inode))
        return false;
    inode_put(inode);
    return true;
}

/* --- the model ---------------------------------------------------------------------------------- */

#define NODES    64
#define NAMES    5 /* a..e */
#define DATA_MAX (3 * PAGE_SIZE)

struct node {
    uint32_t type; /* S_IF*; 0: not in use */
    unsigned nlink;
    unsigned entry[NAMES]; /* of directories: a node's number, 0: none */
    size_t   size;
    uint8_t *data;
};

static struct node nodes[NODES]; /* 0 is the root, which no entry names */
static uint32_t    random_state;

static unsigned pick(unsigned n)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % n;
}

static void model_reset(void)
{
    for (unsigned i = 0; i < NODES; i++)
        free(nodes[i].data);
    memset(nodes, 0, sizeof(nodes));
    nodes[0].type = S_IFDIR;
    nodes[0].nlink = 2;
}

static unsigned model_new(uint32_t type)
{
    for (unsigned i = 1; i < NODES; i++)
        if (!nodes[i].type) {
            nodes[i] = (struct node){.type = type, .nlink = type == S_IFDIR ? 2 : 1};
            nodes[i].data = calloc(1, DATA_MAX);
            return i;
        }
    return 0;
}

static void model_drop(unsigned n)
{
    if (nodes[n].type != S_IFDIR && --nodes[n].nlink)
        return;
    free(nodes[n].data);
    nodes[n] = (struct node){0};
}

static bool model_empty(unsigned n)
{
    for (unsigned i = 0; i < NAMES; i++)
        if (nodes[n].entry[i])
            return false;
    return true;
}

static bool model_holds(unsigned dir, unsigned n)
{
    if (dir == n)
        return true;
    for (unsigned i = 0; i < NAMES && nodes[dir].type == S_IFDIR; i++)
        if (nodes[dir].entry[i] && model_holds(nodes[dir].entry[i], n))
            return true;
    return false;
}

/* A random path of up to four names: what leads to the last one. */
struct way {
    char     path[16];
    int      err; /* there is no way to the directory */
    unsigned dir, name;
};

static unsigned *slot(const struct way *w)
{
    return &nodes[w->dir].entry[w->name];
}

static struct way random_way(void)
{
    struct way w = {.name = pick(NAMES)};
    size_t     len = 0;

    for (unsigned depth = pick(4); depth; depth--) {
        w.path[len++] = '/';
        w.path[len++] = (char)('a' + w.name);
        if (!w.err) {
            unsigned next = *slot(&w);
            if (!next || nodes[next].type == S_IFLNK)
                w.err = -ENOENT;
            else if (nodes[next].type != S_IFDIR)
                w.err = -ENOTDIR;
            w.dir = next;
        }
        w.name = pick(NAMES);
    }
    w.path[len++] = '/';
    w.path[len++] = (char)('a' + w.name);
    return w;
}

/* --- comparing ---------------------------------------------------------------------------------- */

struct counter {
    struct dir_sink sink;
    unsigned        n;
};

static bool count_entry(struct dir_sink *sink, const char *name, size_t len, uint64_t ino,
                        unsigned type, uint64_t next)
{
    (void)name;
    (void)len;
    (void)ino;
    (void)type;
    (void)next;
    ((struct counter *)sink)->n++;
    return true;
}

static void compare_file(const char *path, const struct node *node)
{
    static uint8_t buf[DATA_MAX + 1];
    struct file   *f = open_at(path, O_RDONLY);

    assert_int_equal(read_at(f, buf, sizeof(buf), 0), node->size);
    assert_memory_equal(buf, node->data, node->size);
    file_put(f);
}

static void compare(const char *path, unsigned n)
{
    const struct node *node = &nodes[n];
    struct vfs_attr    attr;
    struct inode      *inode;

    assert_int_equal(vfs_lookup(NULL, *path ? path : "/", VFS_NOFOLLOW, &inode), 0);
    vfs_stat(inode, &attr);
    inode_put(inode);
    assert_int_equal(attr.mode & S_IFMT, node->type);
    if (node->type == S_IFREG)
        compare_file(path, node);
    if (node->type != S_IFDIR) {
        assert_int_equal(attr.nlink, node->nlink);
        return;
    }

    unsigned       entries = 0, dirs = 0;
    struct counter c = {.sink = {count_entry}};
    for (unsigned i = 0; i < NAMES; i++) {
        char sub[64];
        snprintf(sub, sizeof(sub), "%s/%c", path, 'a' + i);
        if (node->entry[i]) {
            compare(sub, node->entry[i]);
            entries++;
            dirs += nodes[node->entry[i]].type == S_IFDIR;
        } else if (exists(sub)) {
            fail_msg("%s should not be there", sub);
        }
    }
    struct file *f = open_at(*path ? path : "/", O_RDONLY);
    assert_int_equal(file_readdir(f, &c.sink), 0);
    file_put(f);
    assert_int_equal(c.n, entries + 2);
    assert_int_equal(attr.nlink, dirs + 2);
    assert_int_equal(attr.size, 20 * (entries + 2));
}

/* --- random operations: each does it in the model and returns what the call must say ------------------ */

static int model_create(const struct way *w, uint32_t type)
{
    if (w->err)
        return w->err;
    if (*slot(w))
        return -EEXIST;
    unsigned n = model_new(type);
    assert_int_not_equal(n, 0);
    *slot(w) = n;
    return 0;
}

static int model_remove(const struct way *w, bool directory)
{
    unsigned n = w->err ? 0 : *slot(w);
    if (w->err)
        return w->err;
    if (!n)
        return -ENOENT;
    if (directory != (nodes[n].type == S_IFDIR))
        return directory ? -ENOTDIR : -EISDIR;
    if (directory && !model_empty(n))
        return -ENOTEMPTY;
    *slot(w) = 0;
    model_drop(n);
    return 0;
}

static int model_link(const struct way *from, const struct way *to)
{
    if (from->err || !*slot(from))
        return from->err ? from->err : -ENOENT;
    if (to->err)
        return to->err;
    if (*slot(to))
        return -EEXIST;
    if (nodes[*slot(from)].type == S_IFDIR)
        return -EPERM;
    *slot(to) = *slot(from);
    nodes[*slot(to)].nlink++;
    return 0;
}

static int check_kinds(unsigned from, unsigned to)
{
    bool from_dir = nodes[from].type == S_IFDIR, to_dir = nodes[to].type == S_IFDIR;

    if (from_dir != to_dir)
        return from_dir ? -ENOTDIR : -EISDIR;
    return to_dir && !model_empty(to) ? -ENOTEMPTY : 0;
}

static int model_rename(const struct way *from, const struct way *to, unsigned flags)
{
    if (from->err || to->err)
        return from->err ? from->err : to->err;
    unsigned a = *slot(from), b = *slot(to);
    if (!a)
        return -ENOENT;
    if (b && flags & RENAME_NOREPLACE)
        return -EEXIST;
    if (!b && flags & RENAME_EXCHANGE)
        return -ENOENT;
    if (from->dir != to->dir && model_holds(a, to->dir))
        return -EINVAL;
    if (b && from->dir != to->dir && model_holds(b, from->dir))
        return flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
    if (a == b)
        return 0;
    int err = b && !(flags & RENAME_EXCHANGE) ? check_kinds(a, b) : 0;
    if (err)
        return err;
    *slot(from) = flags & RENAME_EXCHANGE ? b : 0;
    *slot(to) = a;
    if (b && !(flags & RENAME_EXCHANGE))
        model_drop(b);
    return 0;
}

/* A write or a cut of a regular file; nothing if there is none. */
static void change_contents(const struct way *w)
{
    if (w->err || !*slot(w) || nodes[*slot(w)].type != S_IFREG)
        return;
    struct node *node = &nodes[*slot(w)];
    struct file *f = open_at(w->path, O_RDWR);
    size_t       at = pick(DATA_MAX), len = pick((unsigned)(DATA_MAX - at)) + 1;
    if (pick(3)) {
        uint8_t *bytes = malloc(len);
        memset(bytes, (int)pick(256), len);
        assert_int_equal(write_at(f, bytes, len, at), len);
        memcpy(node->data + at, bytes, len);
        node->size = node->size > at + len ? node->size : at + len;
        free(bytes);
    } else {
        assert_int_equal(file_truncate(f, at), 0);
        if (at < node->size)
            memset(node->data + at, 0, node->size - at);
        node->size = at;
    }
    file_put(f);
}

/* One call and what it must say; the model is changed only if apply. */
struct step {
    unsigned   kind;
    unsigned   flags;
    struct way a, b;
};

static struct step random_step(void)
{
    static const unsigned flags[] = {0, 0, RENAME_NOREPLACE, RENAME_EXCHANGE};
    struct step           s = {.kind = pick(9), .flags = flags[pick(4)]};

    s.a = random_way();
    s.b = random_way();
    return s;
}

static int step_call(const struct step *s)
{
    switch (s->kind) {
    case 0:
        return make_file(s->a.path);
    case 1:
    case 2:
        return make_dir(s->a.path);
    case 3:
        return create(s->a.path, S_IFLNK | 0777);
    case 4:
        return vfs_unlink(NULL, s->a.path);
    case 5:
        return vfs_rmdir(NULL, s->a.path);
    case 6:
        return link_to(s->a.path, s->b.path);
    default:
        return rename_to(s->a.path, s->b.path, s->flags);
    }
}

static int step_model(const struct step *s)
{
    switch (s->kind) {
    case 0:
        return model_create(&s->a, S_IFREG);
    case 1:
    case 2:
        return model_create(&s->a, S_IFDIR);
    case 3:
        return model_create(&s->a, S_IFLNK);
    case 4:
        return model_remove(&s->a, false);
    case 5:
        return model_remove(&s->a, true);
    case 6:
        return model_link(&s->a, &s->b);
    default:
        return model_rename(&s->a, &s->b, s->flags);
    }
}

static bool model_is_full(void)
{
    unsigned used = 0;
    for (unsigned i = 0; i < NODES; i++)
        used += nodes[i].type != 0;
    return used > NODES - 2;
}

static void random_run(uint32_t seed, unsigned steps, bool failing)
{
    random_state = seed;
    model_reset();
    for (unsigned i = 0; i < steps; i++) {
        struct step s = random_step();
        if (model_is_full() && s.kind < 4)
            s.kind = 4;
        int err = 0;
        for (unsigned n = 1; failing && n < 100; n++) { /* until nothing is left to fail */
            sim_heap_fail_after(n);
            err = step_call(&s);
            sim_heap_fail_after(0);
            if (err != -ENOMEM)
                break;
            if (n % 2)
                compare("", 0);
        }
        if (!failing)
            err = step_call(&s);
        int expected = step_model(&s);
        if (err != expected)
            fail_msg("seed %u, step %u: kind %u flags %u %s %s gives %d instead of %d", seed, i,
                     s.kind, s.flags, s.a.path, s.b.path, err, expected);
        struct way w = random_way();
        change_contents(&w);
        if (i % 16 == 0)
            compare("", 0);
    }
    compare("", 0);
    model_reset();
}

static void random_calls_agree_with_a_plain_model(void **state)
{
    (void)state;
    random_run(1, 4000, false);
}

static void the_cache_of_names_follows_every_change(void **state)
{
    (void)state;
    fs->cache_names = true;
    random_run(2, 4000, false);
}

static void memory_that_gives_out_anywhere_changes_nothing(void **state)
{
    (void)state;
    random_run(3, 600, true);
}

static void memory_that_gives_out_anywhere_leaves_the_cache_of_names_right(void **state)
{
    (void)state;
    fs->cache_names = true;
    random_run(4, 600, true);
}

/* --- particular claims ---------------------------------------------------------------------------- */

static void a_removed_directory_takes_nothing_and_leads_up(void **state)
{
    struct inode *dir, *up;
    (void)state;

    assert_int_equal(make_dir("/a"), 0);
    assert_int_equal(make_dir("/a/b"), 0);
    assert_int_equal(vfs_lookup(NULL, "/a/b", 0, &dir), 0);
    assert_int_equal(vfs_rmdir(NULL, "/a/b"), 0);
    assert_int_equal(vfs_rmdir(NULL, "/a"), 0);
    struct vfs_new spec = {.mode = S_IFREG | 0600};
    assert_int_equal(vfs_create(dir, "x", &spec), -ENOENT);
    assert_int_equal(vfs_lookup(dir, "../..", 0, &up), 0);
    assert_ptr_equal(up, vfs_root());
    inode_put(up);
    inode_put(dir);
}

/* A chain of removed directories, held by its end alone, goes without recursion. */
static void a_long_chain_of_removed_directories_goes_at_once(void **state)
{
    struct inode *dir = inode_get(vfs_root()), *next;
    (void)state;

    for (unsigned i = 0; i < MAX_FILES - 1; i++) {
        struct vfs_new spec = {.mode = S_IFDIR | 0700};
        assert_int_equal(vfs_create(dir, "d", &spec), 0);
        assert_int_equal(vfs_lookup(dir, "d", 0, &next), 0);
        inode_put(dir);
        dir = next;
    }
    struct vfs_new one_more = {.mode = S_IFDIR | 0700};
    assert_int_equal(vfs_create(dir, "d", &one_more), -ENOSPC);
    for (struct inode *at = inode_get(dir); at != vfs_root(); at = next) {
        assert_int_equal(vfs_lookup(at, "..", 0, &next), 0);
        assert_int_equal(vfs_rmdir(next, "d"), 0);
        inode_put(at);
        if (next == vfs_root())
            inode_put(next);
    }
    inode_put(dir);
    struct vfs_statfs st;
    vfs_statfs(vfs_root(), &st);
    assert_int_equal(st.ffree, MAX_FILES - 1);
}

static void a_full_file_system_says_so_and_recovers(void **state)
{
    static uint8_t    bytes[16 * PAGE_SIZE];
    struct file      *f;
    struct vfs_statfs st;
    uint64_t          pos = 0;
    ssize_t           n;
    (void)state;

    assert_int_equal(vfs_open(NULL, "/f", O_RDWR | O_CREAT, 0600, &f), 0);
    while ((n = write_at(f, bytes, sizeof(bytes) - 100, pos)) > 0)
        pos += (uint64_t)n;
    assert_int_equal(n, -ENOSPC);
    assert_int_equal(pos, MAX_PAGES * PAGE_SIZE);
    vfs_statfs(vfs_root(), &st);
    assert_int_equal(st.bfree, 0);
    assert_int_equal(make_file("/small"), 0);
    assert_int_equal(file_truncate(f, PAGE_SIZE), 0);
    vfs_statfs(vfs_root(), &st);
    assert_int_equal(st.bfree, MAX_PAGES - 1);
    assert_int_equal(file_allocate(f, 0, 0, (MAX_PAGES + 1) * PAGE_SIZE), -ENOSPC);
    assert_int_equal(file_allocate(f, 0, 0, MAX_PAGES * PAGE_SIZE), 0);
    assert_int_equal(vfs_unlink(NULL, "/f"), 0);
    vfs_statfs(vfs_root(), &st);
    assert_int_equal(st.bfree, 0); /* it is still open */
    file_put(f);
    vfs_statfs(vfs_root(), &st);
    assert_int_equal(st.bfree, MAX_PAGES);
}

static void frames_that_give_out_make_a_write_short_or_fail(void **state)
{
    static uint8_t bytes[8 * PAGE_SIZE], back[8 * PAGE_SIZE];
    (void)state;

    memset(bytes, 7, sizeof(bytes));
    for (size_t n = 1; n < 12; n++) {
        struct file *f;
        assert_int_equal(vfs_open(NULL, "/f", O_RDWR | O_CREAT | O_TRUNC, 0600, &f), 0);
        frame_fail_after(n);
        ssize_t done = write_at(f, bytes, sizeof(bytes), 100);
        frame_fail_after(0);
        assert_true(done == -ENOMEM || done > 0);
        if (done > 0) {
            assert_int_equal(read_at(f, back, (size_t)done, 100), done);
            assert_memory_equal(back, bytes, (size_t)done);
        }
        file_put(f);
    }
}

static void a_listing_meets_what_stays_once_while_entries_come_and_go(void **state)
{
    struct lister l = {.sink = {lister_emit}};
    struct file  *f = open_at("/", O_RDONLY);
    (void)state;

    make_file("/a");
    make_file("/b");
    make_file("/c");
    make_file("/d");
    l.room = 4; /* ".", "..", d, c */
    assert_int_equal(file_readdir(f, &l.sink), 0);
    vfs_unlink(NULL, "/c");
    make_file("/e");
    rename_to("/d", "/f", 0);
    l.room = 1;
    assert_int_equal(file_readdir(f, &l.sink), 0);
    vfs_unlink(NULL, "/a");
    make_file("/a");
    l.room = 9;
    assert_int_equal(file_readdir(f, &l.sink), 0);
    assert_string_equal(l.text, ". .. d c b ");
    assert_int_equal(file_seek(f, 0, SEEK_SET), 0);
    l.text[0] = 0;
    assert_int_equal(file_readdir(f, &l.sink), 0);
    assert_string_equal(l.text, ". .. a f e b ");
    file_put(f);
}

static void what_is_mounted_on_is_neither_removed_nor_renamed(void **state)
{
    struct tmpfs_options opt = {10, 10, 0755};
    struct fs           *over;
    (void)state;

    make_dir("/m");
    make_dir("/d");
    make_file("/f");
    assert_int_equal(tmpfs_create(&opt, &over), 0);
    assert_int_equal(vfs_mount(vfs_root(), "m", over), 0);
    assert_int_equal(make_dir("/m"), -EEXIST);
    assert_int_equal(vfs_rmdir(NULL, "/m"), -EBUSY);
    assert_int_equal(vfs_unlink(NULL, "/m"), -EISDIR);
    assert_int_equal(rename_to("/m", "/x", 0), -EBUSY);
    assert_int_equal(rename_to("/d", "/m", 0), -EBUSY);
    assert_int_equal(rename_to("/f", "/m", 0), -EISDIR);
    assert_int_equal(rename_to("/f", "/m/f", 0), -EXDEV);
    assert_int_equal(link_to("/f", "/m/f"), -EXDEV);
    assert_int_equal(vfs_unmount(over), 0);
    tmpfs_destroy(over);
    assert_int_equal(vfs_rmdir(NULL, "/m"), 0);
}

static void punching_gives_whole_pages_back_and_zeroes_the_rest(void **state)
{
    static uint8_t  bytes[4 * PAGE_SIZE], back[4 * PAGE_SIZE];
    struct vfs_attr attr;
    struct file    *f;
    (void)state;

    memset(bytes, 9, sizeof(bytes));
    assert_int_equal(vfs_open(NULL, "/f", O_RDWR | O_CREAT, 0600, &f), 0);
    assert_int_equal(write_at(f, bytes, sizeof(bytes), 0), sizeof(bytes));
    assert_int_equal(
        file_allocate(f, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 100, 2 * PAGE_SIZE), 0);
    memset(bytes + 100, 0, 2 * PAGE_SIZE);
    assert_int_equal(read_at(f, back, sizeof(back), 0), sizeof(back));
    assert_memory_equal(back, bytes, sizeof(bytes));
    file_stat(f, &attr);
    assert_int_equal(attr.blocks, 3 * 8);
    assert_int_equal(file_allocate(f, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 10, 20), 0);
    memset(bytes + 10, 0, 20);
    assert_int_equal(read_at(f, back, sizeof(back), 0), sizeof(back));
    assert_memory_equal(back, bytes, sizeof(bytes));
    file_put(f);
}

#define T(f) cmocka_unit_test_setup_teardown(f, mount_fs, unmount_fs)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(random_calls_agree_with_a_plain_model),
        T(the_cache_of_names_follows_every_change),
        T(memory_that_gives_out_anywhere_changes_nothing),
        T(memory_that_gives_out_anywhere_leaves_the_cache_of_names_right),
        T(a_removed_directory_takes_nothing_and_leads_up),
        T(a_long_chain_of_removed_directories_goes_at_once),
        T(a_full_file_system_says_so_and_recovers),
        T(frames_that_give_out_make_a_write_short_or_fail),
        T(a_listing_meets_what_stays_once_while_entries_come_and_go),
        T(what_is_mounted_on_is_neither_removed_nor_renamed),
        T(punching_gives_whole_pages_back_and_zeroes_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
