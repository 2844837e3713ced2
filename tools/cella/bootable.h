/* SPDX-License-Identifier: Apache-2.0 */
/* bootable.h - from what a user names to an image that can be booted.
 *
 * A user names an ELF file, a manifest, a folder that is a ready root, or an image; which of them it is
 * is told by the content, not by the name.
 * A program alone has its name as argv[0] and is found in /bin, or, if it lies below root, at its path
 * there.
 */
#ifndef CELLA_BOOTABLE_H
#define CELLA_BOOTABLE_H

#include <stdbool.h>

struct bootable_request {
    const char *what; /* what the user named */
    const char *root; /* --root: where interpreter and libraries are looked for; or null */
    const char
        *manifest; /* the path, in the image, of the manifest to run; or null: the usual one */
    bool verbose;  /* say what is taken from where */
};

struct bootable {
    char    *image;  /* its path; in the scratch folder if it was made for this run */
    char    *memory; /* RunConfig.Memory of the manifest that is used, or null */
    unsigned cpus;   /* RunConfig.CPUs of it, or 0 */
};

/* Make it, or end the program with an error that says what to do. */
struct bootable bootable_make(const struct bootable_request *request);

#endif
