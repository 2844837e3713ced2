/* SPDX-License-Identifier: Apache-2.0 */
/* manifest.h - the manifest that people write: what to run, and what the image holds.
 *
 *     {
 *         "Program": "/usr/bin/lua5.4",           a path in the image; Args[0] if left out
 *         "Args": ["lua5.4", "/tour.lua"],        argv, argv[0] included; [Program] if left out
 *         "Env": {"LANG": "C.UTF-8"},             in this order
 *         "Cwd": "/",                             where it starts
 *         "Packages": ["lua5.4", "libc6"],        Debian packages to take files from
 *         "TargetRoot": "root",                   a folder to take files from
 *         "Files": ["etc/motd", "/usr/bin/env"],  relative: of this folder; absolute: from there
 *         "Dirs": ["scripts"],                    the same for whole folders
 *         "MapDirs": {"PATTERN": "/"},            what matches goes to that folder
 *         "RunConfig": {"Memory": "128m", "CPUs": 4}
 *     }
 *
 * The names are those of `ops`; docs/image-format.md says where their meaning differs. The image gets a
 * manifest of the keys that the kernel reads (src/unix/manifest.h): manifest_canonical().
 *
 * Nothing here ends the program, prints, or looks at any other file.
 */
#ifndef CELLA_MANIFEST_H
#define CELLA_MANIFEST_H

#include <stddef.h>

#include "words.h"

#define MANIFEST_PATH "/.cella/manifest.json"

/* The kernel reads no longer one. */
#define MANIFEST_SIZE_MAX ((size_t)128 * 1024)

#define CPUS_MAX 32u /* as many as the kernel can run */

struct manifest {
    char        *program; /* as written; may be relative only if it is Args[0] */
    struct words args;    /* at least one */
    struct words env;     /* NAME=value, in the order of the text */
    char        *cwd;     /* absolute, or null */
    char        *memory;  /* RunConfig.Memory, checked, or null */
    unsigned     cpus;    /* RunConfig.CPUs, 1 to CPUS_MAX; 0: not given */

    /* What the image holds. */
    struct words packages;
    char        *target_root; /* as written, or null */
    struct words files;
    struct words dirs;
    struct words map_from; /* of MapDirs: patterns, */
    struct words map_to;   /* and where each one's matches go */
};

/* Where and why a manifest was refused. */
struct manifest_error {
    unsigned line, column; /* from 1; the column in characters */
    char    *text;
    char    *hint; /* what to do, or null */
};

/* Read text[0..length). 0, or -EINVAL with *error, whose strings are the caller's. */
int manifest_parse(const char *text, size_t length, struct manifest *out,
                   struct manifest_error *error);

/* The first argument, variable or name of the program that is no UTF-8, which JSON cannot say; or null. */
const char *manifest_unsayable(const struct manifest *m);

/* The manifest that the image carries: Program, Args, Env, Cwd, RunConfig, as far as they are said. The
 * same manifest gives the same text; the caller frees it. */
char *manifest_canonical(const struct manifest *manifest);

/* The key that only the building of an image reads and that this manifest has, or null. */
const char *manifest_content_key(const struct manifest *manifest);

void manifest_free(struct manifest *manifest);

#endif
