/* SPDX-License-Identifier: Apache-2.0 */
/* ldisc.h - a terminal's line discipline: what typed bytes and printed bytes turn into.
 *
 * Pure state, no locks, no waiting: the owner (tty.c) serialises calls and moves the bytes. In canonical
 * mode typed bytes gather in a line that can be edited until it is finished; in raw mode they
 * can be read at once.
 */
#ifndef FS_LDISC_H
#define FS_LDISC_H

#include "fs/termios.h"
#include "lib/types.h"

#define LDISC_SIZE 4096u /* bytes that can wait to be read, the unfinished line included */

/* A little buffer for output; a call that fills one needs no more room than is there. */
#define LDISC_OUT_MAX 64u

struct ldisc_out {
    size_t len;
    char   bytes[LDISC_OUT_MAX];
};

/* What the foreground is told: of a key, or (tty.c) of another size. */
enum ldisc_signal { LDISC_NONE, LDISC_INTR, LDISC_QUIT, LDISC_SUSP, LDISC_RESIZED };

struct ldisc {
    struct tty_termios termios; /* change with ldisc_set() */

    /* Bytes [read, line) can be read, [line, end) are the line being typed. Positions grow for ever
     * and count modulo LDISC_SIZE. */
    uint32_t read, line, end;
    uint8_t  bytes[LDISC_SIZE];
    uint8_t  ends[LDISC_SIZE / 8]; /* bit set: a line ends with this byte */
    uint8_t  eofs[LDISC_SIZE / 8]; /* bit set: this byte is an end of file, not to be read */

    uint32_t column;      /* of the cursor */
    uint32_t line_column; /* where the line being typed began */
    bool     literal;     /* the next byte is meant literally */
    bool     stopped;     /* output is held */
};

void ldisc_init(struct ldisc *ld); /* Linux's initial settings */

/* New settings; what was typed stays readable. */
void ldisc_set(struct ldisc *ld, const struct tty_termios *termios);

/* A byte was typed. out: the echo. *sig: a signal that it asks for. Returns true if the same byte has to
 * be given again, with an empty out, to complete what it does. */
bool ldisc_input(struct ldisc *ld, uint8_t byte, struct ldisc_out *out, enum ldisc_signal *sig);

/* Is there no room for another byte, until somebody reads what is ready to be read? */
bool ldisc_full(const struct ldisc *ld);

/* Bytes that a read would get now; in canonical mode those of finished lines. */
size_t ldisc_available(const struct ldisc *ld);

/* Is there anything for a read to return, if only an end of file? */
bool ldisc_readable(const struct ldisc *ld);

/* Take up to len bytes. Sets *done if the read ends here: in canonical mode with the line, or at an
 * end of file; in raw mode when nothing is left. */
size_t ldisc_read(struct ldisc *ld, void *buf, size_t len, bool *done);

void ldisc_flush_input(struct ldisc *ld);

/* A program prints bytes: processes as many as out has room for and returns how many it took. */
size_t ldisc_output(struct ldisc *ld, const char *bytes, size_t len, struct ldisc_out *out);

#endif
