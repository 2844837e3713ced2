/* SPDX-License-Identifier: Apache-2.0 */
/* variables.h - an environment: a list of NAME=VALUE. */
#ifndef CELLA_VARIABLES_H
#define CELLA_VARIABLES_H

#include <stdbool.h>

#include "words.h"

/* Whether it is NAME=VALUE with a name in front. */
bool variables_is(const char *assignment);

/* Replace the variable that the assignment NAME=VALUE names, or append it. */
void variables_set(struct words *variables, const char *assignment);

/* The value of a variable, which the list keeps; or null. */
const char *variables_get(const struct words *variables, const char *name);

#endif
