/* SPDX-License-Identifier: Apache-2.0 */
/* bootargs.c - see bootargs.h. */
#include "bootargs.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Not isalnum(): that depends on the locale. */
static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("-._/=:,+@", c));
}

static void add_encoded(struct words *bootargs, const char *key, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    char             *encoded = must_alloc(3 * strlen(text) + 1), *to = encoded;
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (is_plain(*text)) {
            *to++ = *text;
        } else {
            *to++ = '%';
            *to++ = digits[byte >> 4];
            *to++ = digits[byte & 15];
        }
    }
    words_add_format(bootargs, "%s=%s", key, encoded);
    free(encoded);
}

void bootargs_add_argument(struct words *bootargs, const char *argument)
{
    add_encoded(bootargs, "arg", argument);
}

void bootargs_add_variable(struct words *bootargs, const char *name_is_value)
{
    add_encoded(bootargs, "env", name_is_value);
}

char *bootargs_manifest(const char *text)
{
    static const char key[] = "manifest=";
    char             *path = NULL;
    while (*text) {
        size_t length = strcspn(text, " ");
        if (length >= sizeof(key) && strncmp(text, key, sizeof(key) - 1) == 0) {
            free(path);
            path = must_format("%.*s", (int)(length - sizeof(key) + 1), text + sizeof(key) - 1);
        }
        text += length + (text[length] == ' ');
    }
    return path;
}
