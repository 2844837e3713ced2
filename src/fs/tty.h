/* SPDX-License-Identifier: Apache-2.0 */
/* tty.h - the console as a terminal: what /dev/console and /dev/tty are. */
#ifndef FS_TTY_H
#define FS_TTY_H

#include "fs/ldisc.h"
#include "fs/vfs.h"

/* Take over the console's input. Once; a thread. -ENOMEM. */
int tty_init(void);

/* Who hears of signals typed at the terminal (Ctrl-C and the like) and of a new size. raise is called
 * with no lock held, and may sleep. NULL: nobody, they are dropped. */
void tty_set_signal(void (*raise)(enum ldisc_signal sig));

/* The terminal is the program's controlling one: it has not given it up (TIOCNOTTY). */
bool tty_is_controlling(void);

extern const struct file_ops tty_file_ops;

#endif
