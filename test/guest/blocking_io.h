/* SPDX-License-Identifier: Apache-2.0 */
/* blocking_io.h - calls on descriptors that wait for data, for room, for a peer, for a lock. */
#ifndef TEST_GUEST_BLOCKING_IO_H
#define TEST_GUEST_BLOCKING_IO_H

#include "blocking.h"

#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>

static int          p[2], q[2], fd, peer;
static char         room[1 << 16];
static struct iovec whole_room = {room, sizeof(room)};

/* --- pipes ------------------------------------------------------------------------------------ */

static void empty_pipe(void)
{
    (void)!pipe(p);
}

static void fill(int to)
{
    int flags = fcntl(to, F_GETFL);
    fcntl(to, F_SETFL, flags | O_NONBLOCK);
    while (write(to, room, 4096) > 0)
        ;
    fcntl(to, F_SETFL, flags);
}

static void full_pipe(void)
{
    (void)!pipe(p);
    fill(p[1]);
}

static void nearly_full_pipe(void)
{
    full_pipe();
    (void)!read(p[0], room, 4096);
}

static void write_a_byte(void)
{
    (void)!write(p[1], "x", 1);
}

static void empty_it(void)
{
    (void)!read(p[0], room, sizeof(room));
}

static long read_pipe(void)
{
    return read(p[0], room, 8);
}

static long readv_pipe(void)
{
    return readv(p[0], &whole_room, 1);
}

static long write_pipe(void)
{
    return write(p[1], "abc", 3);
}

static long write_two_pages(void)
{
    return write(p[1], room, 8192);
}

static long writev_pipe(void)
{
    struct iovec v[2] = {{room, 2}, {room, 3}};
    return writev(p[1], v, 2);
}

static long vmsplice_pipe(void)
{
    struct iovec v = {room, 5};
    return vmsplice(p[1], &v, 1, 0);
}

static void pipe_to_pipe(void)
{
    (void)!pipe(p);
    (void)!pipe(q);
}

static void pipe_to_full_pipe(void)
{
    full_pipe();
    (void)!pipe(q);
    (void)!write(q[1], "abcd", 4);
}

static long splice_from_empty(void)
{
    return splice(p[0], NULL, q[1], NULL, 100, 0);
}

static long splice_to_full(void)
{
    return splice(q[0], NULL, p[1], NULL, 100, 0);
}

static long tee_from_empty(void)
{
    return tee(p[0], q[1], 100, 0);
}

static long tee_to_full(void)
{
    return tee(q[0], p[1], 100, 0);
}

static void file_to_full_pipe(void)
{
    full_pipe();
    fd = open("/tmp/data", O_RDWR | O_CREAT | O_TRUNC, 0600);
    (void)!write(fd, "0123456789", 10);
    lseek(fd, 0, SEEK_SET);
}

static long sendfile_to_full(void)
{
    return sendfile(p[1], fd, NULL, 10);
}

static long splice_file_to_full(void)
{
    return splice(fd, NULL, p[1], NULL, 10, 0);
}

/* --- fifos ------------------------------------------------------------------------------------ */

static void new_fifo(void)
{
    unlink("/tmp/fifo");
    mkfifo("/tmp/fifo", 0600);
}

static long open_to_read(void)
{
    return open("/tmp/fifo", O_RDONLY) < 0 ? -1 : 0;
}

static long open_to_write(void)
{
    return open("/tmp/fifo", O_WRONLY) < 0 ? -1 : 0;
}

static void open_both_ways(void)
{
    fd = open("/tmp/fifo", O_RDWR);
}

static void empty_fifo(void)
{
    new_fifo();
    fd = open("/tmp/fifo", O_RDWR);
}

static long read_fd(void)
{
    return read(fd, room, 1000);
}

static void write_fd(void)
{
    (void)!write(fd, "xyz", 3);
}

/* --- descriptors that count and tell ---------------------------------------------------------- */

static void new_eventfd(void)
{
    fd = eventfd(0, 0);
}

static void full_eventfd(void)
{
    fd = eventfd(0, 0);
    (void)!write(fd, &(uint64_t){UINT64_MAX - 1}, 8);
}

static long read_eight(void)
{
    return read(fd, room, 8);
}

static long write_one(void)
{
    return write(fd, &(uint64_t){1}, 8);
}

static void count_one(void)
{
    write_one();
}

