/* SPDX-License-Identifier: Apache-2.0 */
/* tty.c - the one terminal: between the console's bytes, the line discipline and the files.
 *
 * Received bytes arrive in interrupt context and are only queued; a thread of the kernel runs them
 * through the line discipline and prints the echo, since printing may sleep. Readers sleep until the
 * line discipline has something for them, and while it is full of what they could read, the thread
 * sleeps; then the queue fills and the console is asked to hold its input, so that a paste of any
 * length arrives whole.
 */
#include "fs/tty.h"

#include "kernel/console.h"
#include "kernel/pollq.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/string.h"

#define QUEUE_SIZE 1024u /* bytes received and not yet processed */
#define QUEUE_HIGH 512u  /* hold the console's input above, */
#define QUEUE_LOW  128u  /* and let it go on below */
#define CHUNK      256u  /* bytes moved between a program and the terminal at once */
#define VTIME_NS   100000000u

static struct {
    struct spinlock lock; /* LOCK_TTY */
    /* lock protects: */
    struct ldisc       ld;
    struct tty_winsize size;
    bool               given_up; /* by TIOCNOTTY: no longer the program's controlling terminal */
    uint32_t           queue_head, queue_tail; /* grow for ever, count modulo QUEUE_SIZE */
    char               queue[QUEUE_SIZE];
    bool               held;     /* the console holds its input */
    struct waitq       received; /* the thread waits for bytes, */
    struct waitq       drained;  /* or for room to put them */
    struct waitq       readers;  /* for something to read, */
    struct waitq       writers;  /* for output to be released */

    struct pollq pollers;
    void (*raise)(enum ldisc_signal sig); /* set at boot */
} tty;

/* --- input ------------------------------------------------------------------------------------ */

_Static_assert(QUEUE_HIGH + CONSOLE_INPUT_BATCH <= QUEUE_SIZE, "held input still fits");

/* tty.lock held. */
static void hold_input(void)
{
    uint32_t used = tty.queue_tail - tty.queue_head;
    bool     hold = used > (tty.held ? QUEUE_LOW : QUEUE_HIGH);
    if (hold != tty.held) {
        tty.held = hold;
        console_hold_input(hold);
    }
}

/* From the console driver, any context. */
static void tty_receive(const char *bytes, size_t len)
{
    spinlock_acquire(&tty.lock);
    for (size_t i = 0; i < len && tty.queue_tail - tty.queue_head < QUEUE_SIZE; i++)
        tty.queue[tty.queue_tail++ % QUEUE_SIZE] = bytes[i];
    hold_input();
    waitq_wake_one(&tty.received);
    spinlock_release(&tty.lock);
}

/* The next received byte; sleeps until there is one, and room for it. */
static uint8_t next_received(void)
{
    spinlock_acquire(&tty.lock);
    while (tty.queue_head == tty.queue_tail)
        waitq_sleep(&tty.received, &tty.lock);
    while (ldisc_full(&tty.ld))
        waitq_sleep(&tty.drained, &tty.lock);
    uint8_t byte = (uint8_t)tty.queue[tty.queue_head++ % QUEUE_SIZE];
    hold_input();
    spinlock_release(&tty.lock);
    return byte;
}

/* One call of the line discipline. Returns whether byte has to be given again. */
static bool input_step(uint8_t byte)
{
    struct ldisc_out  out = {.len = 0};
    enum ldisc_signal sig;

    spinlock_acquire(&tty.lock);
    bool again = ldisc_input(&tty.ld, byte, &out, &sig);
    bool readable = ldisc_readable(&tty.ld);
    bool running = !tty.ld.stopped;
    if (readable)
        waitq_wake_all(&tty.readers);
    if (running)
        waitq_wake_all(&tty.writers);
    spinlock_release(&tty.lock);

    if (readable)
        pollq_notify(&tty.pollers, POLLIN | POLLRDNORM);
    if (out.len)
        console_write(out.bytes, out.len);
    if (sig != LDISC_NONE && tty.raise)
        tty.raise(sig);
    return again;
}

static void tty_thread(void *arg)
{
    (void)arg;
    for (;;) {
        uint8_t byte = next_received();
        while (input_step(byte))
            ;
    }
}

