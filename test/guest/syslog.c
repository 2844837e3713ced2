/* SPDX-License-Identifier: Apache-2.0 */
/* syslog.c - the kernel's log: syslog(2) and /dev/kmsg. What the kernel itself says is never shown: each part begins
 * behind it. */
#include "abi.h"
#include "asleep.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>

enum { CLOSE, OPEN, READ, READ_ALL, READ_CLEAR, CLEAR, OFF, ON, LEVEL, SIZE_UNREAD, SIZE_BUFFER };

static char text[1 << 18];

static long logger(int type, void *buf, long len)
{
    return syscall(SYS_syslog, type, buf, len);
}

static void say(const char *line)
{
    int fd = open("/dev/kmsg", O_WRONLY);
    if (write(fd, line, strlen(line)) < 0)
        puts("nothing said");
    close(fd);
}

/* The lines in text[0, n), their times replaced. */
static void show_lines(long n)
{
    text[n > 0 ? n : 0] = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        char *time = strchr(line, '['), *end = time ? strchr(time, ']') : NULL;
        printf("  %.*s[%zu%s\n", time ? (int)(time - line) : 0, line,
               end ? (size_t)(end - time) : 0, end ? end : line);
    }
}

static void read_up(void)
{
    while (logger(SIZE_UNREAD, NULL, 0) > 0 && logger(READ, text, sizeof(text)) > 0)
        ;
}

static void errors(void)
{
    CLAIM("an action that there is not gives EINVAL");
    SHOW(logger(-1, text, 1));
    SHOW(logger(11, text, 1));
    CLAIM("reading wants a buffer and a length");
    SHOW(logger(READ, NULL, 1));
    SHOW(logger(READ_ALL, NULL, 0));
    SHOW(logger(READ_CLEAR, text, -1));
    SHOW(logger(READ, text, 0));
    SHOW(logger(READ_ALL, text, 0));
    SHOW(logger(READ_ALL, pointer(KERNEL), 1));
    CLAIM("what is shown on the console has levels from 1 to 8");
    SHOW(logger(LEVEL, NULL, 0));
    SHOW(logger(LEVEL, NULL, 9));
    SHOW(logger(LEVEL, NULL, 1));
    CLAIM("opening, closing, turning the console off and on do nothing that can be seen");
    SHOW(logger(OPEN, NULL, 0));
    SHOW(logger(CLOSE, NULL, 0));
    SHOW(logger(OFF, NULL, 0));
    SHOW(logger(ON, NULL, 0));
    SHOW(logger(LEVEL, NULL, 1));
    CLAIM("the kernel has a buffer, and something to say");
    SHOW(logger(SIZE_BUFFER, NULL, 0) > 4096);
    SHOW(logger(READ_ALL, text, sizeof(text)) > 0);
    SHOW(text[0] == '<');
}

static void all(void)
{
    CLAIM("after it was cleared there is nothing to read at once");
    SHOW(logger(CLEAR, NULL, 0));
    SHOW(logger(READ_ALL, text, sizeof(text)));
    CLAIM("what is written to /dev/kmsg can be read, each line with priority and time");
    say("<7>first\n");
    say("<6>second\n");
    say("third, without a priority\n");
    say("<30>fourth, of a daemon\n");
    say("<x>fifth\n");
    show_lines(logger(READ_ALL, text, sizeof(text)));
    CLAIM("as many of the last lines as fit are read");
    show_lines(logger(READ_ALL, text, 28));
    show_lines(logger(READ_ALL, text, 27));
    show_lines(logger(READ_ALL, text, 28 + 39));
    CLAIM("READ_CLEAR clears, too");
    SHOW(logger(READ_CLEAR, text, sizeof(text)) > 0);
    SHOW(logger(READ_ALL, text, sizeof(text)));
    say("<7>more\n");
    SHOW_POINTERS(logger(READ_ALL, p, PAGE));
}

static void reading(void)
{
    read_up();
    CLAIM("who has read everything has nothing unread");
    SHOW(logger(SIZE_UNREAD, NULL, 0));
    CLAIM("one line can be read in pieces");
    say("<7>one\n");
    say("<7>two\n");
    say("<7>three\n");
    SHOW(logger(SIZE_UNREAD, NULL, 0));
    SHOW(logger(READ, text, 5));
    SHOW(logger(SIZE_UNREAD, NULL, 0));
    SHOW(logger(READ, text, 18));
    printf("%.5s\n", text + 13);
    CLAIM("of several lines only those come that fit whole");
    SHOW(logger(READ, text, 30));
    SHOW(logger(SIZE_UNREAD, NULL, 0));
    CLAIM("clearing takes nothing away from who reads");
    SHOW(logger(CLEAR, NULL, 0));
    show_lines(logger(READ, text, sizeof(text)));
    CLAIM("who waits for a line is interrupted");
    interrupt_soon(0, do_nothing);
    SHOW(logger(READ, text, sizeof(text)));
    interrupt_end();
}

