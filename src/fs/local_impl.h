/* SPDX-License-Identifier: Apache-2.0 */
/* local_impl.h - what the files of local sockets share:
 *
 *   local.c          sockets themselves: their life, as open files, options
 *   local_name.c     addresses, and who has which
 *   local_connect.c  listening, connecting, accepting
 *   local_send.c, local_receive.c
 *   local_flight.c   open files within messages, and sockets that only such messages keep
 *
 * One lock for all: what is sent goes from one socket to another, and nobody copies to or from a program
 * while holding it. A message is copied into kernel memory first and then queued. Receivers of a socket
 * take turns, by a mutex that none holds while it waits for a message: each copies the first message out
 * while it stays in the queue, so that nobody finds the queue empty before it is.
 */
#ifndef FS_LOCAL_IMPL_H
#define FS_LOCAL_IMPL_H

#include <sys/queue.h>

#include "fs/local.h"
#include "kernel/pollq.h"

#define POLL_READ  (POLLIN | POLLRDNORM)
#define POLL_WRITE (POLLOUT | POLLWRNORM | POLLWRBAND)

#define SHUT_RECEIVE 1u
#define SHUT_SEND    2u

/* Datagrams that wait at a socket which is not connected to their sender: one more is let in. Linux's
 * net.unix.max_dgram_qlen. */
#define LOCAL_CROWD 10u

enum local_state { LOCAL_CLOSED, LOCAL_LISTENING, LOCAL_CONNECTED };

struct local_name {
    atomic_uint          refs;
    struct local_address address;
};

struct message {
    TAILQ_ENTRY(message) link;
    struct local       *sender; /* holds a reference */
    struct local_files *files;  /* NULL: none */
    struct local_cred   cred;
    size_t              len, used; /* bytes; those that a stream's reader has had */
    uint8_t             bytes[];
};

TAILQ_HEAD(message_list, message);

/* The message alone, which is on no queue. */
void local_message_free(struct message *m);

LIST_HEAD(local_list, local);

struct local {
    int         type; /* constant, as is the next */
    uint64_t    ino;
    atomic_uint refs; /* the file's, those of peers, of messages that it sent, of who uses it */

    struct mutex receiving; /* who holds it may take messages off the queue */

    /* protected by local_lock: */
    struct file         *file; /* without a reference; NULL: not accepted yet, or closed */
    enum local_state     state;
    bool                 dead;  /* closed */
    bool                 taken; /* from pending, by somebody who gives it a file */
    unsigned             shut;  /* SHUT_* */
    int                  error; /* positive, told once */
    struct local_cred    peer_cred;
    struct local_options options;

    struct local     *peer;    /* holds a reference; may be dead. NULL: none */
    struct local_list clients; /* those whose peer this is */
    LIST_ENTRY(local) client_link;

    struct local_name *name;  /* holds a reference; NULL: none */
    struct inode      *inode; /* of a path, holds a reference; NULL: none, or closed */
    bool               bound; /* found by its name */
    LIST_ENTRY(local) bound_link;

    struct message_list queue;
    size_t              queued;    /* bytes in it */
    unsigned            nmessages; /* in it */
    size_t charged; /* of send_buffer, by messages of this one that nobody has received */

    TAILQ_HEAD(, local) pending; /* connections that nobody has accepted; each holds a reference */
    TAILQ_ENTRY(local) pending_link;
    unsigned npending, backlog;

    struct waitq readers; /* wait for a message, or a connection to accept */
    struct waitq writers; /* wait for send_buffer */
    struct waitq crowd;   /* of other sockets: wait for room in the queue, or in pending */

    /* local_flight.c's */
    LIST_ENTRY(local) all_link;
    unsigned      in_flight; /* references of file that messages hold */
    bool          marked;
    struct local *next_marked;

    struct pollq pollers;
};

extern struct spinlock local_lock; /* LOCK_DEVICE */

/* --- local.c: the lock is held, but where it says otherwise ------------------------------------ */

/* A socket without a file, with one reference. NULL: no memory. The lock is not held. */
struct local *local_new(int type);

/* s, which has none, becomes that of a new file, to which the reference goes. The lock is not held. */
int local_open(struct local *s, unsigned flags, struct file **out);

/* Nobody uses s as a file any more, or never did; the last reference to it as one goes. The lock is not
 * held; may sleep. */
void local_close(struct local *s);

struct local *local_get(struct local *s);
void          local_put(struct local *s); /* any context, with the lock or without */

void local_set_peer(struct local *s, struct local *peer);

/* Somebody can receive at s now. */
void local_wake_readers(struct local *s);

/* Anything may have changed for all who wait at s. */
void local_wake_all(struct local *s);

/* The error that waits to be told: negative, or 0. */
int local_error(struct local *s);

/* When a call on f that began now has waited long enough. */
uint64_t local_deadline(struct file *f, unsigned flags, uint64_t limit_ns);

/* Wait at q, of a socket that somebody keeps: 0, -EAGAIN, -EINTR. */
int local_sleep(struct waitq *q, uint64_t deadline);

static inline bool local_is_stream(const struct local *s)
{
    return s->type == SOCK_STREAM;
}

static inline bool local_is_datagram(const struct local *s)
{
    return s->type == SOCK_DGRAM;
}

extern struct local_cred local_real, local_effective; /* who the program is: local_identify() */

/* --- local_name.c ------------------------------------------------------------------------------ */

void local_name_put(struct local_name *name); /* NULL is fine */

/* The socket of that type at addr, with a reference. The lock is not held; may sleep. */
int local_find(const struct local_address *addr, const struct local_place *place, int type,
               struct local **out);

/* Give f a name if who receives is to be told who sends. The lock is not held. */
int local_name_sender(struct local *s);

/* s is not found any more: the inode that then is to be put, or NULL. The lock is held. */
struct inode *local_unbind(struct local *s);

/* --- local_send.c, local_receive.c ---------------------------------------------------------------- */

/* What a message of len bytes takes of its sender's buffer. */
size_t local_cost(size_t len);

/* m, which is in the queue of s, leaves it, and the flight with it. The lock is held. */
void local_take_off(struct local *s, struct message *m);

/* Take all messages off. The lock is held. */
void local_take_all(struct local *s, struct message_list *out);

/* A datagram socket lost its other end, and with it what it has not read. other is told, if it still
 * sends here. The lock is not held. */
void local_lose_messages(struct local *s, struct local *other);

/* --- local_flight.c -------------------------------------------------------------------------------- */

void local_flight_register(
    struct local *s); /* a new one. The lock is held, also in the next three. */
void local_flight_unregister(struct local *s); /* it is closed */
void local_flight_begin(const struct local_files *files);
void local_flight_end(const struct local_files *files);

/* Free messages that are in no queue. Their files may be closed by it. The lock is not held. */
void local_dispose(struct message_list *list);

/* Close the sockets that only messages keep which nobody can receive; may leave it for later. The lock is
 * not held. */
void local_flight_collect(bool now);

#endif
