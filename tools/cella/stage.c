/* SPDX-License-Identifier: Apache-2.0 */
/* stage.c - a tree as a folder of the host: see stage.h.
 *
 * A file with several names on the host is recognised by device and inode, as cp does; a table of those
 * met so far is kept in the order of the walk, which is that of the names. */
#define _GNU_SOURCE
#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "say.h"

struct stage {
    const char   *folder;
    struct node **linked; /* NODE_FILE with several names: the first one met of each */
    size_t        linked_count;
};

static _Noreturn void die_of_writing(const char *path)
{
    die("set TMPDIR to a folder with more room", "cannot write %s: %m", path);
}

/* The kernel copies, sharing blocks where the file system can; else through a buffer. */
static int copy_by_buffer(int in, int out)
{
    static char buffer[256 * 1024];
    ssize_t     got;
    while ((got = read(in, buffer, sizeof(buffer))) > 0) {
        for (ssize_t done = 0; done < got;) {
            ssize_t wrote = write(out, buffer + done, (size_t)(got - done));
            if (wrote < 0)
                return -errno;
            done += wrote;
        }
    }
    return got < 0 ? -errno : 0;
}

static int copy_bytes(int in, int out)
{
    ssize_t got;
    while ((got = copy_file_range(in, NULL, out, NULL, 1 << 30, 0)) > 0)
        continue;
    if (got == 0)
        return 0;
    bool cannot = errno == EXDEV || errno == ENOSYS || errno == EINVAL || errno == EOPNOTSUPP;
    return cannot ? copy_by_buffer(in, out) : -errno;
}

static void copy_file(const char *source, const char *path)
{
    int in = open(source, O_RDONLY | O_CLOEXEC);
    if (in < 0)
        die(NULL, "%s cannot be read: %m", source);
    int out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (out < 0)
        die_of_writing(path);
    errno = -copy_bytes(in, out);
    if (errno)
        die_of_writing(path);
    close(in);
    if (close(out))
        die_of_writing(path);
}

/* Another node of the same file of the host that is there already, or null. */
static struct node *twin_of(const struct stage *stage, const struct node *node)
{
    for (size_t i = 0; i < stage->linked_count; i++) {
        struct node *other = stage->linked[i];
        if (other->status.st_dev == node->status.st_dev &&
            other->status.st_ino == node->status.st_ino)
            return other;
    }
    return NULL;
}

static void remember(struct stage *stage, struct node *node, const char *path)
{
    stage->linked = must_realloc(stage->linked, (stage->linked_count + 1) * sizeof(*stage->linked));
    stage->linked[stage->linked_count++] = node;
    node->staged = must_copy(path);
}

static void stage_file(struct stage *stage, struct node *node, const char *path)
{
    struct node *twin = node->status.st_nlink > 1 ? twin_of(stage, node) : NULL;
    if (twin) {
        if (link(twin->staged, path))
            die_of_writing(path);
        return;
    }
    copy_file(node->source, path);
    if (node->status.st_nlink > 1)
        remember(stage, node, path);
}

static void stage_node(struct node *node, void *context)
{
    struct stage *stage = context;
    char         *inner = node_path(node);
    char         *path = must_format("%s%s", stage->folder, inner);
    if (node->kind == NODE_FOLDER && mkdir(path, 0700))
        die_of_writing(path);
    if (node->kind == NODE_LINK && symlink(node->target, path))
        die_of_writing(path);
    if (node->kind == NODE_FILE)
        stage_file(stage, node, path);
    free(path);
    free(inner);
}

void stage_tree(struct node *tree, const char *folder)
{
    struct stage stage = {.folder = folder};
    tree_walk(tree, stage_node, &stage);
    for (size_t i = 0; i < stage.linked_count; i++) {
        free(stage.linked[i]->staged);
        stage.linked[i]->staged = NULL;
    }
    free(stage.linked);
}
