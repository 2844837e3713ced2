/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_bootargs.c - the program's share of the boot arguments, applied to a manifest.
 *
 * An input is the boot arguments; a NUL ends them.
 */
/* sources: src/unix/bootargs.c src/lib/fmt.c */
/* runs: 200000 */
/* options: -max_len=256 */
#include "fuzz.h"
#include "lib/errno.h"
#include "unix/bootargs.h"

#define LIST(strings, n)                                             \
    {                                                                \
        .bytes = (strings), .len = sizeof(strings) - 1, .count = (n) \
    }

static const struct manifest before = {
    .program = "/hello",
    .cwd = "/",
    .args = LIST("hello\0-v\0", 2),
    .env = LIST("LANGUAGE=de\0HOME=/root\0LANG=C\0", 3),
};

/* The list's strings fill its bytes exactly, and lie in the room. */
static void check_list(const struct strlist *list, const char *room, size_t size)
{
    FUZZ_CHECK(list->bytes >= room && list->bytes + list->len <= room + size);
    const char *s = list->bytes;
    for (unsigned i = 0; i < list->count; i++)
        s = strlist_next(s);
    FUZZ_CHECK((size_t)(s - list->bytes) == list->len);
}

/* NAME=VALUE each, no name twice. */
static void check_variables(const struct strlist *env)
{
    const char *a = env->bytes;
    for (unsigned i = 0; i < env->count; i++, a = strlist_next(a)) {
        const char *is = strchr(a, '=');
        FUZZ_CHECK(is && is > a);
        const char *b = strlist_next(a);
        for (unsigned k = i + 1; k < env->count; k++, b = strlist_next(b))
            FUZZ_CHECK(strncmp(a, b, (size_t)(is - a) + 1) != 0);
    }
}

static void apply(const char *text)
{
    struct manifest       m = before;
    struct bootargs_error error = {{0}};
    size_t                size = bootargs_size(text, &before);
    if (size == 0)
        return;
    char *room = malloc(size);
    int   err = bootargs_apply(text, room, &m, &error);
    FUZZ_CHECK(err == 0 || err == -EINVAL);
    if (err) {
        FUZZ_CHECK(memcmp(&m, &before, sizeof(m)) == 0);
        FUZZ_CHECK(error.text[0] && memchr(error.text, 0, sizeof(error.text)));
    } else {
        check_list(&m.args, room, size);
        check_list(&m.env, room, size);
        check_variables(&m.env);
        FUZZ_CHECK(m.args.count >= before.args.count && m.env.count >= before.env.count);
    }
    free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (size)
        memcpy(text, data, size);
    text[size] = 0;
    apply(text);
    free(text);
    return 0;
}