static void count_none(void)
{
    (void)!read(fd, &(uint64_t){0}, 8);
}

static void new_timerfd(void)
{
    fd = timerfd_create(CLOCK_MONOTONIC, 0);
}

static void expire(void)
{
    timerfd_settime(fd, 0, &(struct itimerspec){.it_value.tv_nsec = 1}, NULL);
}

static void new_signalfd(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, TAKEN_SIGNAL);
    fd = signalfd(-1, &set, 0);
}

static void new_inotify(void)
{
    unlink("/tmp/watched/new");
    mkdir("/tmp/watched", 0700);
    fd = inotify_init1(0);
    inotify_add_watch(fd, "/tmp/watched", IN_CREATE);
}

static void make_a_file(void)
{
    int new = open("/tmp/watched/new", O_CREAT | O_WRONLY, 0600);
    close(new);
}

static long read_terminal(void)
{
    return read(0, room, 100);
}

/* --- locks ------------------------------------------------------------------------------------ */

static void locked_file(void)
{
    unlink("/tmp/lock");
    fd = open("/tmp/lock", O_RDWR | O_CREAT, 0600);
    peer = open("/tmp/lock", O_RDWR);
    flock(peer, LOCK_EX);
}

static long lock_shared(void)
{
    return flock(fd, LOCK_SH);
}

static long lock_exclusive(void)
{
    return flock(fd, LOCK_EX);
}

static void unlock(void)
{
    flock(peer, LOCK_UN);
}

static void locked_range(void)
{
    struct flock l = {.l_type = F_WRLCK, .l_start = 10, .l_len = 10};
    unlink("/tmp/range");
    fd = open("/tmp/range", O_RDWR | O_CREAT, 0600);
    peer = open("/tmp/range", O_RDWR);
    fcntl(peer, F_OFD_SETLK, &l);
}

static long lock_range(void)
{
    struct flock l = {.l_type = F_RDLCK, .l_start = 0, .l_len = 100};
    return fcntl(fd, F_OFD_SETLKW, &l);
}

static void unlock_range(void)
{
    struct flock l = {.l_type = F_UNLCK, .l_start = 10, .l_len = 10};
    fcntl(peer, F_OFD_SETLK, &l);
}

/* --- sockets ---------------------------------------------------------------------------------- */

static void two_streams(void)
{
    socketpair(AF_UNIX, SOCK_STREAM, 0, p);
}

static void two_datagrams(void)
{
    socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
}

static void two_packets(void)
{
    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, p);
}

