/* SPDX-License-Identifier: Apache-2.0 */
/* tty.h - the console as a terminal: what /dev/console and /dev/tty are. */
#ifndef FS_TTY_H
#define FS_TTY_H

#include "fs/ldisc.h"
#include "fs/vfs.h"

/* Take over the console's input. Once; a thread. -ENOMEM. */
int tty_init(void);

/* Who hears of signals typed at the terminal (Ctrl-C and the like). raise is called in a thread of the
 * kernel, with no lock held. NULL: nobody, they are dropped. */
void tty_set_signal(void (*raise)(enum ldisc_signal sig));

extern const struct file_ops tty_file_ops;

#endif
