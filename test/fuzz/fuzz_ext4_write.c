/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_ext4_write.c - the ext4 driver on images of any contents that are mounted for writing: their journals
 * are replayed, files are made, written, cut, renamed, linked and removed, and the disk is unmounted.
 *
 * An input is a byte of flags, four bytes that choose the operations, and a small image without its zeros, as
 * in fuzz_ext4.c. Flag 1: checksums are made right first. Flag 2: the disk is cut in the middle of the operations,
 * what it holds then is damaged in a few more places (a journal that is full of what was
 * done, orphans), and mounted again for as many operations.
 *
 * Whatever the image: no operation ends in anything but an error that a program may be told, nothing is
 * written outside of what the superblock says the file system is, nothing is left over, and no thread waits for itself
 * (the locks of test/host/sim_kernel.c stop the run then).
 */
/* sources: test/fuzz/ext4_fixup.c test/fuzz/ext4_damage.c src/fs/ext4_super.c src/fs/ext4_block.c src/fs/ext4_txn.c src/fs/ext4_journal.c src/fs/ext4_journal_write.c src/fs/ext4_journal_replay.c src/kernel/blk_batch.c src/fs/ext4_inode.c
 *          src/fs/ext4_group.c src/fs/ext4_alloc.c src/fs/ext4_alloc_inode.c src/fs/ext4_inode_store.c src/fs/ext4_orphan.c src/fs/ext4_xattr.c src/fs/ext4_xattr_change.c src/fs/xattr.c src/fs/ext4_resize.c
 *          src/fs/ext4_extent_tree.c src/fs/ext4_extent_change.c src/fs/ext4_dir_change.c src/fs/ext4_htree_change.c src/fs/ext4_names.c src/fs/ext4_rename.c
 *          src/fs/ext4_file.c src/fs/ext4_extent.c src/fs/ext4_indirect.c src/fs/ext4_indirect_change.c src/fs/ext4_dir.c
 *          src/fs/ext4_list.c src/fs/ext4_htree.c src/fs/ext4_hash.c src/fs/ext4_csum.c
 *          src/fs/vfs_inode.c src/fs/vfs_notify.c src/fs/vfs_attr.c src/fs/vfs_change.c src/fs/vfs_regular.c
 *          src/fs/filelock.c src/fs/vfs_mount.c src/fs/vfs_name.c src/fs/vfs_place.c src/fs/vfs_path.c
 *          src/fs/vfs_open.c src/fs/vfs_file.c src/fs/vfs_sync.c src/fs/iobuf.c src/kernel/pagecache.c
 *          src/kernel/pagecache_io.c src/kernel/pagecache_flush.c src/kernel/frame.c src/kernel/frame_blocks.c src/kernel/frame_stock.c src/kernel/frame_window.c src/lib/fmt.c src/lib/strlcpy.c
 *          test/host/sim_ext4.c test/host/sim_disk.c test/host/sim_host.c test/host/sim_kernel.c
 *          test/host/sim_user.c */
/* runs: 500 */
/* options: -max_len=262144 -len_control=0 */
#include "ext4_damage.h"
#include "ext4_fixup.h"
#include "fs/ext4_format.h"
#include "fs/xattr.h"
#include "fuzz.h"
#include "lib/errno.h"
#include "lib/types.h"
#include "sim_ext4.h"

#define NPIECES    4096u /* the disk is larger than the file systems */
#define HEADER     5u
#define FLAG_FIXUP 1u
#define FLAG_CUT   2u

#define STEPS      40u
#define WALK_FILES 60u

static uint8_t         image[NPIECES * EXT4_PIECE], cut[NPIECES * EXT4_PIECE];
static struct sim_disk disk;
static uint64_t        rng;

static uint32_t rnd(uint32_t below)
{
    rng = rng * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)((rng >> 33) % below);
}

/* --- what must hold -------------------------------------------------------------------------------- */

static uint64_t
    end_of_fs; /* the largest that a superblock has claimed since the disk was mounted; bytes */

static void note_end(void)
{
    const struct ext4_super *sb = (const void *)(image + EXT4_SUPER_OFFSET);
    uint64_t                 blocks = ext4_le32(sb->blocks_count_lo);
    if (ext4_le32(sb->feature_incompat) & EXT4_INCOMPAT_64BIT)
        blocks = ext4_le64(sb->blocks_count_lo, sb->blocks_count_hi);
    uint64_t end = blocks << 10 << (ext4_le32(sb->log_block_size) & 7);
    if (end > end_of_fs)
        end_of_fs = end;
}

static void check_write(struct sim_disk *d, uint64_t sector, const void *buf, size_t len)
{
    (void)d;
    (void)buf;
    note_end();
    FUZZ_CHECK(sector * BLK_SECTOR + len <= end_of_fs);
}

