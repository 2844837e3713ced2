/* SPDX-License-Identifier: Apache-2.0 */
/* strace.c - when a line is printed, and for whom. See strace.h; what the lines say is the business
 * of the files that strace_impl.h lists.
 *
 * A line is put together in its thread's record, since that may sleep (reading the program's memory)
 * and the kernel's stack has no room for it while a call runs. Printing, and changing which call is
 * open, happens under the_process.lock.
 */
#include "unix/strace.h"

#include "kernel/heap.h"
#include "kernel/log.h"
#include "kernel/uaccess.h"
#include "lib/assert.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "unix/process.h"
#include "unix/report.h"
#include "unix/sigframe.h"
#include "unix/strace_impl.h"

struct strace_record {
    uint32_t           tid;
    struct strace_call call;
    unsigned           next; /* argument to print */
    struct text        text; /* the line so far */

    /* protected by the_process.lock: */
    bool running; /* call is printed and not over */
    bool split;   /* its beginning has been printed */
};

/* The call that began last, if its beginning has not been printed; protected by the_process.lock. */
static struct strace_record *open_call;

/* A bit for each call that is to be printed, if not all are. */
static uint64_t chosen[SYSCALL_NUMBERS / 64];
static bool     choosing;

/* --- choosing ---------------------------------------------------------------------------- */

static void choose(const char *name, size_t len)
{
    uint64_t nr;
    if (syscall_find(name, len, &nr))
        chosen[nr / 64] |= 1ul << nr % 64;
    else
        log_warn("strace: there is no system call \"%.*s\"", (int)len, name);
}

void strace_configure(const char *list, size_t len)
{
    const char *end = list + len;

    trace_enabled |= 1u << TRACE_CLASS_syscall;
    choosing |= len > 0;
    while (list < end) {
        const char *comma = memchr(list, ',', (size_t)(end - list));
        const char *stop = comma ? comma : end;
        choose(list, (size_t)(stop - list));
        list = stop + (comma != NULL);
    }
}

static bool is_chosen(uint64_t nr)
{
    return !choosing || (nr < SYSCALL_NUMBERS && chosen[nr / 64] >> nr % 64 & 1);
}

/* --- lines ------------------------------------------------------------------------------- */

/* The current thread's record. NULL: no memory, which is told once. */
static struct strace_record *record_self(void)
{
    static bool     told;
    struct uthread *ut = uthread_self();

    if (!ut->strace)
        ut->strace = kzalloc(sizeof(*ut->strace));
    if (ut->strace)
        ut->strace->tid = ut->tid;
    else if (!told)
        log_warn("strace: no memory to print the calls of thread %u", ut->tid);
    told |= !ut->strace;
    return ut->strace;
}

static void begin_line(struct strace_record *r)
{
    text_clear(&r->text);
    text_printf(&r->text, "strace %u ", r->tid);
}

/* Print the open call as far as it is known: something else comes now. */
static void set_aside(void)
{
    struct strace_record *r = open_call;

    ASSERT(spinlock_held(&the_process.lock));
    if (!r)
        return;
    text_open_tail(&r->text);
    text_str(&r->text, " <unfinished ...>");
    log_text(r->text.bytes, r->text.len);
    r->split = true;
    open_call = NULL;
}

/* Not after the process has ended: its threads are on their way out then. */
static void print_line(struct strace_record *r)
{
    spinlock_acquire(&the_process.lock);
    if (strace_on()) {
        set_aside();
        log_text(r->text.bytes, r->text.len);
    }
    spinlock_release(&the_process.lock);
}

/* --- calls ------------------------------------------------------------------------------- */

/* What a call gives: a kind of result, or 0. */
static unsigned result_kind(const struct syscall *sc)
{
    for (unsigned i = 0; sc && i < ARRAY_LEN(sc->kinds); i++) {
        if (sc->kinds[i] >= A_KINDS)
            return sc->kinds[i];
    }
    return 0;
}

static bool has_arg(const struct syscall *sc, unsigned i)
{
    return i < SYSCALL_ARGS && sc->kinds[i] != A_NONE && sc->kinds[i] < A_KINDS;
}

/* Append argument i, and before it a comma unless the argument says nothing. */
static void append_arg(struct text *t, const struct strace_call *c, unsigned i, bool comma)
{
    size_t before = t->len;
    text_str(t, comma ? ", " : "");
    size_t after = t->len;
    strace_arg(t, c, i);
    if (t->len == after)
        t->len = before;
}

/* Append the arguments from r->next on. Before the call is over the first one that it fills is not
 * printed, nor what follows. */
static void append_args(struct strace_record *r)
{
    unsigned first = r->next;

    for (; has_arg(r->call.sc, r->next); r->next++) {
        if (!r->call.over && strace_is_late(&r->call, r->next)) {
            text_str(&r->text, r->next ? ", " : "");
            return;
        }
        append_arg(&r->text, &r->call, r->next, r->next > first);
    }
}

/* A call that does not exist has no name and no prototype. */
static void append_unknown(struct text *t, const struct strace_call *c)
{
    text_printf(t, "syscall_%#lx(", (unsigned long)c->nr);
    for (unsigned i = 0; i < SYSCALL_ARGS; i++)
        text_printf(t, "%s%#lx", i ? ", " : "", (unsigned long)c->a[i]);
}

