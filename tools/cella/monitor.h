/* SPDX-License-Identifier: Apache-2.0 */
/* monitor.h - what the emulator's exit status does not tell: whether it started the machine at all, and
 * whether somebody ended it from outside (with Ctrl-A x, say). Both give a status that a program may give,
 * too. QEMU says it on its machine-readable monitor (QMP), one JSON object a line. */
#ifndef CELLA_MONITOR_H
#define CELLA_MONITOR_H

#include <stdbool.h>

#include "words.h"

struct monitor {
    int ours, theirs; /* ends of a pair of sockets */
};

struct monitor_news {
    bool started;     /* the machine was set up */
    bool from_inside; /* nothing is known of an end from outside */
};

/* Make the pair, ask for news, and add to command the options with which the emulator takes its end,
 * which a child inherits. Ends the program if it cannot be had. */
struct monitor monitor_open(struct words *command);

/* Once the child has its end: give ours up, so that the child's end is seen. */
void monitor_hand_over(struct monitor *monitor);

/* When the emulator is gone: what it said. Closes the monitor. */
struct monitor_news monitor_close(struct monitor *monitor);

#endif
