/* SPDX-License-Identifier: Apache-2.0 */
/* manifest.c - reading and writing manifests: see manifest.h.
 *
 * jansson reads the text; where in it a key stands, which jansson does not tell, is found by
 * manifest_place.c once something is wrong with it.
 */
#include "manifest.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "manifest_keys.h"
#include "manifest_place.h"
#include "say.h"

struct reader {
    const char            *text;
    size_t                 length;
    struct manifest       *out;
    struct manifest_error *error;
};

/* --- errors ------------------------------------------------------------------------------ */

/* text is the error's from now on, hint too. */
static int fail_at(struct reader *r, struct place place, char *text, char *hint)
{
    *r->error = (struct manifest_error){place.line, place.column, text, hint};
    return -EINVAL;
}

/* At the key itself. */
static int fail_key(struct reader *r, const char *outer, const char *key, char *text, char *hint)
{
    return fail_at(r, place_of_key(r->text, r->length, outer, key), text, hint);
}

/* At the value of a key, or, if index is not negative, at the value's element. */
static int fail_value(struct reader *r, const char *key, long index, char *text)
{
    return fail_at(r, place_of_value(r->text, r->length, key, index), text, NULL);
}

static int fail_member(struct reader *r, const char *outer, const char *key, char *text)
{
    return fail_at(r, place_of_member(r->text, r->length, outer, key), text, NULL);
}

/* --- values ------------------------------------------------------------------------------ */

/* A non-empty string. */
static int read_text(struct reader *r, const char *key, const json_t *value, char **out)
{
    if (!json_is_string(value))
        return fail_value(r, key, -1, must_format("\"%s\" must be a string", key));
    if (json_string_length(value) == 0)
        return fail_value(r, key, -1, must_format("\"%s\" is empty", key));
    *out = must_copy(json_string_value(value));
    return 0;
}

static int read_list(struct reader *r, const char *key, const json_t *value, struct words *out)
{
    if (!json_is_array(value))
        return fail_value(r, key, -1, must_format("\"%s\" must be an array of strings", key));
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *item = json_array_get(value, i);
        if (!json_is_string(item))
            return fail_value(r, key, (long)i,
                              must_format("\"%s\" must be an array of strings; this is none", key));
        words_add(out, json_string_value(item));
    }
    return 0;
}

/* The same, of strings that are not empty. */
static int read_names(struct reader *r, const char *key, const json_t *value, struct words *out)
{
    int error = read_list(r, key, value, out);
    for (size_t i = 0; !error && i < out->count; i++) {
        if (!*out->at[i])
            error = fail_value(r, key, (long)i, must_format("\"%s\" has an empty string", key));
    }
    return error;
}

static int read_program(struct reader *r, const char *key, json_t *value)
{
    return read_text(r, key, value, &r->out->program);
}

static int read_args(struct reader *r, const char *key, json_t *value)
{
    int error = read_list(r, key, value, &r->out->args);
    if (!error && r->out->args.count == 0)
        error = fail_value(r, key, -1, must_format("\"%s\" must have at least one string", key));
    return error;
}

static int read_variable(struct reader *r, const char *key, const char *name, const json_t *value)
{
    if (!*name || strchr(name, '='))
        return fail_key(r, key, name, must_format("\"%s\" cannot be the name of a variable", name),
                        NULL);
    if (!json_is_string(value))
        return fail_member(r, key, name, must_format("the variable \"%s\" must be a string", name));
    char *assignment = must_format("%s=%s", name, json_string_value(value));
    words_add(&r->out->env, assignment);
    free(assignment);
    return 0;
}

static int read_env(struct reader *r, const char *key, json_t *value)
{
    if (!json_is_object(value))
        return fail_value(r, key, -1, must_format("\"%s\" must be an object of strings", key));
    const char *name;
    json_t     *item;
    json_object_foreach(value, name, item)
    {
        int error = read_variable(r, key, name, item);
        if (error)
            return error;
    }
    return 0;
}

static int read_cwd(struct reader *r, const char *key, json_t *value)
{
    int error = read_text(r, key, value, &r->out->cwd);
    if (!error && r->out->cwd[0] != '/')
        error = fail_value(r, key, -1, must_format("\"%s\" must be an absolute path", key));
    return error;
}

static int read_packages(struct reader *r, const char *key, json_t *value)
{
    return read_names(r, key, value, &r->out->packages);
}

