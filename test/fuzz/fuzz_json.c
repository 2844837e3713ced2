/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_json.c - the JSON reader: its tokens lie in the text, nest properly, and reading ends.
 *
 * An input is a JSON text. Its first byte decides which containers are skipped as wholes.
 */
/* sources: src/lib/json.c */
/* runs: 120000 */
/* options: -max_len=1024 */
#include "fuzz.h"
#include "lib/errno.h"
#include "lib/json.h"
#include "lib/types.h"

/* A decoded string fits into as many bytes as its text has, and is compared by the same rules. */
static void check_string(const struct json_token *tok)
{
    char   *buf = malloc(tok->len + 1);
    ssize_t len = json_string(tok, buf, tok->len + 1);
    FUZZ_CHECK(len == -EINVAL || (len >= 0 && (size_t)len <= tok->len));
    if (len >= 0) {
        FUZZ_CHECK(strlen(buf) == (size_t)len);
        FUZZ_CHECK(json_string_is(tok, buf));
        FUZZ_CHECK(json_string(tok, buf, (size_t)len) == -ENAMETOOLONG);
    }
    free(buf);
}

static void check_number(const struct json_token *tok)
{
    int64_t value;
    int     err = json_integer(tok, &value);
    FUZZ_CHECK(err == 0 || err == -EINVAL || err == -ERANGE);
    FUZZ_CHECK(err != 0 || (value < 0) <= (tok->text[0] == '-'));
}

static void check_token(const struct json_reader *r, const struct json_token *tok)
{
    FUZZ_CHECK(tok->line >= 1 && tok->column >= 1);
    FUZZ_CHECK(r->depth <= JSON_DEPTH_MAX && r->pos <= r->len);
    if (tok->type == JSON_NAME || tok->type == JSON_STRING || tok->type == JSON_NUMBER)
        FUZZ_CHECK(tok->text >= r->text && tok->text + tok->len <= r->text + r->len);
    if (tok->type == JSON_NAME || tok->type == JSON_STRING)
        check_string(tok);
    if (tok->type == JSON_NUMBER)
        check_number(tok);
}

static int opens(enum json_type type)
{
    return type == JSON_OBJECT || type == JSON_ARRAY;
}

/* The containers open, as the tokens tell. */
static unsigned depth_after(unsigned depth, enum json_type type)
{
    if (opens(type))
        return depth + 1;
    if (type == JSON_OBJECT_END || type == JSON_ARRAY_END) {
        FUZZ_CHECK(depth > 0);
        return depth - 1;
    }
    return depth;
}

static void read_all(struct json_reader *r, unsigned skips)
{
    struct json_token tok;
    unsigned          depth = 0;
    size_t            ntokens = 0;

    while (json_next(r, &tok) != JSON_ERROR && tok.type != JSON_END) {
        check_token(r, &tok);
        FUZZ_CHECK(++ntokens <= r->len + 1);
        if (opens(tok.type) && skips >> (ntokens % 8) & 1) {
            if (json_skip(r, &tok))
                break;
            FUZZ_CHECK(r->depth == depth);
            continue;
        }
        depth = depth_after(depth, tok.type);
        FUZZ_CHECK(r->depth == depth);
    }
    if (r->error)
        FUZZ_CHECK(json_next(r, &tok) == JSON_ERROR && r->error_line >= 1 && r->error_column >= 1);
    else
        FUZZ_CHECK(depth == 0 && json_next(r, &tok) == JSON_END);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_reader r;
    if (size == 0)
        return 0;
    char *text = fuzz_copy(data + 1, size - 1);
    json_open(&r, text, size - 1);
    read_all(&r, data[0]);
    free(text);
    return 0;
}
