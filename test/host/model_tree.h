/* SPDX-License-Identifier: Apache-2.0 */
/* model_tree.h - a tree of files as plain as can be, for tests of file systems that are changed.
 *
 * Operations answer what a right file system answers, errors in Linux's order; then the tree that is
 * mounted is compared with the model. Contents are known by block: each is of one byte's value.
 */
#ifndef TEST_MODEL_TREE_H
#define TEST_MODEL_TREE_H

#include "fs/vfs.h"

#define MODEL_BLOCKS 96u /* of a file */

struct model_node;

/* A name in a directory of the model, and the path that leads there. */
struct model_path {
    struct model_node *dir;
    char               name[VFS_NAME_MAX + 1];
    char               text[VFS_PATH_MAX];
};

/* Begin with what root has. */
void model_init(struct inode *root);
void model_destroy(void);

/* Any node of that type, by chance; NULL: there is none. */
struct model_node *model_some(uint32_t chance, uint32_t type);
bool               model_some_entry(uint32_t chance, struct model_path *p);
void               model_path_make(struct model_path *p, struct model_node *dir, const char *name);
bool model_path_of(struct model_node *node, char path[VFS_PATH_MAX]); /* false: it has no name */

int  model_create(const struct model_path *p, const struct vfs_new *spec);
int  model_link(const struct model_path *p, struct model_node *node);
int  model_unlink(const struct model_path *p);
int  model_rmdir(const struct model_path *p);
int  model_rename(const struct model_path *from, const struct model_path *to, unsigned flags);
void model_setattr(const struct model_path *p, const struct vfs_setattr *set);

void model_write(struct model_node *node, uint64_t lblk, uint64_t n, uint8_t byte, uint64_t block);
void model_grow(struct model_node *node, uint64_t size);
void model_truncate(struct model_node *node, uint64_t size, uint64_t block);

/* The mounted tree is the model's: names, types, links, modes, owners, times, sizes, contents. */
void model_compare(const char *what);

#endif
