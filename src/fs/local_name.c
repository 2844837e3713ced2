/* SPDX-License-Identifier: Apache-2.0 */
/* local_name.c - names of local sockets: files of type socket, which are found by their inode, and
 * abstract names, which are bytes and, as on Linux, a separate set for each type of socket.
 */
#include "fs/local_impl.h"
#include "kernel/heap.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"

#define BUCKETS        64u
#define AUTOBIND_NAMES (1u << 20)
#define AUTOBIND_LEN   (LOCAL_PATH_OFFSET + 6) /* a NUL and five digits */

/* Protected by local_lock. */
static struct local_list buckets[BUCKETS];
static uint32_t          next_autobind;

static struct local_list *inode_bucket(const struct inode *inode)
{
    return &buckets[(uintptr_t)inode / 64 % BUCKETS];
}

static struct local_list *bytes_bucket(const struct local_address *addr)
{
    unsigned sum = 0;
    for (size_t i = LOCAL_PATH_OFFSET; i < addr->len; i++)
        sum = sum * 31 + (unsigned char)addr->bytes[i];
    return &buckets[sum % BUCKETS];
}

static bool is_abstract(const struct local_address *addr)
{
    return addr->len > LOCAL_PATH_OFFSET && !addr->bytes[LOCAL_PATH_OFFSET];
}

/* --- names as objects ---------------------------------------------------------------------- */

static struct local_name *name_new(const struct local_address *addr)
{
    struct local_name *name = kmalloc(sizeof(*name));
    if (!name)
        return NULL;
    atomic_store(&name->refs, 1);
    name->address = *addr;
    return name;
}

void local_name_put(struct local_name *name)
{
    if (name && atomic_fetch_sub(&name->refs, 1) == 1)
        kfree(name);
}

/* What s is called. The lock is held. */
static void tell_name(const struct local *s, struct local_address *out)
{
    if (s->name)
        *out = s->name->address;
    else
        *out = (struct local_address){.len = LOCAL_PATH_OFFSET, .family = AF_UNIX};
}

void local_name(struct file *f, struct local_address *out)
{
    spinlock_acquire(&local_lock);
    tell_name(f->private, out);
    spinlock_release(&local_lock);
}

int local_peer_name(struct file *f, struct local_address *out)
{
    struct local *s = f->private;
    spinlock_acquire(&local_lock);
    int err = s->peer ? 0 : -ENOTCONN;
    if (!err)
        tell_name(s->peer, out);
    spinlock_release(&local_lock);
    return err;
}

/* --- finding ------------------------------------------------------------------------------- */

/* The lock is held. */
static struct local *find_abstract(const struct local_address *addr, int type)
{
    struct local *s;
    LIST_FOREACH(s, bytes_bucket(addr), bound_link) {
        const struct local_address *a = &s->name->address;
        if (s->type == type && a->len == addr->len && !memcmp(a->bytes, addr->bytes, a->len))
            return s;
    }
    return NULL;
}

/* The lock is held. */
static struct local *find_inode(const struct inode *inode)
{
    struct local *s;
    LIST_FOREACH(s, inode_bucket(inode), bound_link)
        if (s->inode == inode)
            return s;
    return NULL;
}

/* Who is bound to inode, which may be anything. */
static int find_at(struct inode *inode, int type, struct local **out)
{
    int err = vfs_access(inode, W_OK);
    if (err)
        return err;
    spinlock_acquire(&local_lock);
    struct local *s = find_inode(inode);
    err = !s ? -ECONNREFUSED : s->type != type ? -EPROTOTYPE : 0;
    if (!err)
        *out = local_get(s);
    spinlock_release(&local_lock);
    return err;
}

int local_find(const struct local_address *addr, const struct local_place *place, int type,
               struct local **out)
{
    struct inode *inode;
    if (is_abstract(addr)) {
        spinlock_acquire(&local_lock);
        struct local *s = find_abstract(addr, type);
        if (s)
            *out = local_get(s);
        spinlock_release(&local_lock);
        return s ? 0 : -ECONNREFUSED;
    }
    int err = vfs_lookup(place->cwd, addr->bytes + LOCAL_PATH_OFFSET, 0, &inode);
    if (err)
        return err;
    err = find_at(inode, type, out);
    inode_put(inode);
    return err;
}