static int read_target_root(struct reader *r, const char *key, json_t *value)
{
    return read_text(r, key, value, &r->out->target_root);
}

static int read_files(struct reader *r, const char *key, json_t *value)
{
    return read_names(r, key, value, &r->out->files);
}

static int read_dirs(struct reader *r, const char *key, json_t *value)
{
    return read_names(r, key, value, &r->out->dirs);
}

static int read_map(struct reader *r, const char *key, const char *from, const json_t *to)
{
    if (!*from)
        return fail_key(r, key, from, must_format("\"%s\" has an empty pattern", key), NULL);
    if (!json_is_string(to) || json_string_value(to)[0] != '/')
        return fail_member(r, key, from,
                           must_format("where \"%s\" goes must be an absolute path", from));
    words_add(&r->out->map_from, from);
    words_add(&r->out->map_to, json_string_value(to));
    return 0;
}

static int read_map_dirs(struct reader *r, const char *key, json_t *value)
{
    if (!json_is_object(value))
        return fail_value(r, key, -1, must_format("\"%s\" must be an object of paths", key));
    const char *from;
    json_t     *to;
    json_object_foreach(value, from, to)
    {
        int error = read_map(r, key, from, to);
        if (error)
            return error;
    }
    return 0;
}

/* Digits and at most one of the letters that QEMU's -m has. */
static bool is_memory(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && strspn(text, "0") < digits && strspn(text + digits, "kKmMgG") <= 1 &&
           !text[digits + strspn(text + digits, "kKmMgG")];
}

static int read_memory(struct reader *r, const json_t *value)
{
    if (!json_is_string(value) || !is_memory(json_string_value(value)))
        return fail_member(r, "RunConfig", "Memory",
                           must_copy("\"Memory\" must be a string such as \"128m\" or \"1g\""));
    r->out->memory = must_copy(json_string_value(value));
    return 0;
}

static int read_cpus(struct reader *r, const json_t *value)
{
    json_int_t cpus = json_integer_value(value);
    if (cpus < 1 || cpus > CPUS_MAX)
        return fail_member(r, "RunConfig", "CPUs",
                           must_format("\"CPUs\" must be a number from 1 to %u", CPUS_MAX));
    r->out->cpus = (unsigned)cpus;
    return 0;
}

static const char *const run_keys[] = {"Memory", "CPUs", NULL};

static int read_run_key(struct reader *r, const char *name, const json_t *value)
{
    return strcmp(name, run_keys[0]) == 0 ? read_memory(r, value) : read_cpus(r, value);
}

static int read_run_config(struct reader *r, const char *key, json_t *value)
{
    if (!json_is_object(value))
        return fail_value(r, key, -1, must_format("\"%s\" must be an object", key));
    const char *name;
    json_t     *item;
    json_object_foreach(value, name, item)
    {
        char *hint;
        char *text = manifest_key_complaint(name, run_keys, manifest_foreign_run_keys, &hint);
        int   error = text ? fail_key(r, key, name, text, hint) : read_run_key(r, name, item);
        if (error)
            return error;
    }
    return 0;
}

/* --- the whole --------------------------------------------------------------------------- */

typedef int read_key(struct reader *r, const char *key, json_t *value);

static const char *const keys[] = {"Program",   "Args",       "Env",   "Cwd",
                                   "Packages",  "TargetRoot", "Files", "MapDirs",
                                   "RunConfig", "Dirs",       NULL};

/* In the order of keys. */
static read_key *const readers[] = {read_program,    read_args,        read_env,   read_cwd,
                                    read_packages,   read_target_root, read_files, read_map_dirs,
                                    read_run_config, read_dirs};

static read_key *reader_of(const char *key)
{
    for (size_t i = 0; keys[i]; i++) {
        if (strcmp(keys[i], key) == 0)
            return readers[i];
    }
    return NULL;
}

static int fail_unknown(struct reader *r, const char *key)
{
    char *hint;
    char *text = manifest_key_complaint(key, keys, manifest_foreign_keys, &hint);
    return fail_key(r, NULL, key, text, hint);
}

