/* SPDX-License-Identifier: Apache-2.0 */
/* vfs.h - files by name: inodes, paths, mounts, open files.
 *
 * An inode is a file itself, an open file (struct file) is somebody's use of one, and a path leads to
 * an inode. File systems implement struct inode_ops, everything that a file descriptor can stand for
 * implements struct file_ops; pipes, sockets and the like have no inode. Both are counted: who calls a
 * function that hands one out owns a reference and puts it back.
 *
 * Numbers that programs see (S_IF*, O_*, DT_*, POLL*) are Linux's, from fs/abi.h, so that no layer
 * translates them. Everything here may sleep unless it says otherwise; no spinlock is held around it.
 */
#ifndef FS_VFS_H
#define FS_VFS_H

#include <stdatomic.h>
#include <sys/queue.h>

#include "fs/abi.h"
#include "fs/iobuf.h"
#include "kernel/pagecache.h"
#include "kernel/waitq.h"
#include "lib/assert.h"
#include "lib/types.h"

#define VFS_NAME_MAX 255  /* bytes of one name */
#define VFS_PATH_MAX 4096 /* bytes of a path, its NUL included */
#define VFS_LINK_MAX 40   /* symbolic links followed in one walk; more is -ELOOP */

struct file;
struct filelock;
struct fs;
struct inode;
struct pipe;
struct pollq;
struct vfs_watch;
struct xattr;
struct xattr_names;

/* --- attributes -------------------------------------------------------------------------- */

struct vfs_time {
    int64_t  sec; /* since 1970 UTC */
    uint32_t nsec;
};

/* What stat tells. Times: btime.sec == 0 and btime.nsec == 0 where a file system keeps none. */
struct vfs_attr {
    uint64_t        dev;  /* of the file system, as vfs_mkdev() packs it */
    uint64_t        rdev; /* of the device a device node stands for, else 0 */
    uint64_t        ino;
    uint32_t        mode; /* S_IF* and permission bits */
    uint32_t        nlink;
    uint32_t        uid, gid;
    uint64_t        size;    /* bytes */
    uint64_t        blocks;  /* 512-byte units */
    uint32_t        blksize; /* bytes; good size for requests */
    struct vfs_time atime, mtime, ctime, btime;
};

/* What is to be changed of an inode's attributes. */
enum vfs_setattr_what {
    VFS_SET_MODE = 1 << 0,
    VFS_SET_OWNER = 1 << 1, /* also if both are to stay: a file loses its set-id bits */
    VFS_SET_ATIME = 1 << 2,
    VFS_SET_MTIME = 1 << 3,
};

#define VFS_KEEP_ID ((uint32_t)-1)

struct vfs_setattr {
    unsigned        what;     /* VFS_SET_* */
    uint32_t        mode;     /* permission bits; S_IF* does not count */
    uint32_t        uid, gid; /* or VFS_KEEP_ID */
    struct vfs_time atime, mtime;
};

/* What a new file is to be. */
struct vfs_new {
    uint32_t    mode; /* S_IF* and permission bits, the umask applied */
    uint32_t    uid, gid;
    uint64_t    rdev;   /* of a device node */
    const char *target; /* of a symbolic link: its text, NUL-terminated, not empty */
};

struct vfs_statfs {
    uint32_t type;  /* Linux's magic of the file system */
    uint32_t bsize; /* bytes; the unit of the next three */
    uint64_t blocks, bfree, bavail;
    uint64_t files, ffree; /* inodes */
    uint64_t fsid;
    uint32_t namelen;
    bool     read_only;
};

/* Linux's device number as stat shows it (the wide encoding). */
static inline uint64_t vfs_mkdev(uint32_t major, uint32_t minor)
{
    return (minor & 0xff) | ((uint64_t)major << 8) | ((uint64_t)(minor & ~0xffu) << 12);
}

/* --- file systems and inodes ------------------------------------------------------------- */

