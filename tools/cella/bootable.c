/* SPDX-License-Identifier: Apache-2.0 */
/* bootable.c - what a user names, told apart by its content.
 *
 * An image is an ext4 file system without a partition table: its superblock has a magic number at a
 * fixed place. Of an image only the manifest is read, for the memory that it asks for. A manifest that
 * is missing or wrong is the kernel's to complain about, which names line and column. */
#include "bootable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ext2fs/ext2fs.h>
#include <jansson.h>

#include "say.h"

#define USUAL_MANIFEST   "/.cella/manifest.json"
#define MANIFEST_MAX     (128 * 1024) /* bytes; the kernel takes no larger one */
#define SUPERBLOCK_MAGIC 1080         /* where in the file: 16 bits, little-endian */

static bool is_image(const char *path)
{
    unsigned char magic[2] = {0};
    int           fd = open(path, O_RDONLY | O_CLOEXEC);
    bool is = fd >= 0 && pread(fd, magic, sizeof(magic), SUPERBLOCK_MAGIC) == sizeof(magic) &&
              (magic[0] | magic[1] << 8) == EXT2_SUPER_MAGIC;
    if (fd >= 0)
        close(fd);
    return is;
}

/* The text of the file at path in the file system, or null. */
static char *read_inode(ext2_filsys fs, const char *path)
{
    ext2_ino_t  inode;
    ext2_file_t file;
    if (ext2fs_namei_follow(fs, EXT2_ROOT_INO, EXT2_ROOT_INO, path, &inode) ||
        ext2fs_file_open(fs, inode, 0, &file))
        return NULL;
    unsigned length = 0;
    char    *text = must_alloc(MANIFEST_MAX + 1);
    if (ext2fs_file_read(file, text, MANIFEST_MAX, &length))
        length = 0;
    text[length] = '\0';
    ext2fs_file_close(file);
    return text;
}

/* No options for the I/O layer: else it takes what is behind a `?` in the image's name for some. */
static char *read_from_image(const char *image, const char *path)
{
    ext2_filsys fs;
    if (ext2fs_open2(image, "", EXT2_FLAG_64BITS, 0, 0, unix_io_manager, &fs))
        return NULL;
    char *text = read_inode(fs, path);
    ext2fs_close_free(&fs);
    return text;
}

/* RunConfig.Memory, or null. */
static char *memory_of(const char *manifest)
{
    json_t     *root = manifest ? json_loads(manifest, 0, NULL) : NULL;
    const char *memory = json_string_value(
        json_object_get(json_object_get(root, "RunConfig"), "Memory"));
    char *copy = memory && *memory ? must_copy(memory) : NULL;
    json_decref(root);
    return copy;
}

static void need_regular_file(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        die(NULL, "%s: %s", path, strerror(errno));
    if (access(path, R_OK) != 0)
        die("make it readable", "%s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode))
        die("name an image", "%s is no file", path);
}

struct bootable bootable_make(const struct bootable_request *request)
{
    need_regular_file(request->what);
    if (!is_image(request->what))
        die("name an image", "%s is no image: it holds no ext4 file system", request->what);
    const char     *manifest = request->manifest ? request->manifest : USUAL_MANIFEST;
    char           *text = read_from_image(request->what, manifest);
    struct bootable made = {
        .image = must_copy(request->what), .memory = memory_of(text), .ready = true};
    free(text);
    return made;
}