static const int told[] = {ENOENT,     EEXIST, ENOTDIR, EISDIR,  ENOTEMPTY,    EIO,
                           EROFS,      ENOSPC, ENXIO,   EINVAL,  ENAMETOOLONG, EMLINK,
                           EOPNOTSUPP, EBUSY,  EFBIG,   ELOOP,   EPERM,        ETXTBSY,
                           ENODATA,    ERANGE, ENOMEM,  EUCLEAN, EBADMSG};

static void check(int64_t result)
{
    bool known = result >= 0;
    for (size_t i = 0; i < ARRAY_LEN(told); i++)
        known |= result == -told[i];
    if (!known)
        fprintf(stderr, "an operation gave %lld\n", (long long)result);
    FUZZ_CHECK(known);
}

/* --- operations --------------------------------------------------------------------------------------- */

#define NHELD 3u

static struct file *held[NHELD]; /* files that stay open for a while */

/* A path: one that the seeds have, or a new one in one of their directories. */
static const char *some_path(char path[300])
{
    static const char *const dirs[] = {"", "/dir", "/dir", "/dir/deeper", "/many", "/lost+found"};
    static const char *const known[] = {"/small", "/teeth",      "/link",          "/dir",
                                        "/many",  "/dir/deeper", "/dir/long link", "/dir/fifo"};
    const char              *dir = dirs[rnd(ARRAY_LEN(dirs))];

    switch (rnd(4)) {
    case 0:
        return known[rnd(ARRAY_LEN(known))];
    case 1:
        snprintf(path, 300, "%s/a name of some length %u", rnd(2) ? "/dir" : "/many", rnd(70));
        return path;
    case 2:
        snprintf(path, 300, "%s/%u", dir, rnd(12));
        return path;
    default:
        snprintf(path, 300, "%s/%0*u", dir, (int)(1 + rnd(250)), rnd(30));
        return path;
    }
}

static void do_create(void)
{
    static const uint32_t types[] = {S_IFREG, S_IFREG, S_IFDIR, S_IFDIR, S_IFLNK, S_IFCHR, S_IFIFO};
    char                  path[300], target[200];
    struct vfs_new        spec = {.mode = types[rnd(ARRAY_LEN(types))] | 0644, .rdev = 0x105};

    memset(target, 't', sizeof(target));
    target[1 + rnd(sizeof(target) - 1)] = 0;
    target[sizeof(target) - 1] = 0;
    if ((spec.mode & S_IFMT) == S_IFLNK)
        spec.target = target;
    check(vfs_create(NULL, some_path(path), &spec));
}

static void do_remove(void)
{
    char path[300];
    if (rnd(3))
        check(vfs_unlink(NULL, some_path(path)));
    else
        check(vfs_rmdir(NULL, some_path(path)));
}

static void do_rename(void)
{
    char     from[300], to[300];
    unsigned flags = rnd(3) ? 0 : rnd(2) ? RENAME_EXCHANGE : RENAME_NOREPLACE;
    check(vfs_rename(NULL, some_path(from), NULL, some_path(to), flags));
}

static void do_link(void)
{
    char          path[300];
    struct inode *inode;
    int           err = vfs_lookup(NULL, some_path(path), VFS_NOFOLLOW, &inode);
    check(err);
    if (err)
        return;
    check(vfs_link(inode, NULL, some_path(path)));
    inode_put(inode);
}

static void do_attributes(void)
{
    char               path[300];
    struct inode      *inode;
    struct vfs_setattr set = {.what = VFS_SET_OWNER | VFS_SET_MTIME, .uid = 5, .mtime = {7, 8}};
    int                err = vfs_lookup(NULL, some_path(path), VFS_NOFOLLOW, &inode);
    check(err);
    if (err)
        return;
    check(vfs_setattr(inode, &set));
    inode_put(inode);
}

static void do_xattr(void)
{
    static const char *const prefixes[] = {"user.", "trusted.", "security."};
    static const char        bytes[2000];
    char                     path[300], name[64];
    struct inode            *inode;

    int err = vfs_lookup(NULL, some_path(path), VFS_NOFOLLOW, &inode);
    check(err);
    if (err)
        return;
    snprintf(name, sizeof(name), "%sn%0*u", prefixes[rnd(3)], (int)(1 + rnd(20)), rnd(8));
    size_t size = rnd(rnd(3) ? 60 : sizeof(bytes));
    check(xattr_set(inode, name, rnd(3) ? bytes : NULL, size, rnd(4) ? 0 : rnd(3), true));
    check(xattr_get(inode, name, NULL, 0, true));
    inode_put(inode);
}

static struct file *some_file(void)
{
    char         path[300];
    struct file *f;
    unsigned     i = rnd(NHELD * 2);
    if (i < NHELD && held[i])
        return file_get(held[i]);
    unsigned flags = rnd(8) == 0 ? O_TMPFILE | O_RDWR : O_RDWR | (rnd(2) ? O_CREAT : 0);
    int      err = vfs_open(NULL, flags & O_DIRECTORY ? "/dir" : some_path(path), flags, 0600, &f);
    check(err);
    if (err)
        return NULL;
    if (i < NHELD) {
        file_put(held[i]);
        held[i] = file_get(f);
    }
    return f;
}

