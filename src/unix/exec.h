/* SPDX-License-Identifier: Apache-2.0 */
/* exec.h - a program file into an address space: mapped segments, interpreter, stack, arguments. */
#ifndef UNIX_EXEC_H
#define UNIX_EXEC_H

#include "fs/vfs.h"
#include "kernel/vmspace.h"
#include "unix/exec_stack.h"
#include "unix/strlist.h"

/* What to run. */
struct exec_request {
    struct inode  *cwd; /* where relative paths start */
    const char    *path;
    struct strlist args;
    struct strlist env;
};

/* Where it starts. */
struct exec_result {
    vaddr_t            entry;
    vaddr_t            sp;
    struct exec_places places;
    struct inode      *exe; /* the program's file, with a reference that is the caller's */
};

/* Load the program into vs, which is empty. Every failure is told by one line in the log. -ENOENT
 * and the other errors of vfs_lookup(); -EACCES, -ENOEXEC: it cannot be run; -E2BIG: arguments;
 * -ENOMEM. On failure vs may hold a part: destroy it. A thread of any address space; may sleep. */
int exec_load(struct vmspace *vs, const struct exec_request *req, struct exec_result *out);

#endif
