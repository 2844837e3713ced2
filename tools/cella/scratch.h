/* SPDX-License-Identifier: Apache-2.0 */
/* scratch.h - a folder for intermediate files, removed when the program ends, by exit() or by a signal
 * that it handles (SIGINT, SIGTERM, SIGHUP, SIGQUIT). */
#ifndef CELLA_SCRATCH_H
#define CELLA_SCRATCH_H

/* The path of a file or folder NAME in the scratch folder, which is made at the first call, in $TMPDIR.
 * The caller frees the string and makes the file. Ends the program if there is no room. */
char *scratch_path(const char *name);

/* A file beside path, made empty and with the usual rights, to be renamed to path when it is whole. Until
 * scratch_done() it is removed as the folder is. One at a time; the caller frees the name. Null, with
 * errno, if it cannot be made. */
char *scratch_beside(const char *path);
void  scratch_done(void);

#endif