struct fs_ops {
    const char *type; /* Linux's name of its kind */
    int (*statfs)(struct fs *fs, struct vfs_statfs *out);

    /* Of file systems with a disk; NULL: nothing to do. No lock is held; they sleep. -EIO, -ENOSPC.
     * sync: everything that was changed is on stable storage when it returns. sync_inode: one inode's contents and,
     * but for times if data_only, attributes and names. clean: what is dirty of inode, of which the
     * caller has the only reference, is handed on, so that it can be forgotten. */
    int (*sync)(struct fs *fs);
    void (*stop)(struct fs *fs); /* sync, and then the disk is not written any more; as read_only */
    int (*sync_inode)(struct inode *inode, bool data_only);
    void (*clean)(struct inode *inode);
    /* What is in memory only to be there when it is needed again goes. No lock is held. NULL: nothing does. */
    void (*forget)(struct fs *fs);
    /* Extended attributes, as xattr.h has them, with the inode's lock held; NULL, all of them: they are in memory.
     * list: xattr_names_add() for each. */
    ssize_t (*xattr_get)(struct inode *inode, const char *name, void *buf, size_t size);
    int (*xattr_set)(struct inode *inode, const char *name, const void *value, size_t size,
                     unsigned flags);
    int (*xattr_list)(struct inode *inode, struct xattr_names *names);
};

/* A mounted file system. */
struct fs {
    const struct fs_ops    *ops;
    const char             *source; /* what /proc/mounts says is mounted; NULL: its type */
    uint64_t                dev;    /* unique; vfs_mkdev() form */
    bool                    read_only;
    bool                    cache_names; /* names change by calls of this layer only */
    bool                    has_xattrs;  /* inodes may have extended attributes, */
    struct pagecache_quota *xattr_quota; /* at whose cost those in memory are; NULL: none can be */
    uint64_t      max_size; /* bytes: no file is, or can be made, larger; 0: any offset is fine */
    struct inode *root;     /* holds a reference */
};

/* Who receives directory entries. */
struct dir_sink {
    /* One entry; next: the position to continue from after it. type is DT_*. Returns false when
     * there is no room for it: the directory stops, and has not consumed this entry. */
    bool (*emit)(struct dir_sink *sink, const char *name, size_t len, uint64_t ino, unsigned type,
                 uint64_t next);
};

/* A name as the VFS hands it on: never "." or "..", at most VFS_NAME_MAX bytes, no NUL at its end. */
struct vfs_name {
    const char *text;
    size_t      len;
};

/* What rename asks of a file system. It has checked that nothing becomes its own ancestor. */
struct vfs_rename {
    struct inode   *old_dir, *new_dir; /* may be the same */
    struct vfs_name old_name, new_name;
    struct inode   *inode;    /* what old_name is */
    struct inode   *target;   /* what new_name is; NULL: there is no such entry */
    bool            exchange; /* the two swap places; else target, of the same kind, goes */
};

/* What a file system does for an inode. dir is always a directory. A NULL op: not possible on this
 * inode; for those that change something, -EPERM (create: -EACCES).
 *
 * Locking: the VFS holds dir->lock in every op that has a dir, and the lock of each other inode that
 * an op may change: of inode and target in link, unlink and rename, but for what create returns. So a
 * directory's entries, its parent and all attributes stand still under its lock.
 *
 * Ops that change something are called only on file systems that are not read_only, after everything was
 * checked that can be known here. What is left to them are reasons of their own (-ENOSPC, -ENOMEM, -EIO,
 * -EMLINK, -ENOTEMPTY); they fail before they have changed anything. They keep nlink, size and the times of
 * all inodes that take part. */
