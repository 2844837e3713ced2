/* SPDX-License-Identifier: Apache-2.0 */
/* image.c - making the image: see image.h.
 *
 * mke2fs lays out the file system with options that are all pinned here and copies the files. It takes
 * owners, times and modes from the host; the tree's are written over them afterwards.
 */
#define _GNU_SOURCE
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ext2fs/ext2fs.h>

#include "process.h"
#include "say.h"
#include "scratch.h"
#include "words.h"

#define BLOCK          4096
#define INODE          256
#define BLOCKS_PER_MIB (1024 * 1024 / BLOCK)
#define INODES_SPARE   1024 /* for files that the program makes */
#define JOURNAL_MIB    4    /* the smallest that mke2fs makes of such blocks */
#define JOURNAL        "size=4"

/* One identity for all images: they are told apart by their content, not by it. */
#define UUID      "ce11a000-0000-4000-8000-000000000001"
#define HASH_SEED "ce11a000-0000-4000-8000-000000000002"

#define FEATURES                                                                                 \
    "none,has_journal,ext_attr,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file," \
    "huge_file,dir_nlink,extra_isize,metadata_csum"

/* The host's own mke2fs.conf has no say; this one adds nothing to the options. */
#define TYPE(name) " " name " = {\n  inode_size = 256\n }\n"
static const char mke2fs_conf[] = "[fs_types]\n" TYPE("ext4") TYPE("floppy") TYPE("small")
    TYPE("default") TYPE("big") TYPE("huge");

/* --- time -------------------------------------------------------------------------------- */

/* As https://reproducible-builds.org/specs/source-date-epoch has it; inodes hold 31 bits of it. */
static uint32_t epoch(void)
{
    const char *text = getenv("SOURCE_DATE_EPOCH");
    if (!text || !*text)
        return 1735689600;
    char              *end;
    unsigned long long seconds = strtoull(text, &end, 10);
    if (*end || text[strspn(text, "0123456789")] || seconds == 0 || seconds > INT32_MAX)
        die("give it seconds since 1970, or unset it", "SOURCE_DATE_EPOCH is `%s`", text);
    return (uint32_t)seconds;
}

/* --- size -------------------------------------------------------------------------------- */

struct amount {
    uint64_t blocks;
    uint64_t inodes;
};

static uint64_t blocks_of(uint64_t bytes)
{
    return bytes ? (bytes + BLOCK - 1) / BLOCK : 1;
}

/* An entry of a folder has 8 bytes and the name, in fours; a block ends with 12 bytes of checksum, and
 * an entry does not reach over its end. */
static uint64_t folder_blocks(const struct node *folder)
{
    uint64_t bytes = 24, per_block = BLOCK - 12 - 264;
    for (size_t i = 0; i < folder->count; i++)
        bytes += 8 + (strlen(folder->children[i]->name) + 3) / 4 * 4;
    return bytes <= BLOCK - 12 ? 1 : (bytes + per_block - 1) / per_block;
}

/* Several names of a file count as several files. */
static void add_amount(struct node *node, void *context)
{
    struct amount *amount = context;
    amount->inodes++;
    if (node->kind == NODE_FOLDER)
        amount->blocks += folder_blocks(node);
    else if (node->kind == NODE_LINK)
        amount->blocks += blocks_of(strlen(node->target));
    else
        amount->blocks += blocks_of((uint64_t)node->status.st_size);
}

/* --- the file system --------------------------------------------------------------------- */

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0)
        die("set TMPDIR to a folder with more room", "cannot write %s: %m", path);
}

/* Debian has mke2fs where only root's PATH looks. */
static void extend_path(void)
{
    const char *path = getenv("PATH");
    char       *longer = must_format("%s:/usr/sbin:/sbin", path ? path : "/usr/bin:/bin");
    setenv("PATH", longer, 1);
    free(longer);
}

static void set_environment(void)
{
    char *conf = scratch_path("mke2fs.conf"), *now = must_format("%" PRIu32, epoch());
    write_file(conf, mke2fs_conf);
    setenv("MKE2FS_CONFIG", conf, 1);
    setenv("E2FSPROGS_FAKE_TIME", now, 1);
    extend_path();
    free(conf);
    free(now);
}

