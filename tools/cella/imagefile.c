/* SPDX-License-Identifier: Apache-2.0 */
/* imagefile.c - reading images: see imagefile.h. */
#define _GNU_SOURCE
#include "imagefile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

#define DEPTH_MAX 64 /* of folders; a damaged image may have circles */

static int fail(char **why, char *text)
{
    if (why)
        *why = text;
    else
        free(text);
    return -EIO;
}

ext2_filsys imagefile_open(const char *path, char **why)
{
    ext2_filsys fs;
    initialize_ext2_error_table();
    /* No options for the I/O layer: else it takes what is behind a `?` in the name for some. */
    errcode_t error = ext2fs_open2(path, "", EXT2_FLAG_64BITS, 0, 0, unix_io_manager, &fs);
    if (!error)
        return fs;
    fail(why, must_format("has a damaged superblock: %s", error_message(error)));
    return NULL;
}

void imagefile_close(ext2_filsys fs)
{
    ext2fs_close_free(&fs);
}

/* --- one file ---------------------------------------------------------------------------- */

static errcode_t read_all(ext2_file_t file, char *bytes, size_t length)
{
    size_t done = 0;
    while (done < length) {
        unsigned  got = 0, want = length - done > 1 << 20 ? 1 << 20 : (unsigned)(length - done);
        errcode_t error = ext2fs_file_read(file, bytes + done, want, &got);
        if (error || got == 0)
            return error ? error : EXT2_ET_SHORT_READ;
        done += got;
    }
    return 0;
}

/* At most limit bytes of the file, *length of them. */
static char *read_inode(ext2_filsys fs, ext2_ino_t number, size_t limit, size_t *length,
                        errcode_t *error)
{
    ext2_file_t file;
    __u64       size = 0;
    *error = ext2fs_file_open(fs, number, 0, &file);
    if (*error)
        return NULL;
    *error = ext2fs_file_get_lsize(file, &size);
    *length = size < limit ? size : limit;
    char *bytes = must_alloc(*length + 1);
    if (!*error)
        *error = read_all(file, bytes, *length);
    ext2fs_file_close(file);
    if (!*error)
        return bytes;
    free(bytes);
    return NULL;
}

char *imagefile_read(ext2_filsys fs, const char *path, size_t limit, size_t *length, char **why)
{
    ext2_ino_t number;
    errcode_t  error = ext2fs_namei_follow(fs, EXT2_ROOT_INO, EXT2_ROOT_INO, path, &number);
    char      *bytes = error ? NULL : read_inode(fs, number, limit + 1, length, &error);
    if (bytes && *length > limit) {
        free(bytes);
        fail(why, must_format("%s is longer than %zu bytes", path, limit));
        return NULL;
    }
    if (!bytes)
        fail(why, must_format("%s cannot be read: %s", path, error_message(error)));
    return bytes;
}

/* --- all files --------------------------------------------------------------------------- */

struct name {
    char      *text;
    ext2_ino_t number;
};

struct names {
    struct name *at;
    size_t       count;
};

static int collect(struct ext2_dir_entry *entry, int offset, int block_size, char *block,
                   void *context)
{
    struct names *names = context;
    char         *text = must_format("%.*s", ext2fs_dirent_name_len(entry), entry->name);
    (void)offset;
    (void)block_size;
    (void)block;
    if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0 || strcmp(text, "lost+found") == 0) {
        free(text);
        return 0;
    }
    names->at = must_realloc(names->at, (names->count + 1) * sizeof(*names->at));
    names->at[names->count++] = (struct name){text, entry->inode};
    return 0;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

struct visitor {
    ext2_filsys fs;
    void (*visit)(ext2_filsys fs, const struct imagefile_entry *entry, void *context);
    void  *context;
    char **why;
};

/* A short target is in the inode, a long one in a block. */
static char *read_target(ext2_filsys fs, ext2_ino_t number, const struct ext2_inode *inode,
                         errcode_t *error)
{
    size_t length;
    if (ext2fs_is_fast_symlink((struct ext2_inode *)inode))
        return must_format("%.*s", (int)sizeof(inode->i_block), (const char *)inode->i_block);
    return read_inode(fs, number, 4096, &length, error);
}

static int walk_folder(const struct visitor *v, const char *path, ext2_ino_t number,
                       unsigned depth);

static int visit_name(const struct visitor *v, const char *folder, const struct name *name,
                      unsigned depth)
{
    char                  *path = must_format("%s/%s", folder, name->text);
    struct imagefile_entry entry = {.path = path, .number = name->number};
    errcode_t              error = ext2fs_read_inode(v->fs, name->number, &entry.inode);
    int                    failed = 0;
    if (!error && LINUX_S_ISLNK(entry.inode.i_mode))
        entry.target = read_target(v->fs, name->number, &entry.inode, &error);
    if (error) {
        failed = fail(v->why, must_format("%s cannot be read: %s", path, error_message(error)));
    } else {
        v->visit(v->fs, &entry, v->context);
        if (LINUX_S_ISDIR(entry.inode.i_mode))
            failed = walk_folder(v, path, name->number, depth + 1);
    }
    free(entry.target);
    free(path);
    return failed;
}

static int walk_folder(const struct visitor *v, const char *path, ext2_ino_t number, unsigned depth)
{
    struct names names = {0};
    if (depth > DEPTH_MAX)
        return fail(v->why, must_format("%s is too deep: folders in a circle?", path));
    errcode_t error = ext2fs_dir_iterate(v->fs, number, 0, NULL, collect, &names);
    int       failed = error ? fail(v->why, must_format("the folder %s/ cannot be read: %s", path,
                                                        error_message(error)))
                             : 0;
    if (names.count > 1)
        qsort(names.at, names.count, sizeof(*names.at), by_text);
    for (size_t i = 0; i < names.count; i++) {
        if (!failed)
            failed = visit_name(v, path, &names.at[i], depth);
        free(names.at[i].text);
    }
    free(names.at);
    return failed;
}

int imagefile_walk(ext2_filsys fs,
                   void (*visit)(ext2_filsys fs, const struct imagefile_entry *entry,
                                 void *context),
                   void *context, char **why)
{
    struct visitor v = {fs, visit, context, why};
    return walk_folder(&v, "", EXT2_ROOT_INO, 0);
}
