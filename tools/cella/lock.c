/* SPDX-License-Identifier: Apache-2.0 */
/* lock.c - lock files. Fields become parts of paths and arguments of apt, so each is checked when it is
 * read. */
#define _GNU_SOURCE
#include "lock.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "say.h"

#define LOWER   "abcdefghijklmnopqrstuvwxyz"
#define DIGITS  "0123456789"
#define LETTERS LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static const char lock_hint[] = "a line is NAME VERSION SHA256 SUITE TYPE, as `cella pkg get` "
                                "writes it";

static bool is_of(const char *text, const char *characters)
{
    return *text && text[strspn(text, characters)] == '\0';
}

bool lock_is_name(const char *text)
{
    return isalnum((unsigned char)*text) && is_of(text, LOWER DIGITS "+.-");
}

bool lock_is_version(const char *text)
{
    return isalnum((unsigned char)*text) && is_of(text, LETTERS DIGITS ".+~:-");
}

static bool is_hash(const char *text)
{
    return strlen(text) == 64 && is_of(text, "abcdef" DIGITS);
}

static bool is_word(const char *text)
{
    return isalnum((unsigned char)*text) && is_of(text, LOWER DIGITS "-");
}

bool lock_is_filled(const struct lock_line *line)
{
    return strcmp(line->version, "-") != 0;
}

/* What is wrong with a line's fields, or null. */
static const char *find_fault(const struct lock_line *line)
{
    if (!lock_is_name(line->name))
        return "bad package name";
    bool waits = strcmp(line->version, "-") == 0 && strcmp(line->sha256, "-") == 0;
    if (!waits && !lock_is_version(line->version))
        return "bad version";
    if (!waits && !is_hash(line->sha256))
        return "bad hash";
    if (!is_word(line->suite))
        return "bad suite";
    return is_word(line->type) ? NULL : "bad type";
}

/* Take text apart into out's fields. What is wrong with it, or null. */
static const char *parse(const char *text, struct lock_line *out)
{
    char  *copy = must_copy(text);
    char **fields[] = {&out->name, &out->version, &out->sha256, &out->suite, &out->type};
    size_t count = 0;

    *out = (struct lock_line){.text = must_copy(text)};
    copy[strcspn(copy, "#")] = '\0';
    for (char *word = strtok(copy, " \t\r"); word; word = strtok(NULL, " \t\r")) {
        if (count == 5)
            return "more than five words";
        *fields[count++] = word;
    }
    if (count == 0)
        return NULL;
    return count == 5 ? find_fault(out) : "not five words";
}

static void append(struct lock *lock, struct lock_line line)
{
    lock->lines = must_realloc(lock->lines, (lock->count + 1) * sizeof(*lock->lines));
    lock->lines[lock->count++] = line;
}

static struct lock_line *find(const struct lock *lock, const char *name)
{
    for (size_t i = 0; i < lock->count; i++) {
        if (lock->lines[i].name && strcmp(lock->lines[i].name, name) == 0)
            return &lock->lines[i];
    }
    return NULL;
}

const struct lock_line *lock_find(const struct lock *lock, const char *name)
{
    return find(lock, name);
}

static int read_line(struct lock *lock, const char *text)
{
    struct lock_line line;
    const char      *fault = parse(text, &line);
    if (!fault && line.name && find(lock, line.name))
        fault = "a second line for the package";
    if (fault) {
        say_error(lock_hint, "%s:%zu: %s: %s", lock->path, lock->count + 1, fault, text);
        return -1;
    }
    append(lock, line);
    return 0;
}

int lock_read(const char *path, struct lock *out)
{
    *out = (struct lock){.path = must_copy(path)};
    FILE *file = fopen(path, "re");
    if (!file && errno == ENOENT)
        return 0;
    char  *text = NULL;
    size_t size = 0;
    int    err = 0;
    out->exists = true;
    while (file && !err && getline(&text, &size, file) >= 0) {
        text[strcspn(text, "\n")] = '\0';
        err = read_line(out, text);
    }
    if (!file || ferror(file)) {
        say_error("it should be a lock file that you can read", "cannot read %s: %m", path);
        err = -1;
    }
    if (file)
        fclose(file);
    free(text);
    return err;
}

bool lock_set(struct lock *lock, const struct lock_line *line)
{
    struct lock_line *old = find(lock, line->name);
    if (!old) {
        append(lock, *line);
        lock->lines[lock->count - 1].text = NULL;
        return true;
    }
    if (strcmp(old->version, line->version) == 0 && strcmp(old->sha256, line->sha256) == 0 &&
        strcmp(old->suite, line->suite) == 0 && strcmp(old->type, line->type) == 0)
        return false;
    *old = *line;
    old->text = NULL;
    return true;
}

static void print_line(FILE *file, const struct lock_line *line)
{
    if (line->text)
        fprintf(file, "%s\n", line->text);
    else
        fprintf(file, "%s %s %s %s %s\n", line->name, line->version, line->sha256, line->suite,
                line->type);
}

int lock_write(const struct lock *lock, const char *path)
{
    char *new = must_format("%s.%d.new", path, getpid());
    FILE *file = fopen(new, "we");
    bool  good = file != NULL;
    if (good && !lock->exists)
        fputs(
            "# Debian packages; written by `cella pkg get`, and meant to be kept with what uses it.\n"
            "# name version sha256 suite type\n",
            file);
    for (size_t i = 0; good && i < lock->count; i++)
        print_line(file, &lock->lines[i]);
    if (file)
        good = !ferror(file) & (fclose(file) == 0);
    good = good && rename(new, path) == 0;
    if (!good) {
        say_error("name another with --lock FILE, or make room", "cannot write %s: %m", path);
        unlink(new);
    }
    free(new);
    return good ? 0 : -1;
}
