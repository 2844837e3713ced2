/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_script.c - the first line of a script, and the arguments made of it.
 *
 * An input is the first bytes of a file that begins with "#!" (put there if it does not).
 */
/* sources: src/unix/script.c */
/* runs: 400000 */
/* options: -max_len=300 */
#include "fuzz.h"
#include "lib/errno.h"
#include "unix/script.h"

void *kmalloc(size_t size);

void *kmalloc(size_t size)
{
    return malloc(size);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void check_script(const struct script *script)
{
    size_t name = strnlen(script->interp, SCRIPT_LINE_MAX);
    size_t arg = strnlen(script->arg, SCRIPT_LINE_MAX);
    FUZZ_CHECK(name > 0 && name + arg < SCRIPT_LINE_MAX);
    FUZZ_CHECK(strcspn(script->interp, " \t\n") == name && strcspn(script->arg, "\n") == arg);
    FUZZ_CHECK(!is_blank(script->arg[0]) && (arg == 0 || !is_blank(script->arg[arg - 1])));
}

static void check_args(const struct script *script)
{
    struct strlist args = {.bytes = "old\0two", .len = 8, .count = 2}, out;
    FUZZ_CHECK(script_args(script, "/path", &args, &out) == 0);
    const char *s = out.bytes;
    for (unsigned i = 0; i < out.count; i++)
        s = strlist_next(s);
    FUZZ_CHECK((size_t)(s - out.bytes) == out.len);
    FUZZ_CHECK(out.count == 3 + (script->arg[0] != 0) && strcmp(s - 4, "two") == 0);
    free((void *)(uintptr_t)out.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct script script;
    const char   *why = "unset";
    size_t        len = size < SCRIPT_LINE_MAX ? size : SCRIPT_LINE_MAX;
    if (len < 2)
        return 0;
    char *bytes = fuzz_copy(data, len);
    memcpy(bytes, "#!", 2);
    int err = script_parse(bytes, len, &script, &why);
    free(bytes);
    FUZZ_CHECK(err == (why ? -ENOEXEC : 0));
    if (err)
        return 0;
    check_script(&script);
    check_args(&script);
    return 0;
}
