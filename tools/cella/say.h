/* SPDX-License-Identifier: Apache-2.0 */
/* say.h - what the tool tells people, on standard error. Every line begins with `cella: `. An error
 * says what is wrong and then, as a hint, what to do next. */
#ifndef CELLA_SAY_H
#define CELLA_SAY_H

#include <stdarg.h>

#define PRINTF_LIKE(template, first) __attribute__((format(printf, template, first)))

void say(const char *format, ...) PRINTF_LIKE(1, 2);
void say_warning(const char *format, ...) PRINTF_LIKE(1, 2);

/* An error, and hint unless it is null; the caller goes on. */
void say_error(const char *hint, const char *format, ...) PRINTF_LIKE(2, 3);

/* The same, and the program ends: with EXIT_TROUBLE, or with EXIT_USAGE for the second, which names
 * the help of the command at hand. Scratch files are removed (scratch.h). */
_Noreturn void die(const char *hint, const char *format, ...) PRINTF_LIKE(2, 3);
_Noreturn void die_usage(const char *command, const char *format, ...) PRINTF_LIKE(2, 3);

/* From now on both end it with status, for a command that gives statuses of other programs. */
void say_exit_status(int status);

/* As malloc, strdup and asprintf do, but they end the program when memory is out. */
void *must_alloc(unsigned long size);
void *must_realloc(void *old, unsigned long size);
char *must_copy(const char *text);
char *must_format(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
