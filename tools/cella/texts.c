/* SPDX-License-Identifier: Apache-2.0 */
/* texts.c - a growing list of strings: see texts.h. */
#include "texts.h"

#include <stdlib.h>
#include <string.h>

#include "say.h"

void texts_add(struct texts *list, const char *text)
{
    list->items = must_realloc(list->items, (list->count + 2) * sizeof(*list->items));
    list->items[list->count++] = must_copy(text);
    list->items[list->count] = NULL;
}

void texts_add_all(struct texts *list, char *const *vector)
{
    for (; vector && *vector; vector++)
        texts_add(list, *vector);
}

bool texts_have(const struct texts *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], text) == 0)
            return true;
    }
    return false;
}

/* The entry that begins with the first length bytes of name and a '=', or null. */
static char **find_variable(const struct texts *list, const char *name, size_t length)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strncmp(list->items[i], name, length) == 0 && list->items[i][length] == '=')
            return &list->items[i];
    }
    return NULL;
}

void texts_set_variable(struct texts *list, const char *assignment)
{
    char **entry = find_variable(list, assignment, strcspn(assignment, "="));
    if (!entry) {
        texts_add(list, assignment);
        return;
    }
    char *old = *entry;
    *entry = must_copy(assignment);
    free(old);
}

const char *texts_variable(const struct texts *list, const char *name)
{
    char **entry = find_variable(list, name, strlen(name));
    return entry ? *entry + strlen(name) + 1 : NULL;
}

void texts_free(struct texts *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct texts){0};
}
