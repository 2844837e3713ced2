/* SPDX-License-Identifier: Apache-2.0 */
/* json.h - a strict JSON reader (RFC 8259) that pulls one token at a time out of a buffer.
 *
 * It allocates nothing and does not recurse: the caller's loop decides what to do with each token.
 * What it hands out is checked: the grammar, UTF-8, escapes and surrogate pairs, nesting depth. A
 * string's bytes stay in the buffer, escaped; json_string() decodes them.
 *
 *     json_open(&r, text, len);
 *     json_next(&r, &tok);              // JSON_OBJECT
 *     while (json_next(&r, &tok) == JSON_NAME) {
 *         json_next(&r, &tok);          // the member's value begins
 *         json_skip(&r, &tok);          // ... and is passed over
 *     }                                 // JSON_OBJECT_END, or JSON_ERROR
 *
 * After an error every further call returns JSON_ERROR; r.error, r.error_line and r.error_column
 * say why.
 */
#ifndef LIB_JSON_H
#define LIB_JSON_H

#include "lib/types.h"

#define JSON_DEPTH_MAX 32

enum json_type {
    JSON_ERROR,
    JSON_OBJECT,
    JSON_OBJECT_END,
    JSON_ARRAY,
    JSON_ARRAY_END,
    JSON_NAME, /* a member's name; the member's value comes next */
    JSON_STRING,
    JSON_NUMBER,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL,
    JSON_END, /* the text is over */
};

struct json_token {
    enum json_type type;
    const char    *text; /* JSON_NAME, JSON_STRING: between the quotes; JSON_NUMBER: its digits */
    size_t         len;
    unsigned       line; /* where the token begins; both count from 1, columns in bytes */
    unsigned       column;
};

struct json_reader {
    const char *text; /* constant */
    size_t      len;  /* constant */

    size_t   pos;
    unsigned line;
    size_t   line_start; /* position of the current line's first byte */
    unsigned depth;
    uint32_t in_object; /* bit d: the container at depth d is an object */
    int      expect;    /* what the grammar allows next; private to json.c */

    const char *error; /* NULL, or what is wrong, in words that follow "line 3, column 7: " */
    unsigned    error_line;
    unsigned    error_column;
};

/* Begin to read text[0..len). The text is the caller's and outlives the reader and its tokens. */
void json_open(struct json_reader *r, const char *text, size_t len);

/* The next token; its type is also returned. *tok is written even for JSON_ERROR (its place). */
enum json_type json_next(struct json_reader *r, struct json_token *tok);

/* Pass over the rest of the value that tok began (nothing to do for scalars); tok becomes its last
 * token. 0, or -EINVAL after an error. */
int json_skip(struct json_reader *r, struct json_token *tok);

/* Decode a JSON_NAME or JSON_STRING into buf with a terminating zero. Returns the length without
 * it;
 * -ENAMETOOLONG: does not fit into size bytes; -EINVAL: it contains the character U+0000. */
ssize_t json_string(const struct json_token *tok, char *buf, size_t size);

/* Whether a name or string, decoded, equals s. */
bool json_string_is(const struct json_token *tok, const char *s);

/* The value of a JSON_NUMBER: -EINVAL if it has a fraction or an exponent, -ERANGE. */
int json_integer(const struct json_token *tok, int64_t *value);

#endif
