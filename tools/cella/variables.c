/* SPDX-License-Identifier: Apache-2.0 */
/* variables.c - an environment: see variables.h. */
#include "variables.h"

#include <stdlib.h>
#include <string.h>

#include "say.h"

/* The entry of the variable whose name is the first length bytes of name, or null. */
static char **find(const struct words *variables, const char *name, size_t length)
{
    for (size_t i = 0; i < variables->count; i++) {
        char **entry = &variables->at[i];
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
            return entry;
    }
    return NULL;
}

bool variables_is(const char *assignment)
{
    const char *equals = strchr(assignment, '=');
    return equals && equals != assignment;
}

void variables_set(struct words *variables, const char *assignment)
{
    char **entry = find(variables, assignment, strcspn(assignment, "="));
    if (!entry) {
        words_add(variables, assignment);
        return;
    }
    char *old = *entry;
    *entry = must_copy(assignment);
    free(old);
}

const char *variables_get(const struct words *variables, const char *name)
{
    char **entry = find(variables, name, strlen(name));
    return entry ? *entry + strlen(name) + 1 : NULL;
}
