/* SPDX-License-Identifier: Apache-2.0 */
/* process.h - running other programs and waiting for them. */
#ifndef CELLA_PROCESS_H
#define CELLA_PROCESS_H

/* What process_run says of a program that could not be started, as shells do. */
#define PROCESS_MISSING 127

/* Run argv[0], which PATH finds; argv ends with a null. Its standard input is empty, its standard error
 * is ours. If output is not null, *output becomes all of its standard output, for the caller to free;
 * else its standard output is ours too.
 * Returns its exit status, 128 and the signal's number if a signal ended it, or PROCESS_MISSING.
 */
int process_run(const char *const argv[], char **output);

/* The same; what it writes to standard error is kept as well, in *errors, and nothing is shown. */
int process_run_quietly(const char *const argv[], char **output, char **errors);

#endif