static uint64_t some_place(void)
{
    return rnd(rnd(8) ? rnd(4) ? 70000 : 400000 : 1u << 31) * (rnd(16) ? 1 : 4096ull);
}

static void do_write(void)
{
    static char  bytes[20000];
    struct file *f = some_file();
    struct iobuf iob;
    if (!f)
        return;
    iobuf_kernel(&iob, bytes, 1 + rnd(rnd(2) ? sizeof(bytes) - 1 : 300));
    check(rnd(2) ? file_pwrite(f, &iob, some_place()) : file_pread(f, &iob, some_place()));
    file_put(f);
}

static void do_resize(void)
{
    struct file *f = some_file();
    if (!f)
        return;
    switch (rnd(4)) {
    case 0:
        check(file_allocate(f, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, (int64_t)some_place(),
                            1 + rnd(70000)));
        break;
    case 1:
        check(file_allocate(f, rnd(2) ? FALLOC_FL_KEEP_SIZE : 0, (int64_t)some_place(),
                            1 + rnd(70000)));
        break;
    default:
        check(file_truncate(f, some_place()));
        break;
    }
    check(file_seek(f, (int64_t)rnd(50000), rnd(2) ? SEEK_DATA : SEEK_HOLE));
    file_put(f);
}

static void do_sync(void)
{
    struct file *f = rnd(2) ? some_file() : NULL;
    if (f)
        check(file_sync(f, rnd(2)));
    else
        check(vfs_sync(vfs_root()->fs));
    file_put(f);
}

static void do_walk(void)
{
    sim_walk_tree();
}

static void step(void)
{
    static void (*const ops[])(void) = {
        do_create, do_create, do_remove, do_remove, do_rename, do_rename, do_link,  do_attributes,
        do_write,  do_write,  do_write,  do_resize, do_resize, do_sync,   do_xattr, do_xattr};
    if (rnd(30) == 0)
        do_walk();
    else
        ops[rnd(ARRAY_LEN(ops))]();
}

/* Mount, so many operations, unmount; what is on the disk after operation cut_at goes to `cut`. */
static void session(unsigned steps, unsigned cut_at)
{
    disk = (struct sim_disk){.image = image,
                             .size = sizeof(image),
                             .on_write = check_write,
                             .dev = {.name = "disk", .nsectors = sizeof(image) / BLK_SECTOR}};
    end_of_fs = 0;
    note_end();
    sim_writable = true;
    sim_walk_files_max = WALK_FILES;
    if (sim_mount(&disk))
        return;
    for (unsigned i = 0; i < steps; i++) {
        step();
        if (i == cut_at)
            memcpy(cut, image, sizeof(image));
    }
    for (unsigned i = 0; i < NHELD; i++) {
        file_put(held[i]);
        held[i] = NULL;
    }
    sim_unmount();
}

/* --- inputs ----------------------------------------------------------------------------------------------- */

static size_t piece_count(size_t size)
{
    return size > HEADER ? (size - HEADER) / sizeof(struct image_piece) : 0;
}

static void image_take(const uint8_t *data, size_t size)
{
    const struct image_piece *pieces = (const void *)(data + HEADER);

    memset(image, 0, sizeof(image));
    for (size_t i = 0; i < piece_count(size); i++) {
        size_t at = (pieces[i].number[0] | (size_t)pieces[i].number[1] << 8) % NPIECES;
        memcpy(image + at * EXT4_PIECE, pieces[i].bytes, EXT4_PIECE);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEADER)
        return 0;
    image_take(data, size);
    rng = data[1] | (uint64_t)data[2] << 8 | (uint64_t)data[3] << 16 | (uint64_t)data[4] << 24;
    if (data[0] & FLAG_FIXUP)
        ext4_fixup(image, sizeof(image));
    memcpy(cut, image, sizeof(cut));
    session(STEPS, rnd(STEPS));
    if (data[0] & FLAG_CUT) {
        memcpy(image, cut, sizeof(image));
        ext4_damage_image(image, NPIECES, rnd(1u << 31));
        ext4_fixup(image, sizeof(image));
        session(STEPS, STEPS);
    }
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    size_t n = piece_count(size);
    if (n == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    if (seed % 16 == 0)
        data[0] ^= (uint8_t)(1u << seed / 16 % 2);
    if (seed % 4 == 0)
        memcpy(data + 1, &seed, sizeof(seed));
    if (seed % 4 != 0 || seed % 8 == 0)
        ext4_damage_input((void *)(data + HEADER), n, NPIECES, seed);
    return size;
}
