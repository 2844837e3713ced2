/* SPDX-License-Identifier: Apache-2.0 */
/* test_tty.c - the terminal: the line discipline by itself, then the files over it. */
/* sources: src/fs/ldisc.c src/fs/tty.c src/fs/iobuf.c src/kernel/pollq.c
 *          test/host/sim_kernel.c test/host/sim_user.c src/kernel/frame.c src/kernel/frame_blocks.c src/kernel/frame_stock.c src/kernel/frame_window.c */
/* flags: -pthread */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fs/ldisc.h"
#include "fs/tty.h"
#include "kernel/console.h"
#include "kernel/pollq.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "lib/errno.h"
#include "sim_kernel.h"
#include "sim_user.h"

/* --- the line discipline ------------------------------------------------------------------------------ */

static struct ldisc      ld;
static char              screen[65536]; /* what was echoed or printed */
static size_t            nscreen;
static enum ldisc_signal last_signal;

static int fresh(void **state)
{
    (void)state;
    ldisc_init(&ld);
    nscreen = 0;
    last_signal = LDISC_NONE;
    return 0;
}

static void show(const struct ldisc_out *out)
{
    assert_true(out->len <= LDISC_OUT_MAX);
    memcpy(screen + nscreen, out->bytes, out->len);
    nscreen += out->len;
}

static void type_bytes(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned calls = 0;
        bool     again;
        do {
            struct ldisc_out  out = {.len = 0};
            enum ldisc_signal sig;
            again = ldisc_input(&ld, (uint8_t)bytes[i], &out, &sig);
            show(&out);
            if (sig)
                last_signal = sig;
            assert_true(calls++ < 5000);
        } while (again);
    }
}

static void type(const char *text)
{
    type_bytes(text, strlen(text));
}

static void print(const char *text)
{
    size_t len = strlen(text);

    while (len) {
        struct ldisc_out out = {.len = 0};
        size_t           n = ldisc_output(&ld, text, len, &out);
        show(&out);
        text += n;
        len -= n;
    }
}

static void assert_screen(const char *expected)
{
    screen[nscreen] = 0;
    assert_string_equal(screen, expected);
    nscreen = 0;
}

/* The next read of at most len bytes gives this. */
static void assert_read(size_t len, const char *expected, bool ends)
{
    char   buf[LDISC_SIZE + 1];
    bool   done;
    size_t n = ldisc_read(&ld, buf, len, &done);

    buf[n] = 0;
    assert_string_equal(buf, expected);
    assert_int_equal(done, ends);
}

static void lflag(uint32_t clear, uint32_t set)
{
    struct tty_termios t = ld.termios;
    t.lflag = (t.lflag & ~clear) | set;
    ldisc_set(&ld, &t);
}

static void a_line_can_be_read_once_it_is_finished(void **state)
{
    (void)state;
    type("hello");
    assert_false(ldisc_readable(&ld));
    assert_int_equal(ldisc_available(&ld), 0);
    type("\r");
    assert_screen("hello\r\n");
    assert_int_equal(ldisc_available(&ld), 6);
    assert_read(100, "hello\n", true);
    assert_false(ldisc_readable(&ld));
}

static void a_read_gets_one_line_and_a_short_one_leaves_the_rest(void **state)
{
    (void)state;
    type("one\ntwo\n");
    assert_int_equal(ldisc_available(&ld), 8);
    assert_read(2, "on", false);
    assert_read(2, "e\n", true);
    assert_read(100, "two\n", true);
}

static void erase_takes_back_what_was_typed_and_no_more(void **state)
{
    (void)state;
    type("ab\x7f"
         "c\x7f\x7f\x7f\x7fx\n");
    assert_screen("ab\b \bc\b \b\b \bx\r\n");
    assert_read(100, "x\n", true);
    type("line\n\x7f\x7f");
    assert_read(100, "line\n", true);
}

