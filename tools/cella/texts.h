/* SPDX-License-Identifier: Apache-2.0 */
/* texts.h - a growing list of strings, which it owns. items ends with a null pointer once something was
 * added, so that it can stand where an argument vector is wanted. All zero is an empty list. */
#ifndef CELLA_TEXTS_H
#define CELLA_TEXTS_H

#include <stdbool.h>
#include <stddef.h>

struct texts {
    char **items;
    size_t count;
};

/* Append a copy of text. Ends the program if memory is out, as all of this does. */
void texts_add(struct texts *list, const char *text);

/* Append copies of a null-terminated vector's strings; null is an empty vector. */
void texts_add_all(struct texts *list, char *const *vector);

bool texts_have(const struct texts *list, const char *text);

/* Replace the entry NAME=... of a list of variables, or append. */
void texts_set_variable(struct texts *list, const char *assignment);

/* The value of the variable, or null. */
const char *texts_variable(const struct texts *list, const char *name);

void texts_free(struct texts *list);

#endif