struct inode_ops {
    /* The inode called name; -ENOENT, -EIO, -ENOMEM. */
    int (*lookup)(struct inode *dir, const char *name, size_t len, struct inode **out);
    /* The directory that holds dir; its root's parent is itself. */
    int (*parent)(struct inode *dir, struct inode **out);
    /* Entries from *pos on ("." and ".." included), 0 being the start; advances *pos. 0 at the end, too.
     * A position stays good while entries come and go: those that stay are told once. */
    int (*readdir)(struct inode *dir, uint64_t *pos, struct dir_sink *sink);
    /* A new file of any kind under name, or without one (nlink is 0 then). *out holds a reference. */
    int (*create)(struct inode *dir, const struct vfs_name *name, const struct vfs_new *spec,
                  struct inode **out);
    /* One more name for inode, which is no directory. */
    int (*link)(struct inode *dir, const struct vfs_name *name, struct inode *inode);
    /* Remove name, which is inode: a directory only if it is empty (-ENOTEMPTY). */
    int (*unlink)(struct inode *dir, const struct vfs_name *name, struct inode *inode);
    int (*rename)(const struct vfs_rename *r);
    /* Change a regular file's size; pages past a smaller one go, what is added reads as zeros. */
    int (*resize)(struct inode *inode, uint64_t size);
    /* Have memory or disk space for the pages of [off, off + len), so that writing there cannot fail for
     * want of it. Does not change the size. -EOPNOTSUPP without it. */
    int (*allocate)(struct inode *inode, uint64_t off, uint64_t len);
    /* Bytes [off, off + len) are about to be written through the page cache: how many of them, from off on, there is
     * space for. -ENOSPC, -EFBIG, -EIO: not for the first. NULL: for all. */
    ssize_t (*prepare)(struct inode *inode, uint64_t off, size_t len);
    /* Give the space of [off, off + len) back: it reads as zeros. -EOPNOTSUPP without it. */
    int (*punch)(struct inode *inode, uint64_t off, uint64_t len);
    /* The first byte at or after off that is data (or in a hole, if hole), the file's end counting as a
     * hole. off is below the size. -ENXIO: no data follows. Without it, all is data. */
    int64_t (*seek)(struct inode *inode, uint64_t off, bool hole);
    /* Attributes changed in memory and are to reach the disk some day. Does not sleep. NULL: nothing to do. */
    void (*dirtied)(struct inode *inode);
    /* The link's text, at most size bytes, without NUL. Returns its length. */
    ssize_t (*readlink)(struct inode *link, char *buf, size_t size);
    /* What the link leads to, whatever its text says, with a reference. NULL: its text leads there. No
     * lock is held. -ENOENT. */
    int (*follow)(struct inode *link, struct inode **out);
    /* Changes what the inode itself tells, where its fields are not all there is. */
    void (*getattr)(struct inode *inode, struct vfs_attr *attr);
    /* Prepare f, an open file of inode with ops and private still those of its kind (regular,
     * directory, device): may replace both. */
    int (*open)(struct inode *inode, struct file *f);
    /* The last reference is gone and the page cache is empty: free it. */
    void (*destroy)(struct inode *inode);
};

/* A file. The file system embeds it in its own structure and fills the first two groups before anybody
 * else can find it.
 *
 * The order of inodes' locks: directories from the root downwards, then other inodes by their addresses.
 * Who needs two directories of which neither is known to hold the other (a rename) takes the VFS's rename
 * lock before them: only under it directories change their parent. An inode's lock comes after a struct
 * file's and before an address space's mutex, since writing takes bytes from the program's memory. */
struct inode {
    const struct inode_ops *ops; /* constant, as are the next three and S_IFMT of mode */
    struct fs              *fs;
    uint64_t                ino;
    uint64_t                rdev; /* device nodes */

    struct mutex lock;
    /* lock protects (one field alone may be read without it, where an old value is fine): */
    uint32_t        mode;  /* S_IF* and permission bits */
    uint32_t        nlink; /* of a directory 0: it was removed, and takes no new entries */
    uint32_t        uid, gid;
    uint64_t        size;   /* bytes */
    uint64_t        blocks; /* 512-byte units */
    struct vfs_time atime, mtime, ctime, btime;
    bool unstored; /* clean has work: attributes differ from the disk's; the file system's */
    bool linkable; /* link may give a name although nlink is 0 (O_TMPFILE) */
    LIST_HEAD(, xattr) xattrs; /* xattr.c's */
    uint8_t seals;             /* F_SEAL_*: what may not be done to a regular file any more */
    atomic_int
        writers; /* opened for writing so many times; negative: so many times run as a program */

