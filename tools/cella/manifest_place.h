/* SPDX-License-Identifier: Apache-2.0 */
/* manifest_place.h - where in a JSON text something stands, for error messages.
 *
 * The text must be a valid JSON object: a parser has accepted it. A place that cannot be told, as that
 * of a name written with escapes, is that of what holds it.
 */
#ifndef CELLA_MANIFEST_PLACE_H
#define CELLA_MANIFEST_PLACE_H

#include <stddef.h>

/* Both from 1; the column counts characters. */
struct place {
    unsigned line, column;
};

/* Of the name key in the object that outer, a name at the top, has; outer null: at the top. */
struct place place_of_key(const char *text, size_t length, const char *outer, const char *key);

/* Of that name's value. */
struct place place_of_member(const char *text, size_t length, const char *outer, const char *key);

/* Of the value of key, at the top; or, if index >= 0, of that element of the value, an array. */
struct place place_of_value(const char *text, size_t length, const char *key, long index);

#endif