/* A number that the call may change is noted. */
static void note_before(struct strace_call *c)
{
    for (unsigned i = 0; has_arg(c->sc, i); i++) {
        bool   length = c->sc->kinds[i] == A_SOCKLEN;
        size_t size = length ? sizeof(uint32_t) : sizeof(uint64_t);
        if ((length || c->sc->kinds[i] == A_INOUT_SIZE) && c->a[i])
            (void)uaccess_read(&c->before, c->a[i], size); /* if not, the call fails */
    }
}

static void begin_call(struct strace_record *r)
{
    struct strace_call *c = &r->call;

    begin_line(r);
    r->next = 0;
    if (!c->sc) {
        append_unknown(&r->text, c);
        return;
    }
    note_before(c);
    text_printf(&r->text, "%s(", c->sc->name);
    append_args(r);
}

static void open_up(struct strace_record *r)
{
    spinlock_acquire(&the_process.lock);
    set_aside();
    open_call = r;
    r->running = true;
    r->split = false;
    spinlock_release(&the_process.lock);
}

void strace_enter(const struct syscall *sc, uint64_t nr, const uint64_t *a)
{
    struct strace_record *r = is_chosen(nr) ? record_self() : NULL;
    if (!r)
        return;
    r->call = (struct strace_call){.nr = nr, .sc = sc, .last = r->call.sc};
    memcpy(r->call.a, a, sizeof(r->call.a));
    begin_call(r);
    if (result_kind(sc) != R_NEVER) {
        open_up(r);
        return;
    }
    text_open_tail(&r->text);
    text_str(&r->text, ") = ?");
    print_line(r);
}

/* Whether r's call is running, which it no longer is then; its line from now on is r's own business. */
static bool take_back(struct strace_record *r)
{
    spinlock_acquire(&the_process.lock);
    bool running = r->running;
    r->running = false;
    if (open_call == r)
        open_call = NULL;
    spinlock_release(&the_process.lock);
    return running;
}

void strace_leave(int64_t result)
{
    struct strace_record *r = uthread_self()->strace;
    if (!r || !take_back(r))
        return;
    r->call.over = true;
    r->call.result = result;
    if (r->split) {
        begin_line(r);
        text_printf(&r->text, "<... %s resumed>", r->call.sc ? r->call.sc->name : "syscall");
    }
    if (r->call.sc)
        append_args(r);
    text_open_tail(&r->text);
    text_str(&r->text, ")");
    strace_result(&r->text, &r->call, result_kind(r->call.sc));
    print_line(r);
}

/* --- signals ----------------------------------------------------------------------------- */

void strace_signal(int sig, const struct signal_info *info)
{
    struct strace_record *r = sig == SIGKILL ? NULL : record_self();
    struct abi_siginfo    image;
    if (!r)
        return;
    siginfo_fill(&image, sig, info);
    begin_line(r);
    text_str(&r->text, "--- ");
    text_signal(&r->text, sig);
    text_str(&r->text, " ");
    strace_siginfo(&r->text, &image);
    text_str(&r->text, " ---");
    print_line(r);
}

/* --- beginning and end ------------------------------------------------------------------- */

static void append_strings(struct text *t, const struct strlist *list)
{
    const char *s = list->bytes;

    for (unsigned i = 0; i < list->count; i++, s = strlist_next(s)) {
        if (i == STRACE_SHOWN) {
            text_str(t, ", ...");
            return;
        }
        size_t len = strlen(s);
        text_str(t, i ? ", \"" : "\"");
        text_escaped(t, s, size_min(len, STRACE_SHOWN), -1);
        text_str(t, len > STRACE_SHOWN ? "\"..." : "\"");
    }
}

void strace_exec(const char *path, const struct strlist *args, const struct strlist *env)
{
    struct text *t = strace_on() && is_chosen(NR_EXECVE) ? kmalloc(sizeof(*t)) : NULL;
    if (!t)
        return;
    text_clear(t);
    text_printf(t, "strace %u execve(\"", PROCESS_PID);
    text_escaped(t, path, strlen(path), -1);
    text_str(t, "\", [");
    append_strings(t, args);
    text_printf(t, "], [/* %u var%s */]", env->count, env->count == 1 ? "" : "s");
    text_open_tail(t);
    text_str(t, ") = 0");
    log_text(t->bytes, t->len);
    kfree(t);
}

void strace_thread_exit(int status)
{
    if (!strace_on())
        return;
    spinlock_acquire(&the_process.lock);
    set_aside();
    log_error("strace %u +++ exited with %d +++", uthread_self()->tid, status & 0xff);
    spinlock_release(&the_process.lock);
}

/* The threads of a process that ends, and the calls that they were in. how: what follows +++. */
static void all_end(const char *how, const char *what)
{
    struct uthread *ut;

    if (!strace_on())
        return;
    spinlock_acquire(&the_process.lock);
    set_aside();
    LIST_FOREACH(ut, &the_process.threads, link) {
        const struct strace_record *r = ut->strace;
        if (r && r->running)
            log_error("strace %u <... %s resumed>) = ?", ut->tid,
                      r->call.sc ? r->call.sc->name : "syscall");
        log_error("strace %u +++ %s %s +++", ut->tid, how, what);
    }
    trace_enabled &= ~(1u << TRACE_CLASS_syscall);
    spinlock_release(&the_process.lock);
}

void strace_exit(int status)
{
    char number[8];
    fmt_snprintf(number, sizeof(number), "%d", status & 0xff);
    all_end("exited with", number);
}

void strace_killed(int sig)
{
    all_end("killed by", report_signal_name(sig));
}

void strace_forget(struct uthread *ut)
{
    kfree(ut->strace);
    ut->strace = NULL;
}