    /* Where it was last seen, by who opened or renamed it (vfs_place.c). Not of directories. */
    struct inode *
        place_dir; /* holds a reference if it is not fs->root; NULL: in no directory, or not known */
    char *place_name; /* of the heap; NULL: not known */

    struct pagecache pages; /* contents of regular files */

    LIST_HEAD(, filelock) locks; /* filelock.c's, as is their protection */
    struct pipe *fifo;           /* pipe_fifo.c's, likewise; NULL: nobody has it open */

    /* vfs_notify.c's, likewise, but whether there are any may be looked at; NULL: nobody watches it */
    _Atomic(struct vfs_watch *) watches;

    atomic_uint refs;

    /* protected by the inode table's lock: */
    LIST_ENTRY(inode) table_link;
    bool in_table;

    /* protected by the mount table's lock: */
    unsigned      nmounts;    /* trees mounted on names of this directory */
    struct mount *mounted_as; /* this is the root of that mount; NULL: of none */
};

static inline bool inode_is_dir(const struct inode *inode)
{
    return (inode->mode & S_IFMT) == S_IFDIR;
}

static inline bool inode_is_regular(const struct inode *inode)
{
    return (inode->mode & S_IFMT) == S_IFREG;
}

static inline bool inode_is_link(const struct inode *inode)
{
    return (inode->mode & S_IFMT) == S_IFLNK;
}

/* Set what is the same for all inodes (which was zeroed): one reference, empty page cache. A file
 * system that gives regular files contents calls pagecache_init() for pages itself. */
void inode_init(struct inode *inode, struct fs *fs, uint64_t ino);

/* One more reference; returns inode. Any context. */
static inline struct inode *inode_get(struct inode *inode)
{
    unsigned before = atomic_fetch_add_explicit(&inode->refs, 1, memory_order_relaxed);
    ASSERT(before > 0);
    return inode;
}

/* One reference less, unless it is the last: whether it was not. Release: pairs with the last one's acquire. */
static inline bool inode_put_shared(struct inode *inode)
{
    unsigned refs = atomic_load_explicit(&inode->refs, memory_order_relaxed);
    while (refs > 1)
        if (atomic_compare_exchange_weak_explicit(&inode->refs, &refs, refs - 1,
                                                  memory_order_release, memory_order_relaxed))
            return true;
    return false;
}

void inode_put_rare(struct inode *inode); /* inode_put() of what may be the last, or has no name */

static inline void inode_put(struct inode *inode) /* NULL is fine */
{
    if (inode && (inode->nlink == 0 || !inode_put_shared(inode)))
        inode_put_rare(inode);
}

/* One more reference, unless inode's last one is gone: for who keeps a list of inodes without owning references,
 * under whatever lock the destroy op needs to take inode off it. Any context. */
bool inode_get_live(struct inode *inode);

/* inode_put() for a file system's destroy op, which so can go up a chain of directories of any length in
 * a loop: drops a reference and returns whether it was the last, in which case the caller does what
 * destroy does. */
bool inode_put_last(struct inode *inode);

/* The inode of fs numbered ino if it is in memory, with a reference; NULL: not there. */
struct inode *inode_find(struct fs *fs, uint64_t ino);
bool          inode_is_known(struct fs *fs, uint64_t ino); /* only whether it is */

/* Make inode findable. If another thread was faster, inode is destroyed and the other's returned. */
struct inode *inode_insert(struct inode *inode);

