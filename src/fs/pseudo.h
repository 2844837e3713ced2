/* SPDX-License-Identifier: Apache-2.0 */
/* pseudo.h - file systems whose files are texts that the kernel writes when they are read: /proc, /sys.
 *
 * What is in one is said by tables of entries, a table for each directory; who knows the facts supplies
 * the tables, and functions that write texts. A directory may hold names that are numbers, too
 * (processes, threads, descriptors), or end with one (processors). The number becomes the key of everything below, with which the
 * functions are called; above the first one it is 0.
 *
 * A text is made when a file is read from its beginning, and what is read later of the same open file is
 * of that text: who reads in small pieces sees what was so at one time. Rewinding makes it anew.
 */
#ifndef FS_PSEUDO_H
#define FS_PSEUDO_H

#include "fs/pseudo_text.h"
#include "fs/vfs.h"

/* What a link leads to: one of the two, with a reference. */
struct pseudo_target {
    struct inode *inode;
    struct file  *file; /* that has no inode */
};

/* Names that are numbers. */
struct pseudo_numbers {
    const struct pseudo_entry *entry;  /* what each of them is; its name has no meaning */
    const char                *prefix; /* stands before each number; NULL: nothing does */
    /* The first number from *n on that is a name in a directory of that key. False: there is none. */
    bool (*next)(uint64_t key, uint64_t *n);
};

/* What a name stands for. A table ends with an entry without a name. */
struct pseudo_entry {
    const char *name;
    uint32_t    mode; /* S_IFREG, S_IFDIR or S_IFLNK, and permission bits */
    uint32_t    size; /* what stat says of the length, of which nobody knows anything */

    /* Directories: */
    const struct pseudo_entry   *entries; /* NULL: none */
    const struct pseudo_numbers *numbers; /* NULL: none */

    /* Files: write the text, which is empty. 0, or the error that reading gives. */
    int (*show)(struct pseudo_text *t, uint64_t key);
    /* text, NUL-terminated and shorter than a page, was written. NULL: see below. */
    int (*store)(const char *text, size_t len, uint64_t key);
    int no_open;  /* what opening for writing gives: a negative errno, or 0 */
    int no_write; /* what writing gives without store: a negative errno; 0: -EINVAL */

    /* Links: the text, and if it is not what counts, where the link leads. Both may give an error. */
    int (*text)(struct pseudo_text *t, uint64_t key);
    int (*follow)(uint64_t key, struct pseudo_target *out);
    uint32_t (*permissions)(uint64_t key); /* instead of those in mode; NULL: those */
};

/* A file system of a kind (fs_ops.type) and Linux's magic number with these files. root is its directory.
 * All strings and tables stay. -ENOMEM. */
int pseudo_create(const char *type, uint32_t magic, const struct pseudo_entry *root,
                  struct fs **out);

/* inode is that of a path just walked: if it is there only because a link led to an open file without an inode, that
 * file does not stay open for its sake. Who else has it, for its path only, is told what it was, and opens it no more. */
void pseudo_let_go(struct inode *inode);

#endif
