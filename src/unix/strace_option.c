/* SPDX-License-Identifier: Apache-2.0 */
/* strace_option.c - arguments whose meaning depends on others: of fcntl, futex, prctl, clone.
 * See strace_impl.h. */
#include "kernel/uaccess.h"
#include "unix/abi.h"
#include "unix/strace_impl.h"

/* [5] */
void strace_p_int_at(struct text *t, const struct strace_call *c, unsigned i)
{
    int32_t value;
    if (strace_read(t, c->a[i], &value, sizeof(value)))
        text_printf(t, "[%d]", value);
}

void strace_out(struct text *t, const struct strace_call *c, unsigned i, strace_printer *print)
{
    if (strace_failed(c))
        text_ptr(t, c->a[i]);
    else
        print(t, c, i);
}

/* --- fcntl ------------------------------------------------------------------------------- */

static void p_lock(struct text *t, const struct strace_call *c, unsigned i)
{
    struct abi_flock fl;
    if (!strace_read(t, c->a[i], &fl, sizeof(fl)))
        return;
    text_str(t, "{l_type=");
    text_value(t, &names_lock_types, (uint16_t)fl.l_type);
    text_str(t, ", l_whence=");
    text_value(t, &names_whences, (uint16_t)fl.l_whence);
    text_printf(t, ", l_start=%ld, l_len=%ld", (long)fl.l_start, (long)fl.l_len);
    if ((int)c->a[1] == F_GETLK || (int)c->a[1] == F_OFD_GETLK)
        text_printf(t, ", l_pid=%d", fl.l_pid);
    text_str(t, "}");
}

bool strace_fcntl_fills(const struct strace_call *c)
{
    return (int)c->a[1] == F_GETLK || (int)c->a[1] == F_OFD_GETLK;
}

void strace_p_fcntl_arg(struct text *t, const struct strace_call *c, unsigned i)
{
    switch ((int)c->a[1]) {
    case F_GETFD:
    case F_GETFL:
    case F_GETOWN:
    case F_GETPIPE_SZ:
    case F_GET_SEALS:
        return;
    case F_ADD_SEALS:
        text_flags(t, &names_seals, (uint32_t)c->a[i]);
        return;
    case F_SETFD:
        text_flags(t, &names_fd_flags, (uint32_t)c->a[i]);
        return;
    case F_SETFL:
        text_open_flags(t, (uint32_t)c->a[i]);
        return;
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
    case F_DUPFD_QUERY:
    case F_SETOWN:
    case F_SETPIPE_SZ:
        strace_p_int(t, c, i);
        return;
    case F_GETLK:
    case F_OFD_GETLK:
        strace_out(t, c, i, p_lock);
        return;
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
        p_lock(t, c, i);
        return;
    default:
        text_printf(t, "%#lx", (unsigned long)c->a[i]);
    }
}

/* --- futex ------------------------------------------------------------------------------- */

static unsigned futex_cmd(const struct strace_call *c)
{
    return (unsigned)c->a[1] & (unsigned)FUTEX_CMD_MASK;
}

void strace_p_futex_op(struct text *t, const struct strace_call *c, unsigned i)
{
    const char *name = names_find(&names_futex_ops, futex_cmd(c));
    if (!name) {
        text_printf(t, "%#x /* FUTEX_??? */", (unsigned)c->a[i]);
        return;
    }
    text_printf(t, "%s%s%s", name, c->a[i] & FUTEX_PRIVATE_FLAG ? "_PRIVATE" : "",
                c->a[i] & FUTEX_CLOCK_REALTIME ? "|FUTEX_CLOCK_REALTIME" : "");
}

/* FUTEX2_SIZE_U32|FUTEX2_PRIVATE */
void strace_p_futex2_flags(struct text *t, const struct strace_call *c, unsigned i)
{
    uint32_t flags = (uint32_t)c->a[i];
    text_printf(t, "FUTEX2_SIZE_U%u%s", 8u << (flags & 3), flags & 128 ? "|FUTEX2_PRIVATE" : "");
    if (flags & ~131u)
        text_printf(t, "|%#x", flags & ~131u);
}

void strace_p_futex_value(struct text *t, const struct strace_call *c, unsigned i)
{
    text_printf(t, "%u", (unsigned)c->a[i]);
}

/* What follows the value. */
enum futex_args {
    FUTEX_NOTHING,
    FUTEX_TIME,        /* how long to wait */
    FUTEX_TIME_BITSET, /* and for what */
    FUTEX_BITSET,
    FUTEX_MOVE, /* how many, to where */
    FUTEX_MOVE_IF,
    FUTEX_MOVE_OP,
    FUTEX_UNKNOWN,
};