/* For pagecache_ops of file systems: the cache is an inode's, a mapping holds a reference on it. */
void inode_pages_acquire(struct pagecache *pages);
void inode_pages_release(struct pagecache *pages);
void inode_pages_describe(struct pagecache *pages, char *buf, size_t size);
void inode_pages_identify(struct pagecache *pages, uint64_t *dev, uint64_t *ino);

/* For the pagecache_ops of files that are written back: the lock is the inode's. */
void inode_pages_lock(struct pagecache *pages);
void inode_pages_unlock(struct pagecache *pages);
bool inode_pages_acquire_live(struct pagecache *pages);
bool inode_pages_alone(struct pagecache *pages);

/* --- writing back ------------------------------------------------------------------------ */

/* Everything that was changed, of one file system (NULL: of all), is on stable storage. The first error;
 * the rest is written nevertheless. */
int vfs_sync(struct fs *fs);

/* The machine is about to end: the same, and nothing is written to a disk any more. */
void vfs_shutdown(void);

/* The program wants to make pages of files dirty: write some back if there are too many. No lock is held. */
void vfs_make_room(void);

/* --- mounts ------------------------------------------------------------------------------ */

void vfs_init(void);
/* Forget all names that were looked up, and what is held in memory for them alone, the root file system's metadata
 * among it. */
void vfs_drop_names(void);

struct inode *vfs_root(void); /* "/", no reference taken; NULL before vfs_mount_root() */

/* fs becomes "/". Once. */
void vfs_mount_root(struct fs *fs);

/* Mount fs as name in directory dir, whether or not dir has such an entry. -ENOTDIR, -EBUSY, -ENOMEM. */
int vfs_mount(struct inode *dir, const char *name, struct fs *fs);

/* Undo them. Nobody uses their files any more. */
int  vfs_unmount(struct fs *fs); /* -EINVAL: not mounted */
void vfs_unmount_root(void);

/* Where the program's paths begin that begin with a slash, with a reference; and directory dir from now on. */
struct inode *vfs_top_get(void);
void          vfs_set_top(struct inode *dir);

/* The n-th mounted file system, "/" being the first, the others in the order in which they were mounted.
 * *dir, with a reference, is the directory in which its root has a name, and NULL for "/"; path is where
 * that is, cut to size. -ENOENT: there are not that many. */
int vfs_mount_at(unsigned n, struct fs **fs, struct inode **dir, char *path, size_t size);

/* --- paths ------------------------------------------------------------------------------- */

enum vfs_lookup_flags {
    VFS_NOFOLLOW = 1,  /* the last name may be a symbolic link: return the link itself */
    VFS_DIRECTORY = 2, /* the result must be a directory, else -ENOTDIR */
    VFS_KEEP_NAME = 4, /* for a walk: tell where what is no directory was found */
};

/* Walk path (NUL-terminated kernel string, of at most VFS_PATH_MAX bytes with its NUL: what came from elsewhere was
 * held to that) from start (NULL: the root; ignored if path is absolute).
 * A slash at the end asks for a directory and follows a link. On success *out holds a reference.
 * -ENOENT (also the empty path), -ENOTDIR, -ELOOP, -ENAMETOOLONG, -EIO, -ENOMEM. */
int vfs_lookup(struct inode *start, const char *path, unsigned flags, struct inode **out);

/* Walk to the directory that holds, or would hold, path's last name; name points into path and
 * is "." or ".." where path ends so, and of length 0 for "/". *trailing: slashes follow the name. */
int vfs_lookup_parent(struct inode *start, const char *path, struct inode **dir, const char **name,
                      size_t *len, bool *trailing);

/* The absolute path of directory dir into buf, NUL-terminated. Returns its length with NUL (what getcwd
 * returns), -ERANGE: size is too small, -ENOENT: no way from the root leads there. */
ssize_t vfs_dir_path(struct inode *dir, char *buf, size_t size);

/* The absolute path, free of links, "." and "..", of what path leads to (all links followed). As
 * vfs_dir_path() and vfs_lookup(). For "the program's own name". */
ssize_t vfs_canonical_path(struct inode *start, const char *path, char *buf, size_t size);

