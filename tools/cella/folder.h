/* SPDX-License-Identifier: Apache-2.0 */
/* folder.h - making and removing folders, and taking turns in them. */
#ifndef CELLA_FOLDER_H
#define CELLA_FOLDER_H

/* Make path and the folders above it, as far as they are not there. Returns 0 or a negative errno. */
int folder_make(const char *path);

/* Remove path and all below it that can be removed, without following links or leaving its file
 * system. */
void folder_remove(const char *path);

/* The same with each path that the shell pattern matches. */
void folder_remove_all(const char *pattern);

/* Open path, a folder or a file that can be made, and wait until nobody else has it. Closing the
 * descriptor that is returned ends our turn, and so does the end of this process; programs that it starts
 * do not keep it. Returns a negative errno if it cannot be opened. */
int folder_take_turn(const char *path);

#endif
