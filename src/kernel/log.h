/* SPDX-License-Identifier: Apache-2.0 */
/* log.h - the kernel's own lines on the console.
 *
 * Every line starts with "[cella] ", so that a reader, or a script, can tell them from the program's
 * output. Works from the first instruction of kmain on: through the firmware until the console driver
 * takes over.
 */
#ifndef KERNEL_LOG_H
#define KERNEL_LOG_H

#include "lib/types.h"

enum log_level {
    LOG_ERROR, /* the user must know: always shown */
    LOG_WARN,
    LOG_NOTICE, /* one line when the kernel has started */
    LOG_INFO,   /* boot progress: shown with the boot argument verbose */
    LOG_DEBUG,  /* with debug */
};

extern enum log_level log_threshold; /* shown up to this level; LOG_NOTICE by default */

/* printf-like, one line without newline. Any context, also interrupts and panic. */
void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A line that is ready, of any length and without newline. Always shown; any context. */
void log_text(const char *line, size_t len);

/* Where finished bytes go. The console driver installs itself; NULL restores the firmware. Must not sleep,
 * and must accept bytes from any context. */
void log_set_sink(void (*put)(const char *bytes, size_t len));

#define log_error(...)  log_line(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)   log_line(LOG_WARN, __VA_ARGS__)
#define log_notice(...) log_line(LOG_NOTICE, __VA_ARGS__)
#define log_info(...)   log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...)  log_line(LOG_DEBUG, __VA_ARGS__)

#endif