void    vfs_stat(struct inode *inode, struct vfs_attr *attr);
int     vfs_statfs(struct inode *inode, struct vfs_statfs *out);
ssize_t vfs_readlink(struct inode *link, char *buf, size_t size); /* -EINVAL: no link */

/* May the program, which is root, use inode so? mask: R_OK | W_OK | X_OK. -EACCES (X_OK on a file
 * without any execute bit), -EROFS. */
int vfs_access(struct inode *inode, unsigned mask);

/* Nobody shall write inode, a program's file, until the second is called as often as the first.
 * -ETXTBSY: somebody has it open for writing. */
int  inode_deny_write(struct inode *inode);
void inode_allow_write(struct inode *inode);

/* --- attributes ----------------------------------------------------------------------------- */

struct vfs_time vfs_now(void);

/* Set the change and modification times to now. inode->lock is held. */
void inode_modified(struct inode *inode);

/* The file was read: set the access time, as rarely as Linux's relatime does. No lock is held. */
void inode_accessed(struct inode *inode);

/* chmod, chown, utimensat. -EROFS; -EPERM: sealed; -EOPNOTSUPP: the mode of a symbolic link; -EIO. */
int vfs_setattr(struct inode *inode, const struct vfs_setattr *set);

/* truncate: -EISDIR, -EINVAL (not a regular file), -EROFS, -EFBIG, -ENOSPC, -EIO. */
int vfs_truncate(struct inode *inode, uint64_t size);

/* No regular file may become larger by writing, truncating or allocating (RLIMIT_FSIZE): what would
 * make it so fails with -EFBIG, or writes the part that fits. No limit at first. */
void vfs_set_size_limit(uint64_t bytes);

/* --- changing the tree ------------------------------------------------------------------------ */

/* Errors are Linux's, in its order; besides those named: what vfs_lookup() says of the way to the name,
 * -ENOENT (the directory was removed), -EROFS, and what file systems say. */

/* mkdir, mknod, symlink: make what spec says. -EEXIST. */
int vfs_create(struct inode *start, const char *path, const struct vfs_new *spec);

/* The same, for who needs what it made: *out holds a reference. */
int vfs_create_inode(struct inode *start, const char *path, const struct vfs_new *spec,
                     struct inode **out);

/* One more name for inode. -EEXIST, -EXDEV, -EPERM (a directory), -ENOENT (inode has no name left). */
int vfs_link(struct inode *inode, struct inode *start, const char *path);

/* -EISDIR: a directory; -EBUSY: something is mounted there. */
int vfs_unlink(struct inode *start, const char *path);

/* -ENOTDIR, -ENOTEMPTY, -EBUSY (mounted, or the root), -EINVAL (".") */
int vfs_rmdir(struct inode *start, const char *path);

/* flags: RENAME_NOREPLACE, RENAME_EXCHANGE; others are -EINVAL. -EXDEV, -EBUSY, -EEXIST, -ENOTDIR, -EISDIR, -ENOTEMPTY, -EINVAL. */
int vfs_rename(struct inode *old_start, const char *old_path, struct inode *new_start,
               const char *new_path, unsigned flags);

/* --- open files -------------------------------------------------------------------------- */

/* What an open file can do. A NULL op gives the error named. Ops get a file that is open for the
 * access (read: FMODE checked before); write to a regular file is called with its inode's lock held. iob says how much; the result is the number of bytes moved, which
 * are gone from iob, or an error if none were. */