static void erasing_control_characters_tabs_and_utf8_matches_their_width(void **state)
{
    struct tty_termios t = ld.termios;
    (void)state;

    type("\x01\x7f");
    assert_screen("^A\b \b\b \b");
    type("a\tb\x7f\x7f");
    assert_screen("a\tb\b \b\b\b\b\b\b\b\b");
    type("\x15");
    nscreen = 0;
    t.iflag |= IUTF8;
    ldisc_set(&ld, &t);
    type("\xc3\xa4\x7f\n");
    assert_screen("\xc3\xa4\b \b\r\n");
    assert_read(10, "\n", true);
}

static void a_tab_after_a_prompt_is_erased_by_its_width_there(void **state)
{
    (void)state;
    print("> ");
    type("ab\t\x7f");
    assert_screen("> ab\t\b\b\b\b");
}

static void kill_erases_the_line_however_long(void **state)
{
    char expected[3 * 3000 + 1] = "";
    (void)state;

    for (unsigned i = 0; i < 3000; i++)
        type("z");
    nscreen = 0;
    type("\x15");
    for (unsigned i = 0; i < 3000; i++)
        memcpy(expected + 3 * i, "\b \b", 4);
    assert_screen(expected);
    type("x\n");
    assert_read(100, "x\n", true);
}

static void word_erase_takes_blanks_and_the_word_before_them(void **state)
{
    (void)state;
    type("first second_2  \x17");
    type("X\n");
    assert_read(100, "first X\n", true);
    type("a_word_of_more_characters_than_fit_into_one_buffer_of_echo\x17\x17y\n");
    assert_read(100, "y\n", true);
}

static void ctrl_d_ends_the_file_or_passes_the_line_on(void **state)
{
    (void)state;
    type("\x04");
    assert_true(ldisc_readable(&ld));
    assert_int_equal(ldisc_available(&ld), 0);
    assert_read(100, "", true);
    assert_false(ldisc_readable(&ld));
    type("part\x04");
    assert_int_equal(ldisc_available(&ld), 4);
    assert_read(100, "part", true);
    type("four\x04");
    assert_read(4, "four", true); /* a read that takes just the line takes the end of it too */
    assert_false(ldisc_readable(&ld));
}

static void a_literal_next_is_not_acted_on(void **state)
{
    (void)state;
    type("\x16\x03\x16\x7f\n");
    assert_screen("^\b^C^\b^?\r\n");
    assert_int_equal(last_signal, LDISC_NONE);
    assert_read(100, "\x03\x7f\n", true);
}

static void signals_are_told_and_flush_the_line(void **state)
{
    (void)state;
    type("abc\x03");
    assert_int_equal(last_signal, LDISC_INTR);
    assert_screen("abc^C");
    type("\n");
    assert_read(100, "\n", true);
    type("\x1c");
    assert_int_equal(last_signal, LDISC_QUIT);
    type("\x1a");
    assert_int_equal(last_signal, LDISC_SUSP);
    lflag(0, NOFLSH);
    type("kept\x03\n");
    assert_read(100, "kept\n", true);
    lflag(ISIG, 0);
    last_signal = LDISC_NONE;
    type("\x03\n");
    assert_int_equal(last_signal, LDISC_NONE);
    assert_read(100, "\x03\n", true);
}

static void without_echo_only_asked_for_newlines_are_shown(void **state)
{
    (void)state;
    lflag(ECHO, 0);
    type("secret\x7f\n");
    assert_screen("");
    lflag(0, ECHONL);
    type("x\n");
    assert_screen("\r\n");
}

static void raw_mode_passes_each_byte_at_once(void **state)
{
    (void)state;
    lflag(ICANON | ECHO | ISIG, 0);
    type("a\x04\x7f\x03");
    assert_int_equal(ldisc_available(&ld), 4);
    assert_read(100, "a\x04\x7f\x03", true);
    assert_screen("");
}

static void changing_the_mode_loses_nothing(void **state)
{
    (void)state;
    type("typed");
    lflag(ICANON, 0);
    assert_read(2, "ty", false);
    lflag(0, ICANON);
    assert_read(100, "ped", true);
}

static void newlines_and_returns_are_translated_as_set(void **state)
{
    struct tty_termios t = ld.termios;
    (void)state;

    t.iflag = IGNCR;
    ldisc_set(&ld, &t);
    type("a\r\n");
    assert_read(100, "a\n", true);
    t.iflag = INLCR;
    t.lflag &= ~ICANON;
    ldisc_set(&ld, &t);
    type("\n");
    assert_read(100, "\r", true);
}

