/* SPDX-License-Identifier: Apache-2.0 */
/* strace_ioctl.c - what ioctl is asked, and of the terminal what it answers. See strace_impl.h. */
#include "fs/termios.h"
#include "unix/abi.h"
#include "unix/strace_impl.h"

/* A number without a name is shown by its parts: direction, type, number, size of the argument. */
void strace_p_ioctl_cmd(struct text *t, const struct strace_call *c, unsigned i)
{
    static const char *const directions[] = {"_IOC_NONE", "_IOC_WRITE", "_IOC_READ",
                                             "_IOC_READ|_IOC_WRITE"};
    uint32_t                 cmd = (uint32_t)c->a[i];
    const char              *name = names_find(&names_ioctl_cmds, cmd);
    if (name)
        text_str(t, name);
    else
        text_printf(t, "_IOC(%s, %#x, %#x, %#x)", directions[cmd >> 30], cmd >> 8 & 0xff,
                    cmd & 0xff, cmd >> 16 & 0x3fff);
}

/* The delays among the flags for output are numbers of a few bits each. */
static void print_oflags(struct text *t, uint32_t flags)
{
    static const struct {
        uint32_t            mask;
        const struct names *names;
    } delays[] = {
        {0000400, &names_termios_newlines}, {0003000, &names_termios_returns},
        {0014000, &names_termios_tabs},     {0020000, &names_termios_backspaces},
        {0040000, &names_termios_vtabs},    {0100000, &names_termios_feeds},
    };
    for (size_t n = 0; n < ARRAY_LEN(delays); n++) {
        text_printf(t, "%s", n ? "|" : "");
        text_value(t, delays[n].names, flags & delays[n].mask);
        flags &= ~delays[n].mask;
    }
    if (flags) {
        text_str(t, "|");
        text_flags(t, &names_termios_oflags, flags);
    }
}

#define SPEED_MASK 0010017u

static void print_cflags(struct text *t, uint32_t flags)
{
    text_value(t, &names_termios_speeds, flags & SPEED_MASK);
    text_str(t, "|");
    text_value(t, &names_termios_sizes, flags & CS8);
    flags &= ~(SPEED_MASK | CS8);
    if (flags) {
        text_str(t, "|");
        text_flags(t, &names_termios_cflags, flags);
    }
}

static void p_termios(struct text *t, const struct strace_call *c, unsigned i)
{
    struct tty_termios tio;
    if (!strace_read(t, c->a[i], &tio, sizeof(tio)))
        return;
    text_str(t, "{c_iflag=");
    text_flags(t, &names_termios_iflags, tio.iflag);
    text_str(t, ", c_oflag=");
    print_oflags(t, tio.oflag);
    text_str(t, ", c_cflag=");
    print_cflags(t, tio.cflag);
    text_str(t, ", c_lflag=");
    text_flags(t, &names_termios_lflags, tio.lflag);
    text_str(t, ", ...}");
}

static void p_winsize(struct text *t, const struct strace_call *c, unsigned i)
{
    struct tty_winsize w;
    if (strace_read(t, c->a[i], &w, sizeof(w)))
        text_printf(t, "{ws_row=%u, ws_col=%u, ws_xpixel=%u, ws_ypixel=%u}", w.rows, w.cols,
                    w.xpixels, w.ypixels);
}

static void p_queue(struct text *t, const struct strace_call *c, unsigned i)
{
    text_value(t, &names_tcflush_queues, (uint32_t)c->a[i]);
}

static void p_flow(struct text *t, const struct strace_call *c, unsigned i)
{
    text_value(t, &names_tcxonc_actions, (uint32_t)c->a[i]);
}

/* What a command's argument is. print NULL: it has none. */
static const struct ioctl_arg {
    uint32_t        cmd;
    bool            out;
    strace_printer *print;
} ioctl_args[] = {
    {TCGETS, true, p_termios},
    {TCSETS, false, p_termios},
    {TCSETSW, false, p_termios},
    {TCSETSF, false, p_termios},
    {TIOCGWINSZ, true, p_winsize},
    {TIOCSWINSZ, false, p_winsize},
    {TIOCGPGRP, true, strace_p_int_at},
    {TIOCSPGRP, false, strace_p_int_at},
    {TIOCGSID, true, strace_p_int_at},
    {TIOCGETD, true, strace_p_int_at},
    {TIOCSETD, false, strace_p_int_at},
    {TIOCOUTQ, true, strace_p_int_at},
    {FIONREAD, true, strace_p_int_at},
    {FIONBIO, false, strace_p_int_at},
    {TCFLSH, false, p_queue},
    {TCXONC, false, p_flow},
    {TCSBRK, false, strace_p_int},
    {TCSBRKP, false, strace_p_int},
    {TIOCSCTTY, false, strace_p_int},
    {TIOCNOTTY, false, NULL},
    {FIOCLEX, false, NULL},
    {FIONCLEX, false, NULL},
};

static const struct ioctl_arg *ioctl_arg_of(uint32_t cmd)
{
    for (size_t n = 0; n < ARRAY_LEN(ioctl_args); n++) {
        if (ioctl_args[n].cmd == cmd)
            return &ioctl_args[n];
    }
    return NULL;
}

bool strace_ioctl_fills(const struct strace_call *c)
{
    const struct ioctl_arg *arg = ioctl_arg_of((uint32_t)c->a[1]);
    return arg && arg->out;
}

void strace_p_ioctl_arg(struct text *t, const struct strace_call *c, unsigned i)
{
    const struct ioctl_arg *arg = ioctl_arg_of((uint32_t)c->a[1]);
    if (!arg)
        text_printf(t, "%#lx", (unsigned long)c->a[i]);
    else if (arg->print && arg->out)
        strace_out(t, c, i, arg->print);
    else if (arg->print)
        arg->print(t, c, i);
}
