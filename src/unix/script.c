/* SPDX-License-Identifier: Apache-2.0 */
/* script.c - the first lines of scripts: see script.h. Runs on the host (test/host/test_script.c).
 * */
#include "unix/script.h"

#include "kernel/heap.h"
#include "lib/errno.h"
#include "lib/string.h"

bool script_is(const char *bytes, size_t len)
{
    return len >= 2 && bytes[0] == '#' && bytes[1] == '!';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Copy [from, to), which is shorter than SCRIPT_LINE_MAX, without blanks at its end; a NUL ends it,
 * too. */
static void copy_word(char *out, const char *from, const char *to)
{
    while (to > from && is_blank(to[-1]))
        to--;
    size_t len = (size_t)(to - from);
    memcpy(out, from, len);
    out[len] = '\0';
}

int script_parse(const char *bytes, size_t len, struct script *out, const char **why)
{
    const char *at = bytes + 2, *limit = bytes + len, *end = at;

    while (end < limit && *end != '\n' && *end != '\0')
        end++;
    while (at < end && is_blank(*at))
        at++;

    const char *name = at;
    while (at < end && !is_blank(*at))
        at++;
    *why = NULL;
    if (at == name)
        *why = "this is a script whose first line names no interpreter";
    else if (at == limit && len == SCRIPT_LINE_MAX) /* the name may go on behind what was read */
        *why = "this is a script whose interpreter's name is too long";
    if (*why)
        return -ENOEXEC;

    copy_word(out->interp, name, at);
    while (at < end && is_blank(*at))
        at++;
    copy_word(out->arg, at, end);
    return 0;
}

/* --- arguments --------------------------------------------------------------------------- */

/* Append n bytes, which hold count strings. */
static void append(struct strlist *list, char *room, const char *bytes, size_t n, unsigned count)
{
    memcpy(room + list->len, bytes, n);
    list->len += n;
    list->count += count;
}

int script_args(const struct script *script, const char *path, const struct strlist *args,
                struct strlist *out)
{
    size_t first = args->count ? strlen(args->bytes) + 1 : 0;
    size_t interp = strlen(script->interp) + 1, arg = strlen(script->arg) + 1;
    size_t script_path = strlen(path) + 1, rest = args->len - first;
    char  *room = kmalloc(interp + arg + script_path + rest);
    if (!room)
        return -ENOMEM;

    *out = (struct strlist){.bytes = room};
    append(out, room, script->interp, interp, 1);
    if (script->arg[0])
        append(out, room, script->arg, arg, 1);
    append(out, room, path, script_path, 1);
    if (args->count)
        append(out, room, args->bytes + first, rest, args->count - 1);
    return 0;
}