static void output_is_processed_only_if_asked_for(void **state)
{
    struct tty_termios t = ld.termios;
    (void)state;

    print("a\nb\tc\r");
    assert_screen("a\r\nb\tc\r");
    t.oflag = 0;
    ldisc_set(&ld, &t);
    print("a\n\t");
    assert_screen("a\n\t");
    t.oflag = OPOST | XTABS | OCRNL;
    ldisc_set(&ld, &t);
    ld.column = 0;
    print("abc\td\r");
    assert_screen("abc     d\n");
}

static void a_full_buffer_rings_and_can_still_be_ended_and_read(void **state)
{
    char buf[LDISC_SIZE + 10];
    bool done;
    (void)state;

    for (unsigned i = 0; i < LDISC_SIZE + 100; i++)
        type("f");
    assert_int_equal(screen[nscreen - 1], '\a');
    type("\n");
    assert_int_equal(ldisc_read(&ld, buf, sizeof(buf), &done), LDISC_SIZE);
    assert_int_equal(buf[LDISC_SIZE - 1], '\n');
    type("again\n");
    assert_read(100, "again\n", true);
}

/* Any bytes, any settings: the sanitizers watch, and what was finished can be read to its end. */
static void random_typing_never_confuses_it(void **state)
{
    uint32_t seed = 1;
    (void)state;

    for (unsigned i = 0; i < 60000; i++) {
        seed = seed * 1664525 + 1013904223;
        char c = (char)(seed >> 24);
        if (seed >> 8 & 1)
            c &= 0x1f;
        type_bytes(&c, 1);
        nscreen = 0;
        assert_true(ld.end - ld.read <= LDISC_SIZE);
        assert_true(ld.line - ld.read <= ld.end - ld.read);
        if ((seed >> 12 & 0x1ff) == 0)
            lflag(seed & (ICANON | ECHO | ECHOE | ECHOKE), (seed >> 4) & (ICANON | ECHO));
        while ((seed >> 10 & 0x3f) == 0 && ldisc_readable(&ld)) {
            char   buf[17];
            bool   done;
            size_t before = ld.read;
            ldisc_read(&ld, buf, sizeof(buf), &done);
            assert_true(ld.read != before);
        }
    }
}

/* --- the files -------------------------------------------------------------------------------------------- */

static pthread_mutex_t out_mutex = PTHREAD_MUTEX_INITIALIZER;
static char            printed[4096];
static size_t          nprinted;
static void (*receive)(const char *bytes, size_t len);
static struct file file = {.ops = &tty_file_ops};

void console_write(const char *bytes, size_t len)
{
    pthread_mutex_lock(&out_mutex);
    memcpy(printed + nprinted, bytes, len);
    nprinted += len;
    pthread_mutex_unlock(&out_mutex);
}

void console_set_input(void (*handler)(const char *bytes, size_t len))
{
    receive = handler;
}

static bool held; /* what the terminal last asked for */

void console_hold_input(bool hold)
{
    assert_true(hold != held);
    held = hold;
}

static void (*thread_entry)(void *arg);

static void *run_thread(void *arg)
{
    thread_entry(arg);
    return NULL;
}

static void start(void *(*fn)(void *), void *arg)
{
    pthread_t t;
    assert_int_equal(pthread_create(&t, NULL, fn, arg), 0);
    pthread_detach(t);
}

struct thread *thread_create(const char *name, void (*entry)(void *), void *arg)
{
    static struct thread t;
    (void)name;
    thread_entry = entry;
    start(run_thread, arg);
    return &t;
}

void waitq_wake_one(struct waitq *q)
{
    waitq_wake_all(q);
}

/* Time stands still, so a deadline is met at once if nothing is there. */
int waitq_sleep_until(struct waitq *q, struct spinlock *lock, uint64_t deadline, bool interruptible)
{
    (void)interruptible;
    if (deadline != WAIT_FOREVER)
        return -ETIMEDOUT;
    waitq_sleep(q, lock);
    return 0;
}

uint64_t time_ns_to_deadline(uint64_t delta_ns)
{
    return delta_ns;
}

