/* SPDX-License-Identifier: Apache-2.0 */
/* monitor.c - see monitor.h.
 *
 * The request that opens the conversation lies in the socket before the emulator is there. It is answered by
 * the emulator's main loop, which runs when the machine is set up; so an answer tells that. The kernel ends
 * the machine without a word here; an end from outside is an event SHUTDOWN. Nothing is read before the end:
 * a few hundred bytes are all that comes.
 */
#define _GNU_SOURCE
#include "monitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <jansson.h>

#include "say.h"

struct monitor monitor_open(struct words *command)
{
    static const char request[] = "{\"execute\": \"qmp_capabilities\"}\n";
    int               ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 ||
        write(ends[0], request, strlen(request)) != (ssize_t)strlen(request))
        die(NULL, "cannot make a pair of sockets: %m");
    words_add(command, "-chardev");
    words_add_format(command, "socket,id=cella,fd=%d", ends[1]);
    words_add(command, "-mon");
    words_add(command, "chardev=cella,mode=control");
    return (struct monitor){ends[0], ends[1]};
}

void monitor_hand_over(struct monitor *monitor)
{
    close(monitor->theirs);
}

static bool is_shutdown(const json_t *message)
{
    const char *event = json_string_value(json_object_get(message, "event"));
    return event && strcmp(event, "SHUTDOWN") == 0;
}

static void take(struct monitor_news *news, const char *line)
{
    json_t *message = json_loads(line, 0, NULL);
    if (json_object_get(message, "return"))
        news->started = true;
    if (is_shutdown(message) &&
        !json_is_true(json_object_get(json_object_get(message, "data"), "guest")))
        news->from_inside = false;
    json_decref(message);
}

struct monitor_news monitor_close(struct monitor *monitor)
{
    struct monitor_news news = {.from_inside = true};
    char               *line = NULL;
    size_t              size = 0;
    FILE               *from = fdopen(monitor->ours, "r");
    if (!from)
        die(NULL, "out of memory");
    while (getline(&line, &size, from) > 0)
        take(&news, line);
    free(line);
    fclose(from);
    return news;
}
