/* SPDX-License-Identifier: Apache-2.0 */
/* manifest_place.c - where something stands in a JSON text: see manifest_place.h.
 *
 * Every function that steps through the text stops at its end, also where the grammar would have more.
 */
#include "manifest_place.h"

#include <stdbool.h>
#include <string.h>

struct cursor {
    const char *at;
    const char *end;
};

static bool is_at(const struct cursor *c, const char *letters)
{
    return c->at < c->end && *c->at && strchr(letters, *c->at);
}

static void skip_space(struct cursor *c)
{
    while (is_at(c, " \t\r\n"))
        c->at++;
}

/* Past the string that begins here. */
static void skip_string(struct cursor *c)
{
    for (c->at++; c->at < c->end && *c->at != '"'; c->at++) {
        if (*c->at == '\\' && c->at + 1 < c->end)
            c->at++;
    }
    if (c->at < c->end)
        c->at++;
}

/* Past the value that begins here, however deep, to the comma or bracket that follows it. */
static void skip_value(struct cursor *c)
{
    size_t depth = 0;
    while (c->at < c->end) {
        if (*c->at == '"') {
            skip_string(c);
            continue;
        }
        if (depth == 0 && is_at(c, ",]}"))
            return;
        if (is_at(c, "{["))
            depth++;
        else if (is_at(c, "}]"))
            depth--;
        c->at++;
    }
}

static bool string_is(const struct cursor *c, const char *text)
{
    size_t length = strlen(text);
    return (size_t)(c->end - c->at) >= length + 2 && memcmp(c->at + 1, text, length) == 0 &&
           c->at[length + 1] == '"';
}

/* To the name key in the object that begins here; false: it stays where it is. */
static bool find_key(struct cursor *c, const char *key)
{
    struct cursor walk = *c;
    walk.at++;
    for (;;) {
        skip_space(&walk);
        if (!is_at(&walk, "\""))
            return false;
        if (string_is(&walk, key)) {
            *c = walk;
            return true;
        }
        skip_string(&walk);
        skip_value(&walk);
        if (!is_at(&walk, ","))
            return false;
        walk.at++;
    }
}

/* From a name to its value. */
static void to_value(struct cursor *c)
{
    skip_string(c);
    skip_space(c);
    if (is_at(c, ":"))
        c->at++;
    skip_space(c);
}

static bool find_value(struct cursor *c, const char *key)
{
    bool found = find_key(c, key);
    if (found)
        to_value(c);
    return found;
}

static void to_element(struct cursor *c, long index)
{
    c->at++;
    skip_space(c);
    for (; index > 0 && c->at < c->end; index--) {
        skip_value(c);
        if (is_at(c, ","))
            c->at++;
        skip_space(c);
    }
}

static struct cursor top_of(const char *text, size_t length)
{
    struct cursor c = {text, text + length};
    skip_space(&c);
    return c;
}

/* Counting characters: the bytes 10xxxxxx continue one. */
static struct place place_at(const char *text, const struct cursor *c)
{
    struct place place = {1, 1};
    for (const char *s = text; s < c->at; s++) {
        if (*s == '\n')
            place = (struct place){place.line + 1, 1};
        else if (((unsigned char)*s & 0xc0) != 0x80)
            place.column++;
    }
    return place;
}

struct place place_of_key(const char *text, size_t length, const char *outer, const char *key)
{
    struct cursor c = top_of(text, length);
    if (!outer || find_value(&c, outer))
        find_key(&c, key);
    return place_at(text, &c);
}

struct place place_of_member(const char *text, size_t length, const char *outer, const char *key)
{
    struct cursor c = top_of(text, length);
    if (find_value(&c, outer))
        find_value(&c, key);
    return place_at(text, &c);
}

struct place place_of_value(const char *text, size_t length, const char *key, long index)
{
    struct cursor c = top_of(text, length);
    if (find_value(&c, key) && index >= 0)
        to_element(&c, index);
    return place_at(text, &c);
}