static void wait_printed(const char *expected)
{
    bool same = false;

    alarm(60); /* it never comes: the test ends */
    while (!same) {
        pthread_mutex_lock(&out_mutex);
        same = nprinted == strlen(expected) && memcmp(printed, expected, nprinted) == 0;
        if (same)
            nprinted = 0;
        pthread_mutex_unlock(&out_mutex);
        sched_yield();
    }
    alarm(0);
}

static ssize_t tty_read_some(char *buf, size_t len)
{
    struct iobuf iob;

    iobuf_user(&iob, (uintptr_t)buf, len);
    return tty_file_ops.read(&file, &iob, 0);
}

static void *read_into(void *arg)
{
    tty_read_some(arg, 100);
    console_write("[read]", 6);
    return NULL;
}

static unsigned polled;

static bool note_poll(struct pollq_entry *entry, unsigned events)
{
    (void)entry;
    __atomic_or_fetch(&polled, events, __ATOMIC_SEQ_CST);
    return true;
}

static void a_reader_sleeps_until_the_line_is_finished(void **state)
{
    static char buf[100];
    (void)state;

    start(read_into, buf);
    receive("ab", 2);
    wait_printed("ab");
    assert_int_equal(buf[0], 0);
    receive("\n", 1);
    alarm(60);
    while (__atomic_load_n(&nprinted, __ATOMIC_SEQ_CST) != 8)
        sched_yield();
    alarm(0);
    nprinted = 0;
    assert_string_equal(buf, "ab\n");
}

static void nonblocking_reads_say_again_until_there_is_a_line(void **state)
{
    struct pollq_entry entry = {.notify = note_poll};
    struct pollq      *q;
    char               buf[100];
    (void)state;

    file.flags = O_NONBLOCK;
    assert_int_equal(tty_read_some(buf, 100), -EAGAIN);
    assert_int_equal(tty_file_ops.poll(&file, &q), POLLOUT | POLLWRNORM);
    pollq_add(q, &entry);
    polled = 0;
    receive("x\n", 2);
    wait_printed("x\r\n");
    assert_int_equal(polled, POLLIN | POLLRDNORM);
    assert_int_equal(tty_file_ops.poll(&file, NULL), POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM);
    pollq_remove(&entry);
    assert_int_equal(tty_read_some(buf, 100), 2);
    assert_int_equal(tty_read_some(buf, 100), -EAGAIN);
    file.flags = 0;
}

static void writes_are_processed_whatever_their_length(void **state)
{
    static char  text[1000], expected[2001];
    struct iobuf iob;
    (void)state;

    memset(text, '\n', sizeof(text));
    for (size_t i = 0; i < 1000; i++)
        memcpy(expected + 2 * i, "\r\n", 3);
    iobuf_user(&iob, (uintptr_t)text, sizeof(text));
    assert_int_equal(tty_file_ops.write(&file, &iob, 0), 1000);
    wait_printed(expected);
}

static void settings_are_read_back_as_written(void **state)
{
    struct tty_termios t, back;
    struct tty_winsize size;
    uint32_t           n = 9;
    (void)state;

    assert_int_equal(tty_file_ops.ioctl(&file, TCGETS, (uintptr_t)&t), 0);
    assert_true(t.lflag & ICANON);
    assert_int_equal(t.cc[VEOF], 4);
    assert_int_equal(tty_file_ops.ioctl(&file, TIOCGWINSZ, (uintptr_t)&size), 0);
    assert_int_equal(size.rows, 24);
    assert_int_equal(size.cols, 80);
    receive("gone\n", 5);
    wait_printed("gone\r\n");
    assert_int_equal(tty_file_ops.ioctl(&file, FIONREAD, (uintptr_t)&n), 0);
    assert_int_equal(n, 5);
    t.lflag &= ~ICANON;
    assert_int_equal(tty_file_ops.ioctl(&file, TCSETSF, (uintptr_t)&t), 0);
    assert_int_equal(tty_file_ops.ioctl(&file, FIONREAD, (uintptr_t)&n), 0);
    assert_int_equal(n, 0);
    assert_int_equal(tty_file_ops.ioctl(&file, TCGETS, (uintptr_t)&back), 0);
    assert_memory_equal(&t, &back, sizeof(t));
    t.lflag |= ICANON;
    assert_int_equal(tty_file_ops.ioctl(&file, TCSETS, (uintptr_t)&t), 0);
    assert_int_equal(tty_file_ops.ioctl(&file, 0x1234, 0), -ENOTTY);
    sim_user_end = 4096;
    assert_int_equal(tty_file_ops.ioctl(&file, TCGETS, 8192), -EFAULT);
    sim_user_end = (vaddr_t)-1;
}

