/* SPDX-License-Identifier: Apache-2.0 */
/* manifest.c - reading the manifest: see manifest.h. Runs on the host (test/host/test_manifest.c).
 *
 * Why the strings need no more room than the text: in the text each string has two quotes, a colon
 * or comma may follow, and escapes only shrink; here it has one NUL or '=' in their place.
 */
#include "unix/manifest.h"

#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/json.h"
#include "lib/string.h"

struct parser {
    struct json_reader     json;
    struct json_token      tok;
    char                  *strings;
    size_t                 used; /* bytes of strings */
    size_t                 size;
    struct manifest       *out;
    struct manifest_error *error;
    uint32_t               seen; /* bit per key */
};

/* --- errors ------------------------------------------------------------------------------ */

static int fail_at(struct parser *p, unsigned line, unsigned column, const char *what,
                   const char *name)
{
    p->error->line = line;
    p->error->column = column;
    fmt_snprintf(p->error->text, sizeof(p->error->text), what, name);
    return -EINVAL;
}

/* What is wrong at the current token; a %s in what is name. */
static int fail(struct parser *p, const char *what, const char *name)
{
    if (p->json.error)
        return fail_at(p, p->json.error_line, p->json.error_column, "%s", p->json.error);
    return fail_at(p, p->tok.line, p->tok.column, what, name);
}

static enum json_type next(struct parser *p)
{
    return json_next(&p->json, &p->tok);
}

/* The next token must be of this type. */
static int expect(struct parser *p, enum json_type type, const char *what, const char *name)
{
    return next(p) == type ? 0 : fail(p, what, name);
}

/* --- strings ----------------------------------------------------------------------------- */

/* Append the current token's string and its NUL. */
static int add_string(struct parser *p)
{
    ssize_t len = json_string(&p->tok, p->strings + p->used, p->size - p->used);
    if (len < 0)
        return fail(p, "a string contains the character U+0000", "");
    p->used += (size_t)len + 1;
    return 0;
}

/* The value of key: one string. */
static int read_string(struct parser *p, const char *key, const char **out)
{
    int err = expect(p, JSON_STRING, "\"%s\" must be a string", key);
    if (err)
        return err;
    const char *s = p->strings + p->used;
    err = add_string(p);
    if (err)
        return err;
    if (*s == '\0')
        return fail(p, "\"%s\" is empty", key);
    *out = s;
    return 0;
}

static void begin_list(struct parser *p, struct strlist *list)
{
    *list = (struct strlist){.bytes = p->strings + p->used};
}

static void end_list_item(struct parser *p, struct strlist *list)
{
    list->len = (size_t)(p->strings + p->used - list->bytes);
    list->count++;
}

/* --- keys -------------------------------------------------------------------------------- */

static int read_program(struct parser *p, const char *key)
{
    return read_string(p, key, &p->out->program);
}

static int read_cwd(struct parser *p, const char *key)
{
    int err = read_string(p, key, &p->out->cwd);
    if (!err && p->out->cwd[0] != '/')
        err = fail(p, "\"%s\" must be an absolute path", key);
    return err;
}

static int read_args(struct parser *p, const char *key)
{
    int err = expect(p, JSON_ARRAY, "\"%s\" must be an array of strings", key);
    if (err)
        return err;
    begin_list(p, &p->out->args);
    while (next(p) == JSON_STRING) {
        err = add_string(p);
        if (err)
            return err;
        end_list_item(p, &p->out->args);
    }
    return p->tok.type == JSON_ARRAY_END ? 0 : fail(p, "\"%s\" must be an array of strings", key);
}

/* Whether "NAME=" at s is already among the variables. */
static bool env_has(const struct strlist *env, const char *s, size_t len)
{
    const char *have = env->bytes;
    for (unsigned i = 0; i < env->count; i++, have = strlist_next(have)) {
        if (strncmp(have, s, len) == 0)
            return true;
    }
    return false;
}

/* The current token is a variable's name: append "NAME=". */
static int add_env_name(struct parser *p)
{
    char *name = p->strings + p->used;
    int   err = add_string(p);
    if (err)
        return err;
    if (*name == '\0' || strchr(name, '='))
        return fail(p, "\"%s\" cannot be the name of a variable", name);
    size_t len = strlen(name);
    name[len] = '=';
    if (!env_has(&p->out->env, name, len + 1))
        return 0;
    name[len] = '\0';
    return fail(p, "the variable \"%s\" is given twice", name);
}

static int read_env(struct parser *p, const char *key)
{
    int err = expect(p, JSON_OBJECT, "\"%s\" must be an object of strings", key);
    if (err)
        return err;
    begin_list(p, &p->out->env);
    while (next(p) == JSON_NAME) {
        err = add_env_name(p);
        if (!err)
            err = expect(p, JSON_STRING, "\"%s\" must be an object of strings", key);
        if (!err)
            err = add_string(p);
        if (err)
            return err;
        end_list_item(p, &p->out->env);
    }
    return p->tok.type == JSON_OBJECT_END ? 0 : fail(p, "", "");
}

/* A key of the tools outside. */
static int skip_value(struct parser *p, const char *key)
{
    next(p);
    return json_skip(&p->json, &p->tok) ? fail(p, "", key) : 0;
}

static const struct key {
    const char *name;
    int (*read)(struct parser *p, const char *key);
} keys[] = {
    {"Program", read_program}, {"Args", read_args},   {"Env", read_env},    {"Cwd", read_cwd},
    {"RunConfig", skip_value}, {"Files", skip_value}, {"Dirs", skip_value}, {"MapDirs", skip_value},
};

static int unknown_key(struct parser *p)
{
    char name[64];
    bool fits = json_string(&p->tok, name, sizeof(name)) >= 0;
    return fail(p, "unknown key \"%s\"", fits ? name : "...");
}

/* The current token is a key. */
static int read_key(struct parser *p)
{
    for (unsigned i = 0; i < ARRAY_LEN(keys); i++) {
        if (!json_string_is(&p->tok, keys[i].name))
            continue;
        if (p->seen & 1u << i)
            return fail(p, "\"%s\" is given twice", keys[i].name);
        p->seen |= 1u << i;
        return keys[i].read(p, keys[i].name);
    }
    return unknown_key(p);
}

static int read_keys(struct parser *p)
{
    int err = expect(p, JSON_OBJECT, "it must be an object", "");
    if (err)
        return err;
    while (next(p) == JSON_NAME) {
        err = read_key(p);
        if (err)
            return err;
    }
    if (p->tok.type != JSON_OBJECT_END || next(p) != JSON_END)
        return fail(p, "", "");
    return 0;
}

int manifest_parse(const char *text, size_t len, char *strings, struct manifest *out,
                   struct manifest_error *error)
{
    struct parser p = {.strings = strings, .size = len, .out = out, .error = error};
    *out = (struct manifest){.cwd = "/", .args.bytes = strings, .env.bytes = strings};
    json_open(&p.json, text, len);
    int err = read_keys(&p);
    if (err)
        return err;
    if (out->args.count == 0)
        return fail_at(&p, 1, 1, "\"%s\" must have at least one string", "Args");
    if (!out->program)
        out->program = out->args.bytes;
    if (*out->program == '\0')
        return fail_at(&p, 1, 1, "there is no \"%s\", and the first of Args is empty", "Program");
    return 0;
}
