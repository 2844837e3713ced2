/* SPDX-License-Identifier: Apache-2.0 */
/* imagefile.h - reading images, which may be damaged: libext2fs, without mounting anything. */
#ifndef CELLA_IMAGEFILE_H
#define CELLA_IMAGEFILE_H

#include <stddef.h>

#include <ext2fs/ext2fs.h>

/* Open the image for reading; null with *why, a text that the caller frees, in words that follow its
 * name. */
ext2_filsys imagefile_open(const char *path, char **why);

void imagefile_close(ext2_filsys fs);

/* All bytes of the file at path, links followed, with a NUL behind them that *length does not count; the
 * caller's. Null if there is none, if it is longer than limit or cannot be read; with *why unless null. */
char *imagefile_read(ext2_filsys fs, const char *path, size_t limit, size_t *length, char **why);

/* One file, folder or link in the image. */
struct imagefile_entry {
    const char       *path; /* absolute */
    ext2_ino_t        number;
    struct ext2_inode inode;
    char             *target; /* of a link, else null */
};

/* Call visit for everything in the image, folders before what is in them, names in order; . and .. and
 * lost+found are left out. 0, or -EIO with *why, if something cannot be read; then some was visited. */
int imagefile_walk(ext2_filsys fs,
                   void (*visit)(ext2_filsys fs, const struct imagefile_entry *entry,
                                 void *context),
                   void *context, char **why);

#endif
