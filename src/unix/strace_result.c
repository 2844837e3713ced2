/* SPDX-License-Identifier: Apache-2.0 */
/* strace_result.c - what a system call gave, and what it says besides its number. */
#include "unix/abi.h"
#include "unix/strace_impl.h"

/* " (flags O_RDWR)" */
static void print_fcntl(struct text *t, const struct strace_call *c)
{
    int cmd = (int)c->a[1];

    if (cmd != F_GETFD && cmd != F_GETFL) {
        text_printf(t, "%ld", (long)c->result);
        return;
    }
    text_printf(t, "%#lx", (unsigned long)c->result);
    if (cmd == F_GETFD && !c->result)
        return;
    text_str(t, " (flags ");
    if (cmd == F_GETFD)
        text_flags(t, &names_fd_flags, (uint64_t)c->result);
    else
        text_open_flags(t, (uint32_t)c->result);
    text_str(t, ")");
}

/* What is left of the time that argument i allowed. */
static void print_left(struct text *t, const struct strace_call *c, unsigned i)
{
    if (!c->a[i])
        return;
    text_str(t, ", left ");
    strace_timespec(t, c->a[i]);
}

static void print_poll(struct text *t, const struct strace_call *c)
{
    text_printf(t, "%ld (", (long)c->result);
    if (c->result) {
        strace_pollfds_ready(t, c->a[0], (uint32_t)c->a[1]);
        print_left(t, c, 2);
    } else {
        text_str(t, "Timeout");
    }
    text_str(t, ")");
}

static void print_select(struct text *t, const struct strace_call *c)
{
    text_printf(t, "%ld (", (long)c->result);
    if (c->result) {
        strace_fds_ready(t, c);
        print_left(t, c, 4);
    } else {
        text_str(t, "Timeout");
    }
    text_str(t, ")");
}

static void print_signal(struct text *t, const struct strace_call *c)
{
    text_printf(t, "%ld (", (long)c->result);
    text_signal(t, (int)c->result);
    text_str(t, ")");
}

static void print_policy(struct text *t, const struct strace_call *c)
{
    text_printf(t, "%ld (", (long)c->result);
    text_value(t, &names_sched_policies, (uint64_t)c->result);
    text_str(t, ")");
}

static void print_clock_state(struct text *t, const struct strace_call *c)
{
    text_printf(t, "%ld (", (long)c->result);
    text_value(t, &names_clock_states, (uint64_t)c->result);
    text_str(t, ")");
}

/* A few operations give numbers with names. */
static void print_prctl(struct text *t, const struct strace_call *c)
{
    text_printf(t, "%ld", (long)c->result);
    if ((int)c->a[0] != PR_GET_DUMPABLE)
        return;
    text_str(t, " (");
    text_value(t, &names_dumpable, (uint64_t)c->result);
    text_str(t, ")");
}

void strace_result(struct text *t, const struct strace_call *c, unsigned kind)
{
    text_str(t, " = ");
    if (strace_failed(c)) {
        text_failure(t, c->result);
        return;
    }
    switch (kind) {
    case R_CLOCK_STATE:
        print_clock_state(t, c);
        return;
    case R_FCNTL:
        print_fcntl(t, c);
        return;
    case R_HEX:
        text_printf(t, "%#lx", (unsigned long)c->result);
        return;
    case R_OCTAL:
        text_printf(t, "%#03o", (unsigned)c->result);
        return;
    case R_POLL:
        print_poll(t, c);
        return;
    case R_PRCTL:
        print_prctl(t, c);
        return;
    case R_SCHED:
        print_policy(t, c);
        return;
    case R_SELECT:
        print_select(t, c);
        return;
    case R_SIGNAL:
        print_signal(t, c);
        return;
    default:
        text_printf(t, "%ld", (long)c->result);
    }
}
