/* SPDX-License-Identifier: Apache-2.0 */
/* what.h - what kind of thing the user names: told by the content, not by the name. */
#ifndef CELLA_WHAT_H
#define CELLA_WHAT_H

enum what {
    WHAT_PROGRAM, /* an ELF file, or a script: #! */
    WHAT_MANIFEST,
    WHAT_FOLDER,
    WHAT_IMAGE,
};

/* Ends the program if there is nothing at path, or nothing of these. */
enum what what_is(const char *path);

#endif
