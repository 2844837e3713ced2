/* SPDX-License-Identifier: Apache-2.0 */
/* pseudo_text.c - see pseudo_text.h. Runs on the host (test/host/test_pseudo.c). */
#include "fs/pseudo_text.h"

#include <stdarg.h>

#include "kernel/heap.h"
#include "lib/fmt.h"
#include "lib/string.h"

#define FIRST_SIZE 256u

/* Room for len more bytes. */
static bool make_room(struct pseudo_text *t, size_t len)
{
    if (t->failed || len <= t->size - t->len)
        return !t->failed;

    size_t size = t->size ? t->size : FIRST_SIZE;
    while (size - t->len < len)
        size *= 2;
    char *bytes = kmalloc(size);
    if (!bytes) {
        t->failed = true;
        return false;
    }
    if (t->len)
        memcpy(bytes, t->bytes, t->len);
    kfree(t->bytes);
    t->bytes = bytes;
    t->size = size;
    return true;
}

void pseudo_put(struct pseudo_text *t, const void *bytes, size_t len)
{
    if (!len || !make_room(t, len))
        return;
    memcpy(t->bytes + t->len, bytes, len);
    t->len += len;
}

void pseudo_puts(struct pseudo_text *t, const char *s)
{
    pseudo_put(t, s, strlen(s));
}

static void put_piece(void *arg, const char *bytes, size_t len)
{
    pseudo_put(arg, bytes, len);
}

void pseudo_printf(struct pseudo_text *t, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fmt_vformat(put_piece, t, fmt, ap);
    va_end(ap);
}

static size_t column_now(const struct pseudo_text *t)
{
    size_t at = t->len;

    while (at && t->bytes[at - 1] != '\n')
        at--;
    return t->len - at;
}

void pseudo_pad(struct pseudo_text *t, size_t column)
{
    size_t now = column_now(t);

    pseudo_printf(t, "%*s", now < column ? (int)(column - now) : 1, "");
}

void pseudo_text_clear(struct pseudo_text *t)
{
    kfree(t->bytes);
    *t = (struct pseudo_text){0};
}
