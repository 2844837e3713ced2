/* SPDX-License-Identifier: Apache-2.0 */
/* script.h - programs whose first line says "#!" and what runs them. Pure logic: exec.c opens files.
 *
 * As in Linux: spaces and tabs around the name and the argument do not count, there is at most
 * one argument, which reaches to the end of the line, and only the first SCRIPT_LINE_MAX bytes of
 * the file are looked at: an argument may be cut there, a name not.
 */
#ifndef UNIX_SCRIPT_H
#define UNIX_SCRIPT_H

#include "unix/strlist.h"

#define SCRIPT_LINE_MAX 256u
#define SCRIPT_DEPTH    5u /* scripts that run scripts */

struct script {
    char interp[SCRIPT_LINE_MAX]; /* the file to run */
    char arg[SCRIPT_LINE_MAX];    /* "" if there is none */
};

/* Is this the beginning of a script? */
bool script_is(const char *bytes, size_t len);

/* Read the first line from the file's first len bytes, at most SCRIPT_LINE_MAX. 0, or -ENOEXEC with
 * *why: words that follow "name: ". */
int script_parse(const char *bytes, size_t len, struct script *out, const char **why);

/* The arguments that the interpreter gets: its name, arg, path of the script, and args but for the
 * first. out->bytes is from kmalloc(), the caller's to free. -ENOMEM. */
int script_args(const struct script *script, const char *path, const struct strlist *args,
                struct strlist *out);

#endif