struct file_ops {
    /* pos: where; equal to the file's position for read(2), no meaning for streams.
     * -EINVAL; -EISDIR on directories. */
    ssize_t (*read)(struct file *f, struct iobuf *iob, uint64_t pos);
    ssize_t (*write)(struct file *f, struct iobuf *iob, uint64_t pos);
    int (*readdir)(struct file *f, uint64_t *pos, struct dir_sink *sink); /* -ENOTDIR */
    /* lseek, where it does not do what it does with files. */
    int64_t (*seek)(struct file *f, int64_t offset, unsigned whence);
    /* arg: as the program gave it, a number or a user address. -ENOTTY. */
    int (*ioctl)(struct file *f, unsigned cmd, uintptr_t arg);
    /* What is ready now, POLL*; *q (if q is not NULL): who tells of changes, NULL: never changes.
     * No op: always readable and writable. Add the entry to *q first and ask again then. */
    unsigned (*poll)(struct file *f, struct pollq **q);
    /* The pages that a mapping shows; *pages NULL: zeroed memory (/dev/zero). -ENODEV. */
    int (*mmap)(struct file *f, struct pagecache **pages);
    void (*getattr)(struct file *f, struct vfs_attr *attr); /* files without inode */
    int (*sync)(struct file *f, bool data_only);            /* -EINVAL */
    void (*release)(struct file *f);                        /* the last reference is gone */

    /* Of files without inode: what their links in /proc/self/fd say. NULL: "pipe:[7]" or "socket:[7]",
     * as the mode and the number that getattr tells demand. */
    const char *label;
    /* Make again, a new open file that has only its flags, one more of the same kind. -ENXIO. */
    int (*reopen)(struct file *f, struct file *again);
};

/* struct file.may */
#define FILE_READ  1u
#define FILE_WRITE 2u

struct file {
    const struct file_ops *ops;
    struct inode          *inode; /* holds a reference; NULL: pipe, socket, ... */
    void *private;                /* of ops */
    uint8_t may; /* constant: FILE_READ, FILE_WRITE, what it is open for; 0: only for its path */
    bool    seekable;
    bool
        has_position; /* where read and write begin, and what they move; else they always begin at 0 */
    bool writes;      /* counts among the inode's writers */

    atomic_uint refs;
    atomic_uint
        flags; /* O_*: access mode and status; O_CLOEXEC is the descriptor's, not kept here */

    struct mutex lock;
    /* lock protects: */
    uint64_t pos; /* bytes; in directories a file system's own cookie */

    unsigned error_seen; /* of the inode's pages: pagecache_error() */

    /* epoll.c's, as is their protection: */
    LIST_HEAD(, epoll_watch) watches;
    void (*gone)(struct file *f); /* to be told before release; NULL: nobody */
};

/* Whether f stands for a name only (O_PATH), so that nothing can be done with what it is. */
static inline bool file_is_path(const struct file *f)
{
    return !f->may;
}

/* Open what path leads to. flags: O_*; mode: permissions of a file that O_CREAT makes, or O_TMPFILE.
 * A pipe with a name may sleep until its other end is open, too (-EINTR).
 * -EROFS: writing or creating on a read-only file system; -EISDIR: writing a directory; -EEXIST:
 * O_CREAT|O_EXCL; -ELOOP: O_NOFOLLOW met a link; -ENXIO: no driver for that device; vfs_lookup()'s. */
int vfs_open(struct inode *start, const char *path, unsigned flags, unsigned mode,
             struct file **out);

/* The same with a walk that keeps to resolve, RESOLVE_*: -EXDEV, -ELOOP. start counts as the root, or as the
 * directory not to leave, even if path is absolute. */
int vfs_open_resolve(struct inode *start, const char *path, unsigned flags, unsigned mode,
                     unsigned resolve, struct file **out);

/* Open inode itself (exec, /dev nodes). */
int vfs_open_inode(struct inode *inode, unsigned flags, struct file **out);

/* An open file without inode: pipe, socket, eventfd. NULL: no memory (private stays the caller's). */
struct file *file_new(const struct file_ops *ops, void *private, unsigned flags);

/* file_ops.getattr of files that are no kind of file at all: eventfd and its like. */
void file_getattr_anonymous(struct file *f, struct vfs_attr *attr);

struct file *file_get(struct file *f);
void         file_put(struct file *f); /* NULL is fine */

