/* SPDX-License-Identifier: Apache-2.0 */
/* unix.h - the Linux layer's one entry for the platform. */
#ifndef UNIX_UNIX_H
#define UNIX_UNIX_H

/* Exit statuses of the machine when there is no program to take one from; as shells use them. */
#define STATUS_NOT_EXECUTABLE 126 /* the program is there but cannot be run */
#define STATUS_NOT_FOUND      127 /* there is no program, or no manifest to name it */
#define STATUS_SIGNAL         128 /* + signal number: a signal ended the program */

/* Start the program that a manifest of the image names: the one at manifest, an absolute path that
 * lives as long as the call, or with NULL the usual one (unix/manifest.h); bootargs, the kernel's boot
 * arguments, may add to its arguments and environment (unix/bootargs.h). Called once, on a kernel
 * thread, when devices and the root file system are up. 0: its thread runs, and its end will end
 * the machine. Else one of the statuses above, after one line in the log said why. */
int unix_start(const char *manifest, const char *bootargs);

#endif
