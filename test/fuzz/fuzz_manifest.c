/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_manifest.c - manifests: whatever the text, an error with its place, or strings that lie in
 * their room.
 *
 * An input is a manifest.
 */
/* sources: src/unix/manifest.c src/lib/json.c src/lib/fmt.c */
/* runs: 200000 */
/* options: -max_len=1024 */
#include "fuzz.h"
#include "lib/errno.h"
#include "unix/manifest.h"

/* The room that parsing was given. */
struct room {
    const char *bytes;
    size_t      len;
};

/* s and its NUL are in the room. */
static void check_string(const struct room *room, const char *s)
{
    FUZZ_CHECK(s >= room->bytes && s < room->bytes + room->len);
    FUZZ_CHECK(memchr(s, 0, (size_t)(room->bytes + room->len - s)));
}

/* The list's strings fill its bytes exactly. */
static void check_list(const struct room *room, const struct strlist *list, char must_have)
{
    const char *s = list->bytes;
    for (unsigned i = 0; i < list->count; i++, s = strlist_next(s)) {
        check_string(room, s);
        FUZZ_CHECK(!must_have || (strchr(s, must_have) && *s != must_have));
    }
    FUZZ_CHECK((size_t)(s - list->bytes) == list->len);
}

static void check_manifest(const struct room *room, const struct manifest *m)
{
    FUZZ_CHECK(m->args.count >= 1);
    check_string(room, m->program);
    FUZZ_CHECK(m->program[0] && m->cwd[0] == '/');
    check_list(room, &m->args, 0);
    check_list(room, &m->env, '=');
}

static void check_error(const struct manifest_error *error)
{
    FUZZ_CHECK(error->line >= 1 && error->column >= 1);
    FUZZ_CHECK(error->text[0] && memchr(error->text, 0, sizeof(error->text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char                 *text = fuzz_copy(data, size);
    char                 *strings = malloc(size ? size : 1);
    struct manifest       manifest;
    struct manifest_error error = {0};

    memset(strings, 0xa5, size);
    int err = manifest_parse(text, size, strings, &manifest, &error);
    FUZZ_CHECK(err == 0 || err == -EINVAL);
    free(text); /* only its strings are used later */
    if (err)
        check_error(&error);
    else
        check_manifest(&(struct room){strings, size}, &manifest);
    free(strings);
    return 0;
}