/* The caller, who made f, gives it up without having opened anything with it: private stays his. NULL is fine. */
void file_abandon(struct file *f);

/* For tables of files that are read without their lock: a reference on f, which was in the table a moment ago. False: f
 * is gone, or going. Who got one looks again whether f is still what the table says: its memory may be another file's by
 * then, and file_put() is what is due. */
static inline bool file_try_get(struct file *f)
{
    unsigned refs = atomic_load_explicit(&f->refs, memory_order_relaxed);
    while (refs && !atomic_compare_exchange_weak_explicit(
                       &f->refs, &refs, refs + 1, memory_order_acquire, memory_order_relaxed)) {
    }
    return refs;
}

/* read(2), write(2): at the file's position, which moves. -EBADF: not open for that. */
ssize_t file_read(struct file *f, struct iobuf *iob);
ssize_t file_write(struct file *f, struct iobuf *iob);

/* pread(2), pwrite(2): -ESPIPE on streams. */
ssize_t file_pread(struct file *f, struct iobuf *iob, uint64_t pos);
ssize_t file_pwrite(struct file *f, struct iobuf *iob, uint64_t pos);

/* The same as if f had been opened with O_APPEND, O_DSYNC and O_SYNC as flags have them (pwritev2(2)). */
ssize_t file_write_as(struct file *f, struct iobuf *iob, unsigned flags);
ssize_t file_pwrite_as(struct file *f, struct iobuf *iob, uint64_t pos, unsigned flags);

/* The same into kernel memory: exactly len bytes or an error (-EIO where the file ends early). */
int file_read_exact(struct file *f, void *buf, size_t len, uint64_t pos);

/* whence: SEEK_*. Returns the new position. -ESPIPE, -EINVAL, -EOVERFLOW, -ENXIO (SEEK_DATA, SEEK_HOLE). */
int64_t file_seek(struct file *f, int64_t offset, unsigned whence);

/* Entries from the file's position on, which moves past those that sink took. */
int file_readdir(struct file *f, struct dir_sink *sink);

int      file_ioctl(struct file *f, unsigned cmd, uintptr_t arg);
unsigned file_poll(struct file *f, struct pollq **q);
int      file_mmap(struct file *f, struct pagecache **pages); /* -EACCES: not open for reading */
/* fsync, fdatasync (data_only): -EINVAL: nothing that can be written; -EIO, -ENOSPC: it could not be
 * written, told once to each open file. */
int file_sync(struct file *f, bool data_only);

/* Whether f was opened for it, and for more than its path. */
static inline bool file_readable(const struct file *f)
{
    return f->may & FILE_READ;
}

static inline bool file_writable(const struct file *f)
{
    return f->may & FILE_WRITE;
}

/* ftruncate: -EBADF (O_PATH), -EINVAL: not a regular file, or not open for writing; vfs_truncate()'s. */
int file_truncate(struct file *f, uint64_t size);

/* fallocate; mode: FALLOC_FL_*. -EINVAL, -EOPNOTSUPP (other modes, or not by this file system), -EBADF: not open for writing,
 * -ESPIPE, -EISDIR, -ENODEV, -EFBIG, -ENOSPC. */
int  file_allocate(struct file *f, unsigned mode, int64_t off, int64_t len);
void file_stat(struct file *f, struct vfs_attr *attr);

/* Have inode called name in dir (NULL: in no directory), until it is seen elsewhere: for who makes files
 * that have no name. Costs the name if there is no memory. */
void inode_set_place(struct inode *inode, struct inode *dir, const char *name, size_t len);

/* What f is called now: its absolute path, with " (deleted)" behind it if that leads there no more, or
 * what stands for files that never had one ("pipe:[7]"). NUL-terminated. Returns the length without
 * NUL; -ENAMETOOLONG: size is too small. */
ssize_t file_describe(struct file *f, char *buf, size_t size);

/* The same of an inode. */
ssize_t inode_describe(struct inode *inode, char *buf, size_t size);

#endif
