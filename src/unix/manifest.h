/* SPDX-License-Identifier: Apache-2.0 */
/* manifest.h - what to run: the file /.cella/manifest.json that every image carries. An image
 * may carry more of the kind; the boot argument manifest=PATH chooses.
 *
 *     {
 *         "Program": "/bin/hello",            the file to run; Args[0] if left out
 *         "Args": ["hello", "-v"],            argv
 *         "Env": {"LANG": "C.UTF-8"},         the environment
 *         "Cwd": "/",                         where it starts
 *         "RunConfig": {"Memory": "256m"}     for the tool that starts the machine
 *     }
 *
 * RunConfig, Files, Dirs and MapDirs belong to the tool that builds and starts images and are
 * passed over here. Any other key is an error: a misspelt one must not silently do nothing.
 */
#ifndef UNIX_MANIFEST_H
#define UNIX_MANIFEST_H

#include "lib/types.h"
#include "unix/strlist.h"

#define MANIFEST_PATH     "/.cella/manifest.json"
#define MANIFEST_SIZE_MAX ((size_t)128 * 1024)

struct manifest {
    const char    *program;
    const char    *cwd;
    struct strlist args; /* at least one */
    struct strlist env;  /* NAME=value each */
};

/* Where and why a manifest was refused. */
struct manifest_error {
    unsigned line, column;
    char     text[160];
};

/* Read a manifest. Its strings go to strings[0..len), which lives as long as out is used; len
 * bytes, as many as the text has, are always enough. 0, or -EINVAL with *error. */
int manifest_parse(const char *text, size_t len, char *strings, struct manifest *out,
                   struct manifest_error *error);

#endif
