/* SPDX-License-Identifier: Apache-2.0 */
/* bootargs.c - the program's share of the boot arguments: see bootargs.h. Runs on the host
 * (test/host/test_bootargs.c).
 *
 * Why the strings need no more room than the manifest's and the text have together: a word loses its
 * key, its escapes only shrink, and it gains a NUL.
 */
#include "unix/bootargs.h"

#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"

#define WORD_SHOWN 48 /* bytes of a word that a complaint repeats */

struct word {
    const char *at;
    size_t      len;
};

/* The first word at or behind text; len 0: there is none. */
static struct word first_word(const char *text)
{
    while (*text == ' ')
        text++;
    const char *blank = strchr(text, ' ');
    return (struct word){text, blank ? (size_t)(blank - text) : strlen(text)};
}

static struct word next_word(struct word w)
{
    return first_word(w.at + w.len);
}

static bool has_key(struct word w, const char *key)
{
    size_t len = strlen(key);
    return w.len >= len && memcmp(w.at, key, len) == 0;
}

static int refuse(struct bootargs_error *error, struct word w, const char *why)
{
    bool cut = w.len > WORD_SHOWN;
    fmt_snprintf(error->text, sizeof(error->text), "boot argument \"%.*s%s\": %s",
                 (int)(cut ? WORD_SHOWN : w.len), w.at, cut ? "..." : "", why);
    return -EINVAL;
}

/* --- decoding ---------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte that %XX at s stands for; negative: it is no such thing. What ends a word is no digit. */
static int escaped_byte(const char *s)
{
    int high = hex_digit(s[1]);
    int low = high >= 0 ? hex_digit(s[2]) : -1;
    return low >= 0 ? high << 4 | low : -1;
}

/* What stands behind the key, decoded, and a NUL, to `to`. Its length without the NUL, or -EINVAL. */
static ssize_t decode(struct word w, const char *key, char *to, struct bootargs_error *error)
{
    size_t n = 0;
    for (size_t i = strlen(key); i < w.len; i++) {
        int byte = (unsigned char)w.at[i];
        if (byte == '%') {
            byte = escaped_byte(w.at + i);
            if (byte < 0)
                return refuse(error, w, "% must be followed by two hexadecimal digits");
            i += 2;
        }
        if (byte == '\0')
            return refuse(error, w, "no argument and no variable can hold a NUL");
        to[n++] = (char)byte;
    }
    to[n] = '\0';
    return (ssize_t)n;
}

/* --- lists ------------------------------------------------------------------------------- */

/* A list that begins at strings, with what is in old. */
static struct strlist copy_list(const struct strlist *old, char *strings)
{
    memcpy(strings, old->bytes, old->len);
    return (struct strlist){.bytes = strings, .len = old->len, .count = old->count};
}

static int add_arguments(const char *text, char *strings, struct strlist *args,
                         struct bootargs_error *error)
{
    for (struct word w = first_word(text); w.len; w = next_word(w)) {
        if (!has_key(w, "arg="))
            continue;
        ssize_t len = decode(w, "arg=", strings + args->len, error);
        if (len < 0)
            return -EINVAL;
        args->len += (size_t)len + 1;
        args->count++;
    }
    return 0;
}

/* Take the variable that begins with name, "NAME=", off the list, if it is there. */
static void remove_variable(char *strings, struct strlist *env, const char *name, size_t name_len)
{
    for (char *s = strings, *end = strings + env->len; s < end; s += strlen(s) + 1) {
        size_t size = strlen(s) + 1;
        if (strncmp(s, name, name_len) != 0)
            continue;
        memmove(s, s + size, (size_t)(end - s) - size);
        env->len -= size;
        env->count--;
        return;
    }
}

/* A decoded variable stands behind the list: take it in. */
static int add_variable(char *strings, struct strlist *env, size_t size)
{
    char       *variable = strings + env->len;
    const char *is = strchr(variable, '=');
    if (!is || is == variable)
        return -EINVAL;
    size_t before = env->len;
    remove_variable(strings, env, variable, (size_t)(is - variable) + 1);
    memmove(strings + env->len, strings + before, size);
    env->len += size;
    env->count++;
    return 0;
}

static int add_variables(const char *text, char *strings, struct strlist *env,
                         struct bootargs_error *error)
{
    for (struct word w = first_word(text); w.len; w = next_word(w)) {
        if (!has_key(w, "env="))
            continue;
        ssize_t len = decode(w, "env=", strings + env->len, error);
        if (len < 0)
            return -EINVAL;
        if (add_variable(strings, env, (size_t)len + 1))
            return refuse(error, w, "it must be env=NAME=VALUE");
    }
    return 0;
}

size_t bootargs_size(const char *text, const struct manifest *m)
{
    bool any = false;
    for (struct word w = first_word(text); w.len && !any; w = next_word(w))
        any = has_key(w, "arg=") || has_key(w, "env=");
    return any ? m->args.len + m->env.len + strlen(text) : 0;
}

int bootargs_apply(const char *text, char *strings, struct manifest *m,
                   struct bootargs_error *error)
{
    struct strlist args = copy_list(&m->args, strings);
    int            err = add_arguments(text, strings, &args, error);
    if (err)
        return err;
    strings += args.len;
    struct strlist env = copy_list(&m->env, strings);
    err = add_variables(text, strings, &env, error);
    if (err)
        return err;
    m->args = args;
    m->env = env;
    return 0;
}
