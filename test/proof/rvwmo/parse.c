/* SPDX-License-Identifier: Apache-2.0 */
/* parse.c - litmus tests from text. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "litmus.h"

static const char *text; /* of the program at hand, for messages */

static _Noreturn void bad(const char *what, const char *at)
{
    fprintf(stderr, "litmus: %s at '%s' in: %s\n", what, at, text);
    exit(2);
}

static const char *skip(const char *s)
{
    while (*s == ' ')
        s++;
    return s;
}

static uint64_t number(const char **s)
{
    char    *end;
    uint64_t v = strtoull(skip(*s), &end, 0);
    if (end == *s)
        bad("no number", *s);
    *s = end;
    return v;
}

static unsigned place(struct litmus *t, char name)
{
    char *known = strchr(t->place, name);
    if (known)
        return (unsigned)(known - t->place);
    size_t n = strlen(t->place);
    if (n == LIT_PLACES)
        bad("too many places", t->place);
    t->place[n] = name;
    return (unsigned)n;
}

/* x, x.w1, x.b3 */
static void location(struct litmus *t, const char **s, uint32_t *at, uint32_t *size)
{
    *s = skip(*s);
    if (!islower((unsigned char)**s))
        bad("no place", *s);
    *at = 8 * place(t, *(*s)++);
    *size = 8;
    if (**s == '.') {
        *size = (*s)[1] == 'w' ? 4 : (*s)[1] == 'b' ? 1 : 0;
        if (!*size)
            bad("no size", *s);
        *s += 2;
        *at += *size * (uint32_t)number(s);
    }
}

static bool word(const char **s, const char *name)
{
    const char *p = skip(*s);
    size_t      n = strlen(name);
    if (strncmp(p, name, n) != 0 || isalnum((unsigned char)p[n]))
        return false;
    *s = p + n;
    return true;
}

static char letter(const char **s)
{
    *s = skip(*s);
    if (!islower((unsigned char)**s))
        bad("no register", *s);
    return *(*s)++;
}

/* The operation that loaded the register last. */
static unsigned loaded_by(const struct litmus *t, unsigned hart, char reg)
{
    for (unsigned i = t->n[hart]; i-- > 0;) {
        if (t->op[hart][i].to == reg)
            return i;
    }
    bad("register was not loaded", (char[]){reg, 0});
}

/* 5, =a, =a&0x80, =a|4 */
static struct lit_value operand(struct litmus *t, unsigned hart, struct rv_op *m, const char **s)
{
    struct lit_value v = {-1, ~0ull, 0};

    *s = skip(*s);
    if (**s != '=') {
        v.bits = number(s);
        return v;
    }
    ++*s;
    unsigned from = loaded_by(t, hart, letter(s));
    v.reg = (int)from;
    m->data |= 1u << from;
    if (**s == '&' || **s == '|') {
        char how = *(*s)++;
        if (how == '&')
            v.mask = number(s);
        else
            v.bits = number(s);
    }
    return v;
}

static uint8_t fence_set(const char **s)
{
    uint8_t set = 0;
    for (*s = skip(*s); **s == 'r' || **s == 'w'; ++*s)
        set |= **s == 'r' ? RV_R : RV_W;
    return set;
}

static void annotation(struct rv_op *m, const char **s)
{
    if (strncmp(*s, ".aqrl", 5) == 0) {
        m->aq = m->rl = true;
        *s += 5;
    } else if (strncmp(*s, ".aq", 3) == 0) {
        m->aq = true;
        *s += 3;
    } else if (strncmp(*s, ".rl", 3) == 0) {
        m->rl = true;
        *s += 3;
    }
}

static enum lit_do name_of_operation(const char **s)
{
    static const struct {
        const char *name;
        enum lit_do what;
    } names[] = {{"R", LIT_LOAD},  {"W", LIT_STORE},   {"OR", LIT_OR},
                 {"AND", LIT_AND}, {"SWAP", LIT_SWAP}, {"CAS", LIT_CAS}};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (word(s, names[i].name))
            return names[i].what;
    }
    bad("no operation", *s);
}

static void memory_operation(struct litmus *t, unsigned hart, const char **s, uint32_t branches)
{
    struct lit_op o = {.value = {-1, ~0ull, 0}};
    struct rv_op  m = {.ctrl = branches};

    o.what = name_of_operation(s);
    annotation(&m, s);
    location(t, s, &m.at, &m.size);
    if (**s == '@') {
        ++*s;
        m.addr = 1u << loaded_by(t, hart, letter(s));
    }
    m.load = o.what != LIT_STORE;
    m.store = o.what != LIT_LOAD;
    if (o.what == LIT_CAS)
        o.expected = number(s);
    if (m.store)
        o.value = operand(t, hart, &m, s);
    if (m.load)
        o.to = letter(s);
    t->op[hart][t->n[hart]] = o;
    t->memory[hart][t->n[hart]] = m;
}

static void one_operation(struct litmus *t, unsigned hart, const char **s, uint32_t *branches)
{
    if (t->n[hart] == LIT_OPS)
        bad("too many operations", *s);
    if (word(s, "B")) {
        *branches |= 1u << loaded_by(t, hart, letter(s));
        return;
    }
    if (word(s, "F")) {
        uint8_t pred = fence_set(s);
        if (*(*s)++ != ',')
            bad("no comma", *s);
        t->op[hart][t->n[hart]] = (struct lit_op){.what = LIT_FENCE};
        t->memory[hart][t->n[hart]] = (struct rv_op){.pred = pred, .succ = fence_set(s)};
    } else {
        memory_operation(t, hart, s, *branches);
    }
    t->n[hart]++;
}

static void parse_init(struct litmus *t, const char *s)
{
    for (s = skip(s); *s; s = skip(s)) {
        uint32_t at, size;
        location(t, &s, &at, &size);
        if (*s++ != '=')
            bad("no =", s);
        uint64_t v = number(&s);
        memcpy(&t->init[at], &v, size);
    }
}

void litmus_parse(struct litmus *t, const char *init, const char *program, const char *outcome)
{
    uint32_t branches = 0;

    text = program;
    memset(t, 0, sizeof(*t));
    t->outcome = outcome;
    t->harts = 1;
    parse_init(t, init);
    for (const char *s = program; *skip(s);) {
        one_operation(t, t->harts - 1, &s, &branches);
        s = skip(s);
        if (*s == '|') {
            if (t->harts++ == LIT_HARTS)
                bad("too many harts", s);
            branches = 0;
        } else if (*s && *s != ';') {
            bad("no ; or |", s);
        }
        s += *s != 0;
    }
}

bool litmus_without_fence(struct litmus *t, unsigned k)
{
    for (unsigned h = 0; h < t->harts; h++) {
        for (unsigned i = 0; i < t->n[h]; i++) {
            if (t->op[h][i].what == LIT_FENCE && k-- == 0) {
                t->memory[h][i].pred = t->memory[h][i].succ = 0;
                return true;
            }
        }
    }
    return false;
}
