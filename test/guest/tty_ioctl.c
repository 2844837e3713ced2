/* SPDX-License-Identifier: Apache-2.0 */
/* tty_ioctl.c - the terminal under the program: settings, size, queues, job control. Nobody types. */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include "claim.h"

struct old_termio { /* TCGETA's */
    unsigned short iflag, oflag, cflag, lflag;
    unsigned char  line, cc[8];
};

static void *const    nowhere = (void *)16;
static struct termios original;
static volatile int   resized;

static void say(const char *what, long result)
{
    if (result < 0)
        printf("%s: %s\n", what, strerrorname_np(errno));
    else
        printf("%s: %ld\n", what, result);
}

/* --- settings ---------------------------------------------------------------------------- */

static void show(const char *what)
{
    struct termios t;
    if (tcgetattr(0, &t)) {
        say(what, -1);
        return;
    }
    printf("%s: iflag %o oflag %o lflag %o min %u time %u intr %u eol %u\n", what, t.c_iflag,
           t.c_oflag, t.c_lflag, t.c_cc[VMIN], t.c_cc[VTIME], t.c_cc[VINTR], t.c_cc[VEOL]);
}

static void settings(void)
{
    CLAIM("settings of the terminal");
    struct termios t = original;

    show("at the start");
    t.c_lflag &= ~(tcflag_t)ECHO;
    t.c_cc[VEOL] = 'x';
    say("TCSETS", ioctl(0, TCSETS, &t));
    show("no echo");
    t.c_iflag |= IGNBRK | ISTRIP | INLCR;
    say("TCSETSW", ioctl(0, TCSETSW, &t));
    show("more input flags");
    t.c_cc[VINTR] = 'q';
    say("TCSETSF", ioctl(0, TCSETSF, &t));
    show("another interrupt key");

    struct old_termio old;
    memset(&old, 0, sizeof(old));
    say("TCGETA", ioctl(0, TCGETA, &old));
    printf("old form: iflag %o oflag %o lflag %o intr %u min %u\n", old.iflag, old.oflag, old.lflag,
           old.cc[VINTR], old.cc[VMIN]);
    old.cc[VINTR] = 3;
    old.iflag = ICRNL;
    say("TCSETA", ioctl(0, TCSETA, &old));
    say("TCSETAW", ioctl(0, TCSETAW, &old));
    say("TCSETAF", ioctl(0, TCSETAF, &old));
    show("by the old form");
    say("back", tcsetattr(0, TCSANOW, &original));
    show("as at the start");

    say("TCGETS to nowhere", ioctl(0, TCGETS, nowhere));
    say("TCSETS from nowhere", ioctl(0, TCSETS, nowhere));
    say("TCGETA to nowhere", ioctl(0, TCGETA, nowhere));
    say("TCSETA from nowhere", ioctl(0, TCSETA, nowhere));
}

/* --- reading without a key ------------------------------------------------------------------ */

static void read_with(const char *what, unsigned min, unsigned time, int flags)
{
    struct termios t = original;
    char           c;

    t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    t.c_cc[VMIN] = (cc_t)min;
    t.c_cc[VTIME] = (cc_t)time;
    tcsetattr(0, TCSANOW, &t);
    fcntl(0, F_SETFL, fcntl(0, F_GETFL) | flags);
    say(what, read(0, &c, 1));
    fcntl(0, F_SETFL, fcntl(0, F_GETFL) & ~flags);
    tcsetattr(0, TCSANOW, &original);
}

static void reading(void)
{
    CLAIM("reading when nobody types");
    char c;

    read_with("read, min 0 time 0", 0, 0, 0);
    read_with("read, min 0 time 1", 0, 1, 0);
    read_with("read, min 0 time 0, no wait", 0, 0, O_NONBLOCK);
    read_with("read, min 0 time 1, no wait", 0, 1, O_NONBLOCK);
    read_with("read, min 1 time 0, no wait", 1, 0, O_NONBLOCK);
    read_with("read, min 1 time 1, no wait", 1, 1, O_NONBLOCK);
    fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK);
    say("read a line, no wait", read(0, &c, 1));
    fcntl(0, F_SETFL, fcntl(0, F_GETFL) & ~O_NONBLOCK);
    say("read nothing", read(0, &c, 0));
}

/* --- size and queues ------------------------------------------------------------------------ */

static void on_resize(int sig)
{
    (void)sig;
    resized++;
}

