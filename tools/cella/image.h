/* SPDX-License-Identifier: Apache-2.0 */
/* image.h - making the image: a raw ext4 file system that holds a tree.
 *
 * The same tree gives the same bytes, whoever makes it, where and when. Names, contents, links and
 * modes count; owners and times do not: everything belongs to root, and every time is
 * SOURCE_DATE_EPOCH (2025-01-01 if it is not set). docs/image-format.md says which features the file
 * system has, and why.
 */
#ifndef CELLA_IMAGE_H
#define CELLA_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "tree.h"

#define IMAGE_SLACK_MIB 8

struct image_plan {
    struct node *tree;
    const char  *staged; /* the folder that stage_tree() made of it */
    const char  *path;   /* of the image */
    unsigned     slack_mib;
};

/* Write the image at plan->path, whole or not at all, in the place of what is there. Ends the program if
 * that fails. */
void image_write(const struct image_plan *plan);

/* Whether the file at path is one, by its superblock. */
bool image_is(const char *path);

#endif
