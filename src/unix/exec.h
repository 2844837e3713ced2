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
    struct inode  *cwd;         /* where relative paths start */
    const char    *path;        /* also what the program is told that its path is */
    struct inode  *inode;       /* what is there; NULL: look path up */
    bool           unreachable; /* path will lead nowhere when the program runs: no script */
    bool           quiet;       /* nothing is told in the log */
    struct strlist args;
    struct strlist env;
    size_t         strings_max;        /* bytes of both, with their pointers; 0: EXEC_TOTAL_MAX */
    size_t         map_max, stack_max; /* bytes: vmspace_set_limits() */
};

/* Where it starts. */
struct exec_result {
    vaddr_t            entry;
    vaddr_t            sp;
    struct exec_places places;
};

/* A program that was found fit to run, with its interpreter if it has one. */
struct exec_image;

/* Find and examine what req asks for; req stays until exec_close(). Every failure is told by one line
 * in the log. -ENOENT and the other errors of vfs_lookup(); -EACCES, -ENOEXEC, -ELIBBAD: it cannot be run;
 * -E2BIG: arguments; -ENOMEM. May sleep, as what follows. */
int  exec_open(const struct exec_request *req, struct exec_image **out);
void exec_close(struct exec_image *image);

/* The program's file: no reference is taken. */
struct inode *exec_inode(const struct exec_image *image);

/* The same with a reference, for as long as the program runs: nobody may write it until the second. */
struct inode *exec_keep(const struct exec_image *image);
void          exec_leave(struct inode *inode);

/* Load it into vs, which is empty, for the users and groups of now. -ENOMEM, -EIO, -ENOEXEC; vs may hold a
 * part then: clear or destroy it. A thread of any address space. */
int exec_map(struct vmspace *vs, struct exec_image *image, struct exec_result *out);

#endif
