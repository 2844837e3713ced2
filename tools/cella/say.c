/* SPDX-License-Identifier: Apache-2.0 */
/* say.c - messages, and memory that is there or the program is over. */
#define _GNU_SOURCE
#include "say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

static int trouble_status = EXIT_TROUBLE, usage_status = EXIT_USAGE;

void say_exit_status(int status)
{
    trouble_status = usage_status = status;
}

static void say_line(const char *kind, const char *format, va_list arguments)
{
    fprintf(stderr, "cella: %s", kind);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

static void say_hint(const char *hint)
{
    if (hint)
        fprintf(stderr, "cella: %s\n", hint);
}

void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_line("", format, arguments);
    va_end(arguments);
}

void say_warning(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_line("warning: ", format, arguments);
    va_end(arguments);
}

void say_error(const char *hint, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_line("error: ", format, arguments);
    va_end(arguments);
    say_hint(hint);
}

void die(const char *hint, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_line("error: ", format, arguments);
    va_end(arguments);
    say_hint(hint);
    exit(trouble_status);
}

void die_usage(const char *command, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_line("error: ", format, arguments);
    va_end(arguments);
    fprintf(stderr, "cella: `cella %s%s--help` tells how it is used\n", command ? command : "",
            command ? " " : "");
    exit(usage_status);
}

static void *or_die(void *memory)
{
    if (!memory)
        die(NULL, "out of memory");
    return memory;
}

void *must_alloc(unsigned long size)
{
    return or_die(calloc(1, size ? size : 1));
}

void *must_realloc(void *old, unsigned long size)
{
    return or_die(realloc(old, size ? size : 1));
}

char *must_copy(const char *text)
{
    return or_die(strdup(text));
}

char *must_format(const char *format, ...)
{
    char   *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    return or_die(length < 0 ? NULL : text);
}
