/* SPDX-License-Identifier: Apache-2.0 */
/* pkg_similar.c - which packages somebody may have meant. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "pkg.h"
#include "process.h"
#include "say.h"

#define SHOWN   3  /* at most */
#define LONGEST 64 /* names longer than that are compared up to there */
#define FAR     1000
#define CONTINUING \
    6 /* by how many characters at most a name goes on that was not finished: lua, lua5.4 */

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* How many characters have to be put in, left out or replaced to make b of a. */
static unsigned edits(const char *a, const char *b)
{
    size_t   a_length = strnlen(a, LONGEST), b_length = strnlen(b, LONGEST);
    unsigned row[LONGEST + 1];
    for (unsigned j = 0; j <= b_length; j++)
        row[j] = j;
    for (unsigned i = 1; i <= a_length; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= b_length; j++) {
            unsigned replaced = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = least(replaced, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[b_length];
}

static unsigned distance(const char *wanted, const char *name)
{
    size_t length = strlen(wanted), other = strlen(name);
    if (other > length && other - length <= CONTINUING && strncmp(name, wanted, length) == 0)
        return 0;
    unsigned all = edits(wanted, name);
    return all <= 1 + length / 4 ? all : FAR;
}

struct candidate {
    const char *name;
    unsigned    distance;
};

static bool is_before(struct candidate a, struct candidate b)
{
    if (a.distance != b.distance)
        return a.distance < b.distance;
    size_t a_length = strlen(a.name), b_length = strlen(b.name);
    return a_length != b_length ? a_length < b_length : strcmp(a.name, b.name) < 0;
}

/* Put one among the best, which are sorted. */
static void consider(struct candidate *best, struct candidate one)
{
    for (size_t i = 0; i < SHOWN && one.name; i++) {
        if (!best[i].name || is_before(one, best[i])) {
            struct candidate behind = best[i];
            best[i] = one;
            one = behind;
        }
    }
}

static char *choose(char *names, const char *wanted)
{
    struct candidate best[SHOWN] = {{0}};
    struct words     chosen = {0};
    for (char *name = strtok(names, "\n"); name; name = strtok(NULL, "\n")) {
        struct candidate one = {name, distance(wanted, name)};
        if (one.distance != FAR)
            consider(best, one);
    }
    for (size_t i = 0; i < SHOWN && best[i].name; i++)
        words_add(&chosen, best[i].name);
    return chosen.count ? words_join(&chosen) : NULL;
}

char *pkg_similar(const char *suite, const char *name)
{
    struct words arguments = {0};
    char        *names, *found = NULL;
    words_add(&arguments, suite);
    words_add(&arguments, PKG_TYPE);
    words_add(&arguments, "apt-cache");
    words_add(&arguments, "pkgnames");
    if (pkg_run_script("apt-private.sh", &arguments, &names) == 0)
        found = choose(names, name);
    free(names);
    return found;
}
