/* SPDX-License-Identifier: Apache-2.0 */
/* strace_text.c - see strace_text.h. The tables of names are in strace_names.c.
 *
 * Tests: test/host/test_strace.c.
 */
#include "unix/strace_text.h"

#include <stdarg.h>

#include "lib/fmt.h"
#include "lib/string.h"

/* --- the line ---------------------------------------------------------------------------- */

void text_clear(struct text *t)
{
    t->len = 0;
    t->limit = STRACE_LINE - STRACE_TAIL;
    t->cut = false;
}

void text_bytes(struct text *t, const char *bytes, size_t len)
{
    if (t->cut)
        return;
    size_t fits = size_min(len, t->limit - t->len);
    memcpy(t->bytes + t->len, bytes, fits);
    t->len += fits;
    t->cut = fits < len;
}

void text_str(struct text *t, const char *s)
{
    text_bytes(t, s, strlen(s));
}

static void append(void *t, const char *bytes, size_t len)
{
    text_bytes(t, bytes, len);
}

void text_printf(struct text *t, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fmt_vformat(append, t, fmt, ap);
    va_end(ap);
}

void text_open_tail(struct text *t)
{
    bool cut = t->cut;
    t->limit = STRACE_LINE;
    t->cut = false;
    if (cut)
        text_str(t, "...");
}

/* --- strings ----------------------------------------------------------------------------- */

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static void escape_octal(struct text *t, uint8_t c, int next)
{
    text_printf(t, is_digit(next) ? "\\%03o" : "\\%o", c);
}

static void escape(struct text *t, uint8_t c, int next)
{
    static const char named[] = "\"\"\\\\\nn\tt\rr\vv\ff"; /* pairs: the byte, its letter */

    for (const char *pair = named; *pair; pair += 2) {
        if ((uint8_t)*pair == c) {
            text_printf(t, "\\%c", pair[1]);
            return;
        }
    }
    if (c >= ' ' && c < 0x7f)
        text_printf(t, "%c", c);
    else
        escape_octal(t, c, next);
}

void text_escaped(struct text *t, const char *s, size_t len, int next)
{
    for (size_t i = 0; i < len; i++)
        escape(t, (uint8_t)s[i], i + 1 < len ? (uint8_t)s[i + 1] : next);
}

void text_hex_escaped(struct text *t, const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        text_printf(t, "\\x%02x", (uint8_t)s[i]);
}

/* --- names ------------------------------------------------------------------------------- */

const char *names_find(const struct names *names, uint64_t value)
{
    for (size_t i = 0; i < names->count; i++) {
        if (names->list[i].value == value)
            return names->list[i].name;
    }
    return NULL;
}

static void say_unknown(struct text *t, const struct names *names)
{
    if (names->unknown)
        text_printf(t, " /* %s */", names->unknown);
}

void text_value(struct text *t, const struct names *names, uint64_t value)
{
    const char *name = names_find(names, value);
    if (name) {
        text_str(t, name);
        return;
    }
    text_printf(t, "%#lx", (unsigned long)value);
    say_unknown(t, names);
}

void text_flags(struct text *t, const struct names *names, uint64_t value)
{
    const char *zero = names_find(names, 0), *bar = "";
    uint64_t    rest = value;

    if (!value) {
        text_str(t, zero ? zero : "0");
        return;
    }
    for (size_t i = 0; i < names->count; i++) {
        uint64_t bits = names->list[i].value;
        if (!bits || (rest & bits) != bits)
            continue;
        text_printf(t, "%s%s", bar, names->list[i].name);
        rest &= ~bits;
        bar = "|";
    }
    if (rest)
        text_printf(t, "%s%#lx", bar, (unsigned long)rest);
    if (rest == value)
        say_unknown(t, names);
}

void text_ptr(struct text *t, uint64_t va)
{
    if (va)
        text_printf(t, "%#lx", (unsigned long)va);
    else
        text_str(t, "NULL");
}