static void raw_reads_heed_vmin_and_vtime(void **state)
{
    struct tty_termios t, saved;
    char               buf[100];
    (void)state;

    assert_int_equal(tty_file_ops.ioctl(&file, TCGETS, (uintptr_t)&saved), 0);
    t = saved;
    t.lflag &= ~ICANON;
    t.cc[VMIN] = 0;
    tty_file_ops.ioctl(&file, TCSETS, (uintptr_t)&t);
    assert_int_equal(tty_read_some(buf, 100), 0);
    t.cc[VTIME] = 1;
    tty_file_ops.ioctl(&file, TCSETS, (uintptr_t)&t);
    assert_int_equal(tty_read_some(buf, 100), 0);
    receive("ab", 2);
    wait_printed("ab");
    assert_int_equal(tty_read_some(buf, 100), 2);
    t.cc[VMIN] = 3;
    t.cc[VTIME] = 0;
    tty_file_ops.ioctl(&file, TCSETS, (uintptr_t)&t);
    receive("cd", 2);
    wait_printed("cd");
    assert_int_equal(tty_file_ops.poll(&file, NULL) & POLLIN, 0);
    receive("e", 1);
    wait_printed("e");
    assert_int_equal(tty_read_some(buf, 100), 3);
    tty_file_ops.ioctl(&file, TCSETS, (uintptr_t)&saved);
}

static enum ldisc_signal raised;

static void note_signal(enum ldisc_signal sig)
{
    raised = sig;
}

static void a_signal_reaches_who_asked_for_it(void **state)
{
    (void)state;
    tty_set_signal(note_signal);
    receive("\x03", 1);
    alarm(60);
    while (__atomic_load_n(&raised, __ATOMIC_SEQ_CST) != LDISC_INTR)
        sched_yield();
    alarm(0);
    wait_printed("^C");
    tty_set_signal(NULL);
}

static int start_tty(void **state)
{
    (void)state;
    sim_ram(16);
    return tty_init();
}

#define T(f) cmocka_unit_test_setup(f, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_line_can_be_read_once_it_is_finished),
        T(a_read_gets_one_line_and_a_short_one_leaves_the_rest),
        T(erase_takes_back_what_was_typed_and_no_more),
        T(erasing_control_characters_tabs_and_utf8_matches_their_width),
        T(a_tab_after_a_prompt_is_erased_by_its_width_there),
        T(kill_erases_the_line_however_long),
        T(word_erase_takes_blanks_and_the_word_before_them),
        T(ctrl_d_ends_the_file_or_passes_the_line_on),
        T(a_literal_next_is_not_acted_on),
        T(signals_are_told_and_flush_the_line),
        T(without_echo_only_asked_for_newlines_are_shown),
        T(raw_mode_passes_each_byte_at_once),
        T(changing_the_mode_loses_nothing),
        T(newlines_and_returns_are_translated_as_set),
        T(output_is_processed_only_if_asked_for),
        T(a_full_buffer_rings_and_can_still_be_ended_and_read),
        T(random_typing_never_confuses_it),
        cmocka_unit_test(a_reader_sleeps_until_the_line_is_finished),
        cmocka_unit_test(nonblocking_reads_say_again_until_there_is_a_line),
        cmocka_unit_test(writes_are_processed_whatever_their_length),
        cmocka_unit_test(settings_are_read_back_as_written),
        cmocka_unit_test(raw_reads_heed_vmin_and_vtime),
        cmocka_unit_test(a_signal_reaches_who_asked_for_it),
    };
    return cmocka_run_group_tests(tests, start_tty, NULL);
}