static enum futex_args futex_args(const struct strace_call *c)
{
    static const uint8_t args[] = {
        [FUTEX_WAIT] = FUTEX_TIME,
        [FUTEX_WAKE] = FUTEX_NOTHING,
        [2] = FUTEX_NOTHING, /* FUTEX_FD */
        [FUTEX_REQUEUE] = FUTEX_MOVE,
        [FUTEX_CMP_REQUEUE] = FUTEX_MOVE_IF,
        [FUTEX_WAKE_OP] = FUTEX_MOVE_OP,
        [6] = FUTEX_TIME,    /* FUTEX_LOCK_PI */
        [7] = FUTEX_NOTHING, /* FUTEX_UNLOCK_PI */
        [8] = FUTEX_NOTHING, /* FUTEX_TRYLOCK_PI */
        [FUTEX_WAIT_BITSET] = FUTEX_TIME_BITSET,
        [FUTEX_WAKE_BITSET] = FUTEX_BITSET,
    };
    return futex_cmd(c) < ARRAY_LEN(args) ? args[futex_cmd(c)] : FUTEX_UNKNOWN;
}

void strace_p_futex_timeout(struct text *t, const struct strace_call *c, unsigned i)
{
    switch (futex_args(c)) {
    case FUTEX_TIME:
    case FUTEX_TIME_BITSET:
        strace_timespec(t, c->a[i]);
        return;
    case FUTEX_MOVE:
    case FUTEX_MOVE_IF:
    case FUTEX_MOVE_OP:
        text_printf(t, "%u", (unsigned)c->a[i]);
        return;
    case FUTEX_UNKNOWN:
        text_ptr(t, c->a[i]);
        return;
    default:
        return;
    }
}

void strace_p_futex_ptr2(struct text *t, const struct strace_call *c, unsigned i)
{
    if (futex_args(c) >= FUTEX_MOVE)
        text_ptr(t, c->a[i]);
}

/* FUTEX_OP_SET<<28|0x3<<12|FUTEX_OP_CMP_EQ<<24|0x5: what to do with the other word, and with what; when
 * to wake its waiters. */
static void print_futex_op(struct text *t, uint32_t value)
{
    static const char shift = 8; /* among the operations: the operand is a number of a bit */
    uint32_t          op = value >> 28, condition = value >> 24 & 0xf;
    const char       *name = names_find(&names_futex_wake_ops, op & ~(uint32_t)shift);

    if (op & (uint32_t)shift)
        text_str(t, "FUTEX_OP_OPARG_SHIFT<<28|");
    if (name)
        text_printf(t, "%s<<28", name);
    else
        text_printf(t, "%#x<<28 /* FUTEX_OP_??? */", op & ~(uint32_t)shift);
    text_printf(t, "|%#x<<12|", value >> 12 & 0xfff);
    name = names_find(&names_futex_wake_conditions, condition);
    if (name)
        text_printf(t, "%s<<24", name);
    else
        text_printf(t, "%#x<<24 /* FUTEX_OP_CMP_??? */", condition);
    text_printf(t, "|%#x", value & 0xfff);
}

void strace_p_futex_value3(struct text *t, const struct strace_call *c, unsigned i)
{
    uint32_t value = (uint32_t)c->a[i];

    switch (futex_args(c)) {
    case FUTEX_TIME_BITSET:
    case FUTEX_BITSET:
        if (value == FUTEX_BITSET_MATCH_ANY)
            text_str(t, "FUTEX_BITSET_MATCH_ANY");
        else
            text_printf(t, "%#x", value);
        return;
    case FUTEX_MOVE_IF:
        text_printf(t, "%u", value);
        return;
    case FUTEX_MOVE_OP:
        print_futex_op(t, value);
        return;
    case FUTEX_UNKNOWN:
        text_printf(t, "%#x", value);
        return;
    default:
        return;
    }
}

/* --- prctl ------------------------------------------------------------------------------- */

#define COMM_MAX 16 /* bytes of a thread's name, with its NUL */

static void p_name(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_string(t, c->a[i], COMM_MAX);
}

/* What is longer is cut. */
static void p_new_name(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_string(t, c->a[i], COMM_MAX - 1);
}

/* A number that is none of a signal is shown with all its bits. */
static void p_signal(struct text *t, const struct strace_call *c, unsigned i)
{
    if (c->a[i] <= NSIG)
        text_signal(t, (int)c->a[i]);
    else
        strace_p_size(t, c, i);
}

static void p_signal_at(struct text *t, const struct strace_call *c, unsigned i)
{
    int32_t sig;
    if (!strace_read(t, c->a[i], &sig, sizeof(sig)))
        return;
    text_str(t, "[");
    text_signal(t, sig);
    text_str(t, "]");
}

static void p_dumpable(struct text *t, const struct strace_call *c, unsigned i)
{
    text_value(t, &names_dumpable, c->a[i]);
}

/* print: of the second argument; NULL: there is none. more: of those behind it, shown since they have
 * to be 0. */