/* --- binding ------------------------------------------------------------------------------- */

/* s is name from now on. The lock is held. */
static void bind_to(struct local *s, struct local_name *name, struct local_list *bucket)
{
    ASSERT(!s->name);
    s->name = name;
    s->bound = true;
    LIST_INSERT_HEAD(bucket, s, bound_link);
}

struct inode *local_unbind(struct local *s)
{
    struct inode *inode = s->inode;
    if (s->bound)
        LIST_REMOVE(s, bound_link);
    s->bound = false;
    s->inode = NULL;
    return inode;
}

static int bind_abstract(struct local *s, struct local_name *name)
{
    spinlock_acquire(&local_lock);
    int err = s->name ? -EINVAL : find_abstract(&name->address, s->type) ? -EADDRINUSE : 0;
    if (!err)
        bind_to(s, name, bytes_bucket(&name->address));
    spinlock_release(&local_lock);
    return err;
}

/* Make a file and be what it stands for. */
static int bind_path(struct local *s, struct local_name *name, const struct local_place *place)
{
    const char    *path = name->address.bytes + LOCAL_PATH_OFFSET;
    struct vfs_new spec = {.mode = S_IFSOCK | (0777 & ~place->umask)};
    struct inode  *inode;

    int err = vfs_create_inode(place->cwd, path, &spec, &inode);
    if (err)
        return err == -EEXIST ? -EADDRINUSE : err;
    spinlock_acquire(&local_lock);
    if (s->name) {
        err = -EINVAL;
    } else {
        bind_to(s, name, inode_bucket(inode));
        s->inode = inode;
    }
    spinlock_release(&local_lock);
    if (err) {
        vfs_unlink(place->cwd, path);
        inode_put(inode);
    }
    return err;
}

/* The next name that is free, if s has none; 0 if it has. */
static int bind_any(struct local *s, struct local_name *name)
{
    int err = -EADDRINUSE;
    for (uint32_t i = 0; i < AUTOBIND_NAMES && err == -EADDRINUSE; i++) {
        spinlock_acquire(&local_lock);
        uint32_t n = next_autobind++ % AUTOBIND_NAMES;
        spinlock_release(&local_lock);
        char digits[6];
        fmt_snprintf(digits, sizeof(digits), "%05x", (unsigned)n);
        memcpy(name->address.bytes + LOCAL_PATH_OFFSET + 1, digits, 5);
        err = bind_abstract(s, name);
    }
    return err == -EADDRINUSE ? -ENOSPC : err;
}

static bool has_name(struct local *s)
{
    spinlock_acquire(&local_lock);
    bool has = s->name != NULL;
    spinlock_release(&local_lock);
    return has;
}

static int autobind(struct local *s)
{
    const struct local_address any = {.len = AUTOBIND_LEN, .family = AF_UNIX};
    if (has_name(s))
        return 0;
    struct local_name *name = name_new(&any);
    if (!name)
        return -ENOMEM;
    int err = bind_any(s, name);
    if (err)
        local_name_put(name);
    return err == -EINVAL ? 0 : err; /* it has got one meanwhile */
}

int local_name_sender(struct local *s)
{
    return s->options.pass_cred ? autobind(s) : 0;
}

/* A path is told with its NUL, and without what follows. */
static void trim(struct local_address *addr)
{
    addr->bytes[addr->len] = 0;
    addr->len = LOCAL_PATH_OFFSET + strlen(addr->bytes + LOCAL_PATH_OFFSET) + 1;
}

int local_bind(struct file *f, const struct local_address *addr, const struct local_place *place)
{
    struct local *s = f->private;
    if (addr->len == LOCAL_PATH_OFFSET)
        return autobind(s);
    struct local_name *name = name_new(addr);
    if (!name)
        return -ENOMEM;
    if (!is_abstract(addr))
        trim(&name->address);
    int err = is_abstract(addr) ? bind_abstract(s, name) : bind_path(s, name, place);
    if (err)
        local_name_put(name);
    return err;
}