int tty_init(void)
{
    spinlock_init(&tty.lock, LOCK_TTY, "tty");
    waitq_init(&tty.received);
    waitq_init(&tty.drained);
    waitq_init(&tty.readers);
    waitq_init(&tty.writers);
    pollq_init(&tty.pollers);
    ldisc_init(&tty.ld);
    tty.size = (struct tty_winsize){.rows = 24, .cols = 80};
    if (!thread_create("tty", tty_thread, NULL))
        return -ENOMEM;
    console_set_input(tty_receive);
    return 0;
}

void tty_set_signal(void (*raise)(enum ldisc_signal sig))
{
    tty.raise = raise;
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool canonical(void)
{
    return tty.ld.termios.lflag & ICANON;
}

/* Sleep until the line discipline changed. 0, -EINTR, -ETIMEDOUT. */
static int wait_input(uint64_t deadline)
{
    return waitq_sleep_until(&tty.readers, &tty.lock, deadline, true);
}

static uint64_t vtime_deadline(void)
{
    return time_ns_to_deadline((uint64_t)tty.ld.termios.cc[VTIME] * VTIME_NS);
}

/* Raw mode: until as many bytes are there as VMIN and VTIME say. */
static int wait_raw(size_t want)
{
    uint8_t  vmin = tty.ld.termios.cc[VMIN];
    uint8_t  vtime = tty.ld.termios.cc[VTIME];
    size_t   need = size_min(vmin, want);
    uint64_t deadline = vtime && !vmin ? vtime_deadline() : WAIT_FOREVER;

    if (vmin == 0)
        need = vtime ? 1 : 0;
    while (!canonical() && ldisc_available(&tty.ld) < need) {
        size_t before = ldisc_available(&tty.ld);
        int    err = wait_input(deadline);
        if (err == -ETIMEDOUT)
            return 0;
        if (err)
            return before ? 0 : err;
        if (vmin && vtime && ldisc_available(&tty.ld) > before)
            deadline = vtime_deadline(); /* between bytes, once the first has come */
    }
    return 0;
}

/* Until there is something to read, or as far as O_NONBLOCK permits. */
static int wait_readable(bool nonblock, size_t want)
{
    if (nonblock) {
        const uint8_t *cc = tty.ld.termios.cc;
        bool           may_be_none = !canonical() && cc[VMIN] == 0 && cc[VTIME] == 0;
        return ldisc_readable(&tty.ld) || may_be_none ? 0 : -EAGAIN;
    }
    while (canonical()) {
        if (ldisc_readable(&tty.ld))
            return 0;
        int err = wait_input(WAIT_FOREVER);
        if (err)
            return err;
    }
    return wait_raw(want);
}

static ssize_t tty_read(struct file *f, struct iobuf *iob, uint64_t pos)
{
    char    chunk[CHUNK];
    ssize_t total = 0;
    bool    done = iob->left == 0;
    (void)pos;
    if (done)
        return 0;

    spinlock_acquire(&tty.lock);
    int err = wait_readable(atomic_load(&f->flags) & O_NONBLOCK, iob->left);
    while (!err && !done && iob->left) {
        size_t n = ldisc_read(&tty.ld, chunk, size_min(iob->left, CHUNK), &done);
        waitq_wake_all(&tty.drained);
        spinlock_release(&tty.lock);
        ssize_t moved = iobuf_put(iob, chunk, n);
        spinlock_acquire(&tty.lock);
        if (moved < 0)
            err = (int)moved;
        else
            total += moved;
        if (n == 0)
            break;
    }
    spinlock_release(&tty.lock);
    return total ? total : err;
}

/* --- writing ---------------------------------------------------------------------------------- */

static int wait_writable(bool nonblock)
{
    while (tty.ld.stopped) {
        if (nonblock)
            return -EAGAIN;
        int err = waitq_sleep_until(&tty.writers, &tty.lock, WAIT_FOREVER, true);
        if (err)
            return err;
    }
    return 0;
}

/* Print all of chunk. Returns how much was printed, or an error if nothing was. */
static ssize_t print(const char *chunk, size_t len, bool nonblock)
{
    size_t done = 0;

    while (done < len) {
        struct ldisc_out out = {.len = 0};
        spinlock_acquire(&tty.lock);
        int err = wait_writable(nonblock);
        if (!err)
            done += ldisc_output(&tty.ld, chunk + done, len - done, &out);
        spinlock_release(&tty.lock);
        if (err)
            return done ? (ssize_t)done : err;
        console_write(out.bytes, out.len);
    }
    return (ssize_t)done;
}

static ssize_t tty_write(struct file *f, struct iobuf *iob, uint64_t pos)
{
    bool    nonblock = atomic_load(&f->flags) & O_NONBLOCK;
    char    chunk[CHUNK];
    ssize_t total = 0;
    (void)pos;

    while (iob->left) {
        size_t  want = size_min(iob->left, CHUNK);
        ssize_t n = iobuf_take(iob, chunk, want);
        if (n < (ssize_t)want) /* as in Linux, a piece is taken whole or not at all */
            return total ? total : -EFAULT;
        ssize_t printed = print(chunk, (size_t)n, nonblock);
        if (printed < 0)
            return total ? total : printed;
        total += printed;
        if (printed < n)
            break;
    }
    return total;
}

/* --- polling ---------------------------------------------------------------------------------- */

static unsigned tty_poll(struct file *f, struct pollq **q)
{
    unsigned ready = 0;
    (void)f;

    if (q)
        *q = &tty.pollers;
    spinlock_acquire(&tty.lock);
    size_t need = tty.ld.termios.cc[VTIME] ? 1 : tty.ld.termios.cc[VMIN];
    if (canonical() ? ldisc_readable(&tty.ld) : ldisc_available(&tty.ld) >= size_max(need, 1))
        ready |= POLLIN | POLLRDNORM;
    if (!tty.ld.stopped)
        ready |= POLLOUT | POLLWRNORM;
    spinlock_release(&tty.lock);
    return ready;
}

/* --- settings --------------------------------------------------------------------------------- */

static struct tty_termios current_termios(void)
{
    spinlock_acquire(&tty.lock);
    struct tty_termios t = tty.ld.termios;
    spinlock_release(&tty.lock);
    return t;
}

static int get_termios(uintptr_t arg)
{
    struct tty_termios t = current_termios();
    return uaccess_write(arg, &t, sizeof(t));
}

static void set_termios(const struct tty_termios *t, bool flush)
{
    spinlock_acquire(&tty.lock);
    if (flush)
        ldisc_flush_input(&tty.ld);
    ldisc_set(&tty.ld, t);
    waitq_wake_all(&tty.drained);
    bool readable = ldisc_readable(&tty.ld);
    waitq_wake_all(&tty.readers); /* what they wait for may have changed */
    if (!(t->iflag & IXON))
        tty.ld.stopped = false;
    waitq_wake_all(&tty.writers);
    spinlock_release(&tty.lock);
    if (readable)
        pollq_notify(&tty.pollers, POLLIN | POLLRDNORM);
}

static int read_termios(uintptr_t arg, bool flush)
{
    struct tty_termios t;

    int err = uaccess_read(&t, arg, sizeof(t));
    if (!err)
        set_termios(&t, flush);
    return err;
}

static int get_termio(uintptr_t arg)
{
    struct tty_termios t = current_termios();
    struct tty_termio  old = {
         .iflag = (uint16_t)t.iflag,
         .oflag = (uint16_t)t.oflag,
         .cflag = (uint16_t)t.cflag,
         .lflag = (uint16_t)t.lflag,
         .line = t.line,
    };
    memcpy(old.cc, t.cc, sizeof(old.cc));
    return uaccess_write(arg, &old, sizeof(old));
}

static void set_low(uint32_t *flags, uint16_t low)
{
    *flags = (*flags & 0xffff0000u) | low;
}

static int read_termio(uintptr_t arg, bool flush)
{
    struct tty_termio old;

    int err = uaccess_read(&old, arg, sizeof(old));
    if (err)
        return err;
    struct tty_termios t = current_termios();
    set_low(&t.iflag, old.iflag);
    set_low(&t.oflag, old.oflag);
    set_low(&t.cflag, old.cflag);
    set_low(&t.lflag, old.lflag);
    t.line = old.line;
    memcpy(t.cc, old.cc, sizeof(old.cc));
    set_termios(&t, flush);
    return 0;
}

static int get_winsize(uintptr_t arg)
{
    spinlock_acquire(&tty.lock);
    struct tty_winsize size = tty.size;
    spinlock_release(&tty.lock);
    return uaccess_write(arg, &size, sizeof(size));
}

static int set_winsize(uintptr_t arg)
{
    struct tty_winsize size;

    int err = uaccess_read(&size, arg, sizeof(size));
    if (err)
        return err;
    spinlock_acquire(&tty.lock);
    bool changed = memcmp(&tty.size, &size, sizeof(size));
    tty.size = size;
    spinlock_release(&tty.lock);
    if (changed && tty.raise)
        tty.raise(LDISC_RESIZED);
    return 0;
}

static int put_u32(uintptr_t arg, uint32_t value)
{
    return uaccess_write(arg, &value, sizeof(value));
}

static int count_readable(uintptr_t arg)
{
    spinlock_acquire(&tty.lock);
    size_t n = ldisc_available(&tty.ld);
    spinlock_release(&tty.lock);
    return put_u32(arg, (uint32_t)n);
}

/* TCFLSH: 0 input, 1 output, 2 both; output is never held back here. */
static int flush(uintptr_t which)
{
    if (which > 2)
        return -EINVAL;
    spinlock_acquire(&tty.lock);
    if (which != 1)
        ldisc_flush_input(&tty.ld);
    waitq_wake_all(&tty.drained);
    spinlock_release(&tty.lock);
    return 0;
}

/* TCXONC: 0 hold output, 1 release it; 2 and 3 are about the other end. */
static int flow(uintptr_t what)
{
    if (what > 3)
        return -EINVAL;
    spinlock_acquire(&tty.lock);
    if (what < 2)
        tty.ld.stopped = what == 0;
    waitq_wake_all(&tty.writers);
    spinlock_release(&tty.lock);
    return 0;
}

/* The only line discipline there is: N_TTY. */
static int set_discipline(uintptr_t arg)
{
    uint32_t number;

    int err = uaccess_read(&number, arg, sizeof(number));
    return err ? err : number == 0 ? 0 : -EINVAL;
}

/* --- job control: there is one session with one process group, both called 1 ---------------------- */

#define THE_GROUP 1u

bool tty_is_controlling(void)
{
    return !tty.given_up;
}

static int set_pgrp(uintptr_t arg)
{
    int32_t pgrp;

    int err = uaccess_read(&pgrp, arg, sizeof(pgrp));
    if (err)
        return err;
    if (pgrp < 0)
        return -EINVAL;
    return pgrp == THE_GROUP ? 0 : -ESRCH;
}

/* Requests that only the controlling terminal obeys. */
static int job_control(unsigned cmd, uintptr_t arg)
{
    if (tty.given_up)
        return -ENOTTY;
    switch (cmd) {
    case TIOCSPGRP:
        return set_pgrp(arg);
    case TIOCNOTTY:
        tty.given_up = true;
        return 0;
    default: /* TIOCGPGRP, TIOCGSID */
        return put_u32(arg, THE_GROUP);
    }
}

static int tty_ioctl(struct file *f, unsigned cmd, uintptr_t arg)
{
    (void)f;
    switch (cmd) {
    case TCGETS:
        return get_termios(arg);
    case TCSETS:
    case TCSETSW: /* all output is on its way to the wire already */
        return read_termios(arg, false);
    case TCSETSF:
        return read_termios(arg, true);
    case TCGETA:
        return get_termio(arg);
    case TCSETA:
    case TCSETAW:
        return read_termio(arg, false);
    case TCSETAF:
        return read_termio(arg, true);
    case TIOCGWINSZ:
        return get_winsize(arg);
    case TIOCSWINSZ:
        return set_winsize(arg);
    case FIONREAD:
        return count_readable(arg);
    case TIOCOUTQ:
    case TIOCGETD:
        return put_u32(arg, 0);
    case TIOCSETD:
        return set_discipline(arg);
    case TCFLSH:
        return flush(arg);
    case TCXONC:
        return flow(arg);
    case TIOCGPGRP:
    case TIOCSPGRP:
    case TIOCGSID:
    case TIOCNOTTY:
        return job_control(cmd, arg);
    case TIOCSCTTY: /* the leader of the session asks for what it has, or had */
        tty.given_up = false;
        return 0;
    case TCSBRK:
    case TCSBRKP:
        return 0;
    default:
        return -ENOTTY;
    }
}

const struct file_ops tty_file_ops = {
    .read = tty_read,
    .write = tty_write,
    .ioctl = tty_ioctl,
    .poll = tty_poll,
};
