/* SPDX-License-Identifier: Apache-2.0 */
/* console.h - the byte pipe to the person at the terminal: contract between a UART driver and the tty.
 *
 * The driver pushes received bytes with console_input() (interrupt context) and takes bytes to send
 * through console_ops. Line discipline lives above (fs/tty.c).
 */
#ifndef KERNEL_CONSOLE_H
#define KERNEL_CONSOLE_H

#include "lib/types.h"

struct console_ops {
    /* Queue bytes for sending; sleeps while the driver's buffer is full. Threads only. */
    void (*write)(const char *bytes, size_t len);
    /* The same from any context, busy-waiting when the buffer is full. */
    void (*write_sync)(const char *bytes, size_t len);
    /* Busy-wait until all is on the wire. */
    void (*flush)(void);
    /* Stop, or go on, taking received bytes from the device, which then holds back the sender. At most
     * CONSOLE_INPUT_BATCH more bytes are delivered after a stop. Any context. NULL: not possible. */
    void (*hold_input)(bool hold);
};

#define CONSOLE_INPUT_BATCH 64u

/* The driver, once found. Also becomes the log's sink. */
void console_register(const struct console_ops *ops);

void console_write(const char *bytes, size_t len); /* threads; falls back to the firmware */

/* Received bytes; delivered to the handler, or kept (up to 256) until one is there. Any context. */
void console_input(const char *bytes, size_t len);
void console_set_input(void (*handler)(const char *bytes, size_t len));

/* From the handler's side: no room for more, or room again (console_ops.hold_input). Any context. */
void console_hold_input(bool hold);

#endif