static int read_keys(struct reader *r, json_t *top)
{
    if (!json_is_object(top))
        return fail_at(r, (struct place){1, 1}, must_copy("a manifest must be an object: { ... }"),
                       NULL);
    const char *key;
    json_t     *value;
    json_object_foreach(top, key, value)
    {
        read_key *read = reader_of(key);
        int       error = read ? read(r, key, value) : fail_unknown(r, key);
        if (error)
            return error;
    }
    return 0;
}

/* What is left out follows from what is there. */
static int complete(struct reader *r)
{
    struct manifest *m = r->out;
    if (!m->program && m->args.count == 0)
        return fail_at(r, (struct place){1, 1}, must_copy("it does not say what to run"),
                       must_copy("add \"Program\": \"/path/in/the/image\""));
    if (m->args.count == 0)
        words_add(&m->args, m->program);
    if (!m->program && !*m->args.at[0])
        return fail_at(r, (struct place){1, 1},
                       must_copy("there is no \"Program\", and the first of \"Args\" is empty"),
                       NULL);
    if (!m->program)
        m->program = must_copy(m->args.at[0]);
    return 0;
}

int manifest_parse(const char *text, size_t length, struct manifest *out,
                   struct manifest_error *error)
{
    struct reader r = {text, length, out, error};
    json_error_t  why;
    *out = (struct manifest){0};
    json_t *top = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (!top)
        return fail_at(&r,
                       (struct place){why.line > 0 ? (unsigned)why.line : 1, (unsigned)why.column},
                       must_copy(why.text), NULL);
    int failed = read_keys(&r, top);
    if (!failed)
        failed = complete(&r);
    json_decref(top);
    if (failed)
        manifest_free(out);
    return failed;
}

static bool is_sayable(const char *text)
{
    json_t *string = json_string(text);
    json_decref(string);
    return string != NULL;
}

const char *manifest_unsayable(const struct manifest *m)
{
    const struct words *lists[] = {&m->args, &m->env};
    for (size_t l = 0; l < 2; l++) {
        for (size_t i = 0; i < lists[l]->count; i++) {
            if (!is_sayable(lists[l]->at[i]))
                return lists[l]->at[i];
        }
    }
    return is_sayable(m->program) ? NULL : m->program;
}

static json_t *array_of(const struct words *list)
{
    json_t *array = json_array();
    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(array, json_string(list->at[i]));
    return array;
}

static json_t *object_of_variables(const struct words *list)
{
    json_t *object = json_object();
    for (size_t i = 0; i < list->count; i++) {
        size_t length = strcspn(list->at[i], "=");
        char  *name = must_format("%.*s", (int)length, list->at[i]);
        json_object_set_new(object, name, json_string(list->at[i] + length + 1));
        free(name);
    }
    return object;
}

static json_t *run_config(const struct manifest *m)
{
    json_t *object = json_object();
    if (m->memory)
        json_object_set_new(object, "Memory", json_string(m->memory));
    if (m->cpus)
        json_object_set_new(object, "CPUs", json_integer(m->cpus));
    return object;
}

char *manifest_canonical(const struct manifest *m)
{
    json_t *top = json_object();
    json_object_set_new(top, "Program", json_string(m->program));
    json_object_set_new(top, "Args", array_of(&m->args));
    if (m->env.count > 0)
        json_object_set_new(top, "Env", object_of_variables(&m->env));
    if (m->cwd)
        json_object_set_new(top, "Cwd", json_string(m->cwd));
    if (m->memory || m->cpus)
        json_object_set_new(top, "RunConfig", run_config(m));
    char *text = json_dumps(top, JSON_INDENT(4));
    json_decref(top);
    if (!text)
        die("names and arguments must be UTF-8", "the manifest cannot be written as JSON");
    char *line = must_format("%s\n", text);
    free(text);
    return line;
}

const char *manifest_content_key(const struct manifest *m)
{
    if (m->packages.count > 0)
        return "Packages";
    if (m->target_root)
        return "TargetRoot";
    if (m->files.count > 0)
        return "Files";
    if (m->dirs.count > 0)
        return "Dirs";
    return m->map_from.count > 0 ? "MapDirs" : NULL;
}

void manifest_free(struct manifest *m)
{
    free(m->program);
    free(m->cwd);
    free(m->memory);
    free(m->target_root);
    struct words *lists[] = {&m->args, &m->env,      &m->packages, &m->files,
                             &m->dirs, &m->map_from, &m->map_to};
    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
        words_free(lists[i]);
    *m = (struct manifest){0};
}