static void run_mke2fs(const struct image_plan *plan, const char *path, uint64_t inodes)
{
    char             *count = must_format("%" PRIu64, inodes);
    char             *output = NULL, *errors = NULL;
    const char *const command[] = {
        "mke2fs",
        "-q",
        "-F",
        "-t",
        "ext4",
        "-b",
        "4096",
        "-I",
        "256",
        "-N",
        count,
        "-m",
        "0",
        "-L",
        "cella",
        "-U",
        UUID,
        "-e",
        "continue",
        "-O",
        FEATURES,
        "-J",
        JOURNAL,
        "-E",
        "hash_seed=" HASH_SEED
        ",root_owner=0:0,assume_storage_prezeroed=1,lazy_journal_init=1,nodiscard",
        "-d",
        plan->staged,
        path,
        NULL};
    int status = process_run_quietly(command, &output, &errors);
    if (status == PROCESS_MISSING)
        die("apt-get install e2fsprogs", "mke2fs, which makes file systems, is not there");
    if (status)
        die(NULL, "mke2fs could not make the file system: %s%s", output, errors);
    free(count);
    free(output);
    free(errors);
}

/* An inode, all of the 256 bytes that it has on the disk. */
union inode {
    struct ext2_inode       small;
    struct ext2_inode_large large;
    unsigned char           bytes[INODE];
};

static void normalise(struct ext2_inode_large *inode, const struct node *node, uint32_t time)
{
    if (node->kind != NODE_LINK)
        inode->i_mode = (uint16_t)((inode->i_mode & LINUX_S_IFMT) | node->mode);
    inode->i_uid = inode->i_gid = 0;
    ext2fs_set_i_uid_high(*inode, 0);
    ext2fs_set_i_gid_high(*inode, 0);
    inode->i_atime = inode->i_mtime = inode->i_ctime = inode->i_crtime = time;
    inode->i_atime_extra = inode->i_mtime_extra = inode->i_ctime_extra = inode->i_crtime_extra = 0;
}

struct pass {
    ext2_filsys fs;
    uint32_t    time;
};

static void normalise_node(struct node *node, void *context)
{
    struct pass *pass = context;
    char        *path = node_path(node);
    ext2_ino_t   number;
    union inode  inode;
    errcode_t    error = ext2fs_namei(pass->fs, EXT2_ROOT_INO, EXT2_ROOT_INO, path, &number);
    if (!error)
        error = ext2fs_read_inode_full(pass->fs, number, &inode.small, sizeof(inode));
    if (!error) {
        normalise(&inode.large, node, pass->time);
        error = ext2fs_write_inode_full(pass->fs, number, &inode.small, sizeof(inode));
    }
    if (error)
        die(NULL, "%s in the new image cannot be changed: %s", path, error_message(error));
    free(path);
}

static void normalise_all(const struct image_plan *plan, const char *path)
{
    struct pass pass = {.time = epoch()};
    initialize_ext2_error_table();
    errcode_t error = ext2fs_open2(path, "", EXT2_FLAG_RW | EXT2_FLAG_64BITS, 0, 0, unix_io_manager,
                                   &pass.fs);
    if (error)
        die(NULL, "the new image cannot be opened: %s", error_message(error));
    pass.fs->now = (time_t)pass.time;
    tree_walk(plan->tree, normalise_node, &pass);
    error = ext2fs_close_free(&pass.fs);
    if (error)
        die(NULL, "the new image cannot be written: %s", error_message(error));
}

/* --- the whole --------------------------------------------------------------------------- */

static _Noreturn void die_of_writing(const char *path)
{
    die("name another place with -o", "cannot write %s: %m", path);
}

/* A file for the image, with its length, beside its later name. */
static char *make_unfinished(const char *path, uint64_t length)
{
    char *unfinished = scratch_beside(path);
    if (!unfinished || truncate(unfinished, (off_t)length))
        die_of_writing(path);
    return unfinished;
}

void image_write(const struct image_plan *plan)
{
    struct amount amount = {0};
    tree_walk(plan->tree, add_amount, &amount);
    uint64_t inodes = amount.inodes * 5 / 4 + INODES_SPARE;
    uint64_t blocks = amount.blocks * 5 / 4 + inodes * INODE / BLOCK;
    uint64_t size_mib = blocks / BLOCKS_PER_MIB + plan->slack_mib + JOURNAL_MIB + 1;

    set_environment();
    char *unfinished = make_unfinished(plan->path, size_mib << 20);
    run_mke2fs(plan, unfinished, inodes);
    normalise_all(plan, unfinished);
    if (rename(unfinished, plan->path))
        die_of_writing(plan->path);
    scratch_done();
    free(unfinished);
}

bool image_is(const char *path)
{
    unsigned char magic[2] = {0};
    int           fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t got = pread(fd, magic, sizeof(magic),
                        1024 + offsetof(struct ext2_super_block, s_magic));
    close(fd);
    return got == sizeof(magic) && (magic[0] | magic[1] << 8) == EXT2_SUPER_MAGIC;
}