static const struct prctl_arg {
    uint32_t        op;
    bool            out;
    strace_printer *print, *more;
} prctl_args[] = {
    {PR_SET_PDEATHSIG, false, p_signal, NULL},
    {PR_GET_PDEATHSIG, true, p_signal_at, NULL},
    {PR_GET_DUMPABLE, false, NULL, NULL},
    {PR_SET_DUMPABLE, false, p_dumpable, NULL},
    {PR_GET_KEEPCAPS, false, NULL, NULL},
    {PR_SET_KEEPCAPS, false, strace_p_size, NULL},
    {PR_GET_TIMING, false, NULL, NULL},
    {PR_SET_TIMING, false, strace_p_size, NULL},
    {PR_SET_NAME, false, p_new_name, NULL},
    {PR_GET_NAME, true, p_name, NULL},
    {PR_GET_SECCOMP, false, NULL, NULL},
    {PR_CAPBSET_READ, false, strace_p_size, NULL},
    {PR_GET_SECUREBITS, false, NULL, NULL},
    {PR_SET_TIMERSLACK, false, strace_p_size, NULL},
    {PR_GET_TIMERSLACK, false, NULL, NULL},
    {PR_MCE_KILL_GET, false, strace_p_hex, strace_p_hex},
    {PR_SET_CHILD_SUBREAPER, false, strace_p_size, NULL},
    {PR_GET_CHILD_SUBREAPER, true, strace_p_int_at, NULL},
    {PR_SET_NO_NEW_PRIVS, false, strace_p_size, strace_p_hex},
    {PR_GET_NO_NEW_PRIVS, false, strace_p_hex, strace_p_hex},
    {PR_SET_THP_DISABLE, false, strace_p_size, strace_p_hex},
    {PR_GET_THP_DISABLE, false, strace_p_hex, strace_p_hex},
};

static const struct prctl_arg *prctl_arg_of(const struct strace_call *c)
{
    static const struct prctl_arg known = {0, false, strace_p_ptr, NULL},
                                  unknown = {0, false, strace_p_hex, strace_p_hex};

    for (size_t n = 0; n < ARRAY_LEN(prctl_args); n++) {
        if (prctl_args[n].op == (uint32_t)c->a[0])
            return &prctl_args[n];
    }
    return names_find(&names_prctl_ops, (uint32_t)c->a[0]) ? &known : &unknown;
}

bool strace_prctl_fills(const struct strace_call *c)
{
    return prctl_arg_of(c)->out;
}

void strace_p_prctl_arg(struct text *t, const struct strace_call *c, unsigned i)
{
    const struct prctl_arg *arg = prctl_arg_of(c);
    if (arg->print && arg->out)
        strace_out(t, c, i, arg->print);
    else if (arg->print)
        arg->print(t, c, i);
}

void strace_p_prctl_more(struct text *t, const struct strace_call *c, unsigned i)
{
    const struct prctl_arg *arg = prctl_arg_of(c);
    if (arg->more)
        arg->more(t, c, i);
}

/* --- others ------------------------------------------------------------------------------ */

void strace_p_mremap_to(struct text *t, const struct strace_call *c, unsigned i)
{
    uint64_t flags = c->a[i - 1];
    if (flags & MREMAP_MAYMOVE && flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))
        text_ptr(t, c->a[i]);
}

void strace_p_resumed(struct text *t, const struct strace_call *c, unsigned i)
{
    (void)i;
    text_printf(t, "<... resuming interrupted %s ...>", c->last ? c->last->name : "system call");
}

static void print_clone_flags(struct text *t, uint64_t flags)
{
    uint64_t rest = flags & ~CSIGNAL;
    int      sig = (int)(flags & CSIGNAL);

    if (rest || !sig)
        text_flags(t, &names_clone_flags, rest);
    if (!sig)
        return;
    text_str(t, rest ? "|" : "");
    text_signal(t, sig);
}

/* All of clone's arguments, by name: clone(flags, stack, parent_tid, tls, child_tid). */
void strace_p_clone(struct text *t, const struct strace_call *c, unsigned i)
{
    uint64_t flags = (uint32_t)c->a[i];
    uint32_t tid;

    text_str(t, "child_stack=");
    text_ptr(t, c->a[1]);
    text_str(t, ", flags=");
    print_clone_flags(t, flags);
    if (flags & CLONE_PARENT_SETTID) {
        text_str(t, ", parent_tid=");
        if (strace_failed(c) || uaccess_read32(c->a[2], &tid))
            text_ptr(t, c->a[2]);
        else
            text_printf(t, "[%u]", tid);
    }
    if (flags & CLONE_SETTLS)
        text_printf(t, ", tls=%#lx", (unsigned long)c->a[3]);
    if (flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) {
        text_str(t, ", child_tidptr=");
        text_ptr(t, c->a[4]);
    }
}