static void sizes(void)
{
    CLAIM("the terminal's size");
    struct winsize size, new = {.ws_row = 50, .ws_col = 132, .ws_xpixel = 7, .ws_ypixel = 9}, got;

    say("TIOCGWINSZ", ioctl(1, TIOCGWINSZ, &size));
    printf("%u rows, %u columns, %u x %u pixels\n", size.ws_row, size.ws_col, size.ws_xpixel,
           size.ws_ypixel);
    signal(SIGWINCH, on_resize);
    say("TIOCSWINSZ", ioctl(1, TIOCSWINSZ, &new));
    printf("told %d times\n", resized);
    say("the same size again", ioctl(1, TIOCSWINSZ, &new));
    printf("told %d times\n", resized);
    ioctl(1, TIOCGWINSZ, &got);
    printf("%s\n", memcmp(&got, &new, sizeof(got)) ? "another size" : "that size");
    say("back", ioctl(1, TIOCSWINSZ, &size));
    printf("told %d times\n", resized);
    say("TIOCGWINSZ to nowhere", ioctl(1, TIOCGWINSZ, nowhere));
    say("TIOCSWINSZ from nowhere", ioctl(1, TIOCSWINSZ, nowhere));
}

static void queues(void)
{
    CLAIM("queues of the terminal");
    int n = -1, ldisc = -1;

    say("FIONREAD", ioctl(0, FIONREAD, &n));
    printf("%d bytes to read\n", n);
    say("FIONREAD to nowhere", ioctl(0, FIONREAD, nowhere));
    fflush(stdout);
    say("tcdrain", tcdrain(1));
    for (int which = 0; which < 4; which++)
        say("TCFLSH", ioctl(0, TCFLSH, which));
    int off = tcflow(1, TCOOFF); /* how much can be printed meanwhile is the driver's business */
    int on = tcflow(1, TCOON);
    printf("output off: %d, on: %d\n", off, on);
    say("TCXONC 4", ioctl(1, TCXONC, 4));
    say("TCSBRKP", ioctl(1, TCSBRKP, 0));
    say("TIOCGETD", ioctl(0, TIOCGETD, &ldisc));
    printf("line discipline %d\n", ldisc);
    ldisc = 77;
    say("TIOCSETD 77", ioctl(0, TIOCSETD, &ldisc));
    say("an unknown request", ioctl(0, 0x54fe, 0));
}

/* --- who it belongs to ---------------------------------------------------------------------- */

static void other_files(void)
{
    CLAIM("terminal calls on other files");
    struct termios t;
    struct winsize size;
    int            folder = open("/bin", O_RDONLY), null = open("/dev/null", O_RDWR);

    say("a folder's settings", tcgetattr(folder, &t));
    say("/dev/null's settings", tcgetattr(null, &t));
    say("/dev/null's size", ioctl(null, TIOCGWINSZ, &size));
    say("nobody's settings", tcgetattr(99, &t));
    say("isatty of 0", isatty(0));
    close(folder);
    close(null);
}

static void job_control(void)
{
    CLAIM("sessions and foreground groups");
    int   tty = open("/dev/tty", O_RDWR);
    pid_t group = 0;

    printf("/dev/tty %s\n", tty >= 0 ? "opens" : strerrorname_np(errno));
    printf("in the foreground: %s\n", tcgetpgrp(0) == getpgrp() ? "yes" : "no");
    printf("and by /dev/tty: %s\n", tcgetpgrp(tty) == getpgrp() ? "yes" : "no");
    printf("its session is ours: %s\n", tcgetsid(0) == getsid(0) ? "yes" : "no");
    say("put ourselves in the foreground", tcsetpgrp(0, getpgrp()));
    group = 23456;
    say("a group that is not there", ioctl(0, TIOCSPGRP, &group));
    group = -5;
    say("a negative group", ioctl(0, TIOCSPGRP, &group));
    say("TIOCSPGRP from nowhere", ioctl(0, TIOCSPGRP, nowhere));
    say("TIOCGPGRP to nowhere", ioctl(0, TIOCGPGRP, nowhere));
    say("TIOCGSID to nowhere", ioctl(0, TIOCGSID, nowhere));
    close(tty);
}

/* Nobody could continue a process whose parent is outside its session: nothing stops. */
static void stops(void)
{
    CLAIM("signals of job control");
    raise(SIGTSTP);
    puts("not stopped from the keyboard");
    raise(SIGTTIN);
    puts("not stopped for reading");
    raise(SIGTTOU);
    puts("not stopped for writing");
}

static void give_up(void)
{
    CLAIM("giving up the terminal");
    pid_t group = getpgrp();
    int   tty;

    say("TIOCNOTTY", ioctl(0, TIOCNOTTY));
    say("TIOCNOTTY again", ioctl(0, TIOCNOTTY));
    say("tcgetpgrp", tcgetpgrp(0) < 0 ? -1 : 0);
    say("tcsetpgrp", ioctl(0, TIOCSPGRP, &group));
    say("tcgetsid", tcgetsid(0) < 0 ? -1 : 0);
    tty = open("/dev/tty", O_RDWR);
    say("open /dev/tty", tty < 0 ? -1 : 0);
    show("settings all the same");
    say("isatty of 0", isatty(0));
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (tcgetattr(0, &original))
        return 1;
    settings();
    reading();
    sizes();
    queues();
    other_files();
    job_control();
    stops();
    give_up();
    return 0;
}