static void streams_with_timeout(void)
{
    struct timeval tv = {1000, 0};
    two_streams();
    setsockopt(p[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
}

static void full_stream(void)
{
    two_streams();
    fill(p[1]);
}

static void full_stream_with_timeout(void)
{
    struct timeval tv = {1000, 0};
    full_stream();
    setsockopt(p[1], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

static void full_datagrams(void)
{
    two_datagrams();
    fill(p[1]);
}

static void empty_socket(void)
{
    while (recv(p[0], room, sizeof(room), MSG_DONTWAIT) > 0)
        ;
}

static long receive(void)
{
    return recvfrom(p[0], room, 100, 0, NULL, NULL);
}

static long receive_message(void)
{
    struct msghdr m = {.msg_iov = &whole_room, .msg_iovlen = 1};
    return recvmsg(p[0], &m, 0);
}

static long receive_messages(void)
{
    struct mmsghdr m[2] = {{.msg_hdr = {.msg_iov = &whole_room, .msg_iovlen = 1}},
                           {.msg_hdr = {.msg_iov = &whole_room, .msg_iovlen = 1}}};
    return recvmmsg(p[0], m, 2, MSG_WAITFORONE, NULL);
}

static void stream_with_two_bytes(void)
{
    two_streams();
    (void)!write(p[1], "ab", 2);
}

static long receive_all(void)
{
    return recv(p[0], room, 3, MSG_WAITALL);
}

static long send_three(void)
{
    return send(p[1], room, 3, 0);
}

static long send_message(void)
{
    struct iovec  v = {room, 7};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
    return sendmsg(p[1], &m, 0);
}

static struct sockaddr_un name = {AF_UNIX, "/tmp/socket"};

static void new_listener(void)
{
    unlink(name.sun_path);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    bind(fd, (void *)&name, sizeof(name));
    listen(fd, 0);
}

static void busy_listener(void)
{
    new_listener();
    peer = socket(AF_UNIX, SOCK_STREAM, 0);
    connect(peer, (void *)&name, sizeof(name));
    peer = socket(AF_UNIX, SOCK_STREAM, 0);
}

static void listener_with_timeout(void)
{
    struct timeval tv = {1000, 0};
    new_listener();
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
}

static long accept_one(void)
{
    return accept(fd, NULL, NULL) < 0 ? -1 : 0;
}

static long accept4_one(void)
{
    return accept4(fd, NULL, NULL, SOCK_CLOEXEC) < 0 ? -1 : 0;
}

static void connect_one(void)
{
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    connect(s, (void *)&name, sizeof(name));
}

static long connect_peer(void)
{
    return connect(peer, (void *)&name, sizeof(name));
}

static void take_connection(void)
{
    accept_one();
}

static const struct blocker io_blockers[] = {
    {"read of an empty pipe", empty_pipe, read_pipe, write_a_byte},
    {"readv of an empty pipe", empty_pipe, readv_pipe, write_a_byte},
    {"write to a full pipe", full_pipe, write_pipe, empty_it},
    {"write to a pipe that has room for a part", nearly_full_pipe, write_two_pages, empty_it},
    {"writev to a full pipe", full_pipe, writev_pipe, empty_it},
    {"vmsplice to a full pipe", full_pipe, vmsplice_pipe, empty_it},
    {"splice from an empty pipe", pipe_to_pipe, splice_from_empty, write_a_byte},
    {"splice to a full pipe", pipe_to_full_pipe, splice_to_full, empty_it},
    {"tee from an empty pipe", pipe_to_pipe, tee_from_empty, write_a_byte},
    {"tee to a full pipe", pipe_to_full_pipe, tee_to_full, empty_it},
    {"sendfile to a full pipe", file_to_full_pipe, sendfile_to_full, empty_it},
    {"splice of a file to a full pipe", file_to_full_pipe, splice_file_to_full, empty_it},
    {"open of a fifo that nobody writes", new_fifo, open_to_read, open_both_ways},
    {"open of a fifo that nobody reads", new_fifo, open_to_write, open_both_ways},
    {"read of an empty fifo", empty_fifo, read_fd, write_fd},
    {"read of an eventfd of zero", new_eventfd, read_eight, count_one},
    {"write to an eventfd that is full", full_eventfd, write_one, count_none},
    {"read of a timerfd that is not armed", new_timerfd, read_eight, expire},
    {"read of a signalfd without a signal", new_signalfd, read_fd, take_signal},
    {"read of inotify without an event", new_inotify, read_fd, make_a_file},
    {"read of a terminal at which nobody types", nothing, read_terminal, NULL},
    {"flock LOCK_SH of a file locked by another", locked_file, lock_shared, unlock},
    {"flock LOCK_EX of a file locked by another", locked_file, lock_exclusive, unlock},
    {"F_OFD_SETLKW of a range locked by another", locked_range, lock_range, unlock_range},
    {"recvfrom of a stream", two_streams, receive, write_a_byte},
    {"recvfrom of datagrams", two_datagrams, receive, write_a_byte},
    {"read of sequenced packets", two_packets, read_pipe, write_a_byte},
    {"recvmsg of a stream", two_streams, receive_message, write_a_byte},
    {"recvmmsg of datagrams", two_datagrams, receive_messages, write_a_byte},
    {"recv with MSG_WAITALL that has a part", stream_with_two_bytes, receive_all, write_a_byte},
    {"recvfrom with SO_RCVTIMEO", streams_with_timeout, receive, write_a_byte},
    {"send to a full stream", full_stream, send_three, empty_socket},
    {"sendmsg to a full stream", full_stream, send_message, empty_socket},
    {"send with SO_SNDTIMEO", full_stream_with_timeout, send_three, empty_socket},
    {"send to a full queue of datagrams", full_datagrams, send_three, empty_socket},
    {"accept without a connection", new_listener, accept_one, connect_one},
    {"accept4 without a connection", new_listener, accept4_one, connect_one},
    {"accept with SO_RCVTIMEO", listener_with_timeout, accept_one, connect_one},
    {"connect to a listener whose queue is full", busy_listener, connect_peer, take_connection},
};

#define IO_BLOCKERS (sizeof(io_blockers) / sizeof(io_blockers[0]))

#endif
