/* SPDX-License-Identifier: Apache-2.0 */
/* termios.h - terminal settings as programs see them (Linux, asm-generic). */
#ifndef FS_TERMIOS_H
#define FS_TERMIOS_H

#include "lib/types.h"

#define TTY_NCCS 19

struct tty_termios {
    uint32_t iflag;
    uint32_t oflag;
    uint32_t cflag;
    uint32_t lflag;
    uint8_t  line;
    uint8_t  cc[TTY_NCCS];
};
_Static_assert(sizeof(struct tty_termios) == 36, "TCGETS");

/* The older form: the lower halves, and the first control characters. */
#define TTY_OLD_NCC 8

struct tty_termio {
    uint16_t iflag;
    uint16_t oflag;
    uint16_t cflag;
    uint16_t lflag;
    uint8_t  line;
    uint8_t  cc[TTY_OLD_NCC];
    uint8_t  pad;
};
_Static_assert(sizeof(struct tty_termio) == 18, "TCGETA");

struct tty_winsize {
    uint16_t rows, cols, xpixels, ypixels;
};
_Static_assert(sizeof(struct tty_winsize) == 8, "TIOCGWINSZ");

/* cc */
enum {
    VINTR = 0,
    VQUIT = 1,
    VERASE = 2,
    VKILL = 3,
    VEOF = 4,
    VTIME = 5,
    VMIN = 6,
    VSTART = 8,
    VSTOP = 9,
    VSUSP = 10,
    VEOL = 11,
    VREPRINT = 12,
    VDISCARD = 13,
    VWERASE = 14,
    VLNEXT = 15,
    VEOL2 = 16,
};

/* iflag */
#define ISTRIP 0000040u
#define INLCR  0000100u
#define IGNCR  0000200u
#define ICRNL  0000400u
#define IXON   0002000u
#define IXANY  0004000u
#define IUTF8  0040000u

/* oflag */
#define OPOST  0000001u
#define ONLCR  0000004u
#define OCRNL  0000010u
#define ONOCR  0000020u
#define ONLRET 0000040u
#define XTABS  0014000u

/* cflag */
#define B38400 0000017u
#define CS8    0000060u
#define CREAD  0000200u
#define HUPCL  0002000u

/* lflag */
#define ISIG    0000001u
#define ICANON  0000002u
#define ECHO    0000010u
#define ECHOE   0000020u
#define ECHOK   0000040u
#define ECHONL  0000100u
#define NOFLSH  0000200u
#define ECHOCTL 0001000u
#define ECHOKE  0004000u
#define IEXTEN  0100000u

#endif
