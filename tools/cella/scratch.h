/* SPDX-License-Identifier: Apache-2.0 */
/* scratch.h - a folder for intermediate files, removed when the program ends, by exit() or by a signal
 * that it handles (SIGINT, SIGTERM, SIGHUP). */
#ifndef CELLA_SCRATCH_H
#define CELLA_SCRATCH_H

/* The path of a file or folder NAME in the scratch folder, which is made at the first call, in $TMPDIR.
 * The caller frees the string and makes the file. Ends the program if there is no room. */
char *scratch_path(const char *name);

#endif
