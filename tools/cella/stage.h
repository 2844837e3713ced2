/* SPDX-License-Identifier: Apache-2.0 */
/* stage.h - a tree as a folder of the host: what mke2fs copies from, and what gdb reads. */
#ifndef CELLA_STAGE_H
#define CELLA_STAGE_H

#include "tree.h"

/* Copy the tree's files, folders and links into folder, which is made. Files that are several names of
 * one file on the host are that here, too. Everything can be read by us, whatever the tree's modes say.
 * Ends the program if something cannot be read, or if there is no room. */
void stage_tree(struct node *tree, const char *folder);

#endif