static void show_record(int fd, size_t size)
{
    long n = read(fd, text, size);
    text[n > 0 ? n : 0] = 0;
    char *rest = strchr(text, ';');
    printf("%s %.*s %s", n < 0 ? strerrorname_np(errno) : "record", (int)strcspn(text, ","), text,
           rest ? rest : "\n");
}

static void device(void)
{
    int           fd = open("/dev/kmsg", O_RDWR | O_NONBLOCK);
    struct pollfd p = {fd, POLLIN | POLLOUT, 0};

    CLAIM("/dev/kmsg begins with what is oldest, and goes to its end by seeking");
    SHOW(read(fd, text, sizeof(text)) > 0);
    SHOW(lseek(fd, 0, SEEK_END));
    show_record(fd, sizeof(text));
    SHOW(poll(&p, 1, 0));
    CLAIM("each read gives one record");
    SHOW(write(fd, "<7>one\n", 7));
    SHOW(write(fd, "<15>two\n", 8));
    SHOW(poll(&p, 1, 0));
    SHOW(p.revents == POLLIN);
    show_record(fd, sizeof(text));
    show_record(fd, sizeof(text));
    show_record(fd, sizeof(text));
    CLAIM("a record that does not fit gives EINVAL and is gone");
    SHOW(write(fd, "<7>three\n", 9));
    show_record(fd, 10);
    show_record(fd, sizeof(text));
    CLAIM("what cannot be printed is told in hexadecimal digits");
    SHOW(write(fd, "<7>a\tb\\c\x7f\xc3\xa4 d\n", 14));
    show_record(fd, sizeof(text));
    CLAIM("seeking finds what came since the log was cleared");
    SHOW(logger(CLEAR, NULL, 0));
    SHOW(write(fd, "<7>clear\n", 9));
    SHOW(lseek(fd, 0, SEEK_DATA));
    show_record(fd, sizeof(text));
    CLAIM("and nothing else");
    SHOW(lseek(fd, 1, SEEK_SET));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(write(fd, text, 1025));
    SHOW(write(fd, pointer(NO_ACCESS), 5));
    close(fd);
    CLAIM("who waits for a record is interrupted");
    fd = open("/dev/kmsg", O_RDONLY);
    lseek(fd, 0, SEEK_END);
    interrupt_soon(0, do_nothing);
    SHOW(read(fd, text, sizeof(text)));
    interrupt_end();
    close(fd);
}

static void *say_when_main_sleeps(void *line)
{
    until_asleep(getpid());
    say(line);
    return NULL;
}

static pthread_t say_later(const char *line)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, say_when_main_sleeps, (void *)line))
        puts("no thread");
    return thread;
}

static void waiting(void)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    int                fd = open("/dev/kmsg", O_RDONLY), ep = epoll_create1(0);
    struct pollfd      p = {.fd = fd, .events = POLLIN};
    pthread_t          thread;

    lseek(fd, 0, SEEK_END);
    CLAIM("who waits for a record gets the next one");
    thread = say_later("<5>for a reader\n");
    show_record(fd, sizeof(text));
    pthread_join(thread, NULL);
    CLAIM("who polls is told of it");
    thread = say_later("<5>for poll\n");
    SHOW(poll(&p, 1, -1));
    SHOW(p.revents);
    pthread_join(thread, NULL);
    show_record(fd, sizeof(text));
    CLAIM("who waits by epoll is told of each");
    SHOW(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event));
    for (int i = 0; i < 2; i++) {
        thread = say_later("<5>for epoll\n");
        SHOW(epoll_wait(ep, &event, 1, -1));
        SHOW(event.events);
        pthread_join(thread, NULL);
        show_record(fd, sizeof(text));
    }
    CLAIM("who reads by syslog gets it");
    read_up();
    thread = say_later("<5>for syslog\n");
    show_lines(logger(READ, text, sizeof(text)));
    pthread_join(thread, NULL);
    close(ep);
    close(fd);
}

static void ordinary(void)
{
    SHOW(syscall(SYS_setresuid, -1, 1000, -1));
    CLAIM("an ordinary user may do nothing of it");
    for (int type = CLOSE; type <= SIZE_BUFFER + 1; type++)
        SHOW(logger(type, text, sizeof(text)));
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 1000);
    logger(LEVEL, NULL, 1);
    errors();
    all();
    reading();
    device();
    waiting();
    ordinary();
    return 0;
}
