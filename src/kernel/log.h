/* SPDX-License-Identifier: Apache-2.0 */
/* log.h - the kernel's own lines on the console.
 *
 * Every line starts with "[cella] ", so that a reader, or a script, can tell them from the program's
 * output. Works from the first instruction of kmain on: through the firmware until the console driver
 * takes over. The latest of them are kept, shown or not, for the program to read: records.
 */
#ifndef KERNEL_LOG_H
#define KERNEL_LOG_H

#include <stdatomic.h>

#include "lib/types.h"

struct pollq;

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

/* The same of a line that is ready. priority: as in syslog(3), facility and severity, of which 3 is LOG_ERROR. */
void log_message(unsigned priority, const char *text);

/* What was logged. */
#define LOG_RECORDS   64u  /* so many are kept */
#define LOG_TEXT_SIZE 248u /* bytes, the NUL among them; a longer line is cut */

struct log_record {
    uint64_t number; /* from 0 on */
    uint64_t when_ns;
    unsigned priority;
    char     text[LOG_TEXT_SIZE]; /* without "[cella] " and newline */
};

/* The oldest record that is kept and whose number is not less than this. False: there is none yet. Any context. */
bool log_record(uint64_t number, struct log_record *out);

/* Wait for it. 0; -EINTR. Threads only. */
int log_record_wait(uint64_t number, struct log_record *out);

extern struct pollq log_pollers; /* told of new records */

void log_readers_init(void);       /* before the first thread */
void log_readers_told_later(void); /* by who wrote a record; any context */
void log_readers_interrupt(void);  /* the interrupt IRQ_SOFT: tell them */

uint64_t log_end(void); /* the number of the next record */

/* What the program wants to see no more: records before this number. For those who read them to heed. */
extern _Atomic(uint64_t) log_cleared;

/* A line that is ready, not kept, of any length and without newline. Always shown; any context. */
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
