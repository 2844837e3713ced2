/* SPDX-License-Identifier: Apache-2.0 */
/* options.c - see options.h. */
#define _GNU_SOURCE
#include "options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "bootargs.h"
#include "install.h"
#include "manifest.h"

enum { ROOT = 256, MANIFEST, STRACE, TRACE, SNAPSHOT, READ_ONLY, EMULATOR, VERBOSE, CPUS };

static const struct option long_options[] = {
    {"root", required_argument, NULL, ROOT},     {"manifest", required_argument, NULL, MANIFEST},
    {"strace", optional_argument, NULL, STRACE}, {"trace", required_argument, NULL, TRACE},
    {"qemu", required_argument, NULL, EMULATOR}, {"snapshot", no_argument, NULL, SNAPSHOT},
    {"read-only", no_argument, NULL, READ_ONLY}, {"verbose", no_argument, NULL, VERBOSE},
    {"platform", required_argument, NULL, 'p'},  {"memory", required_argument, NULL, 'm'},
    {"env", required_argument, NULL, 'e'},       {"batch", no_argument, NULL, 'b'},
    {"console", required_argument, NULL, 'c'},   {"boot-args", required_argument, NULL, 'a'},
    {"cpus", required_argument, NULL, CPUS},     {NULL, 0, NULL, 0},
};

/* What QEMU takes for a size: a number, perhaps with a fraction, and perhaps a unit. */
static bool is_size(const char *text)
{
    size_t whole = strspn(text, "0123456789");
    text += whole;
    if (*text == '.')
        text += 1 + strspn(text + 1, "0123456789");
    if (*text && strchr("bkmgtBKMGT", *text))
        text++;
    return whole && !*text;
}

static const char *check_memory(const char *command, const char *size)
{
    if (!is_size(size))
        die_usage(command, "-m %s: give a size such as 256m or 1g", size);
    return size;
}

static unsigned check_cpus(const char *command, const char *text)
{
    bool     number = *text && !text[strspn(text, "0123456789")] && strlen(text) <= 3;
    unsigned cpus = number ? (unsigned)atoi(text) : 0;
    if (cpus < 1 || cpus > CPUS_MAX)
        die_usage(command, "--cpus %s: give a number from 1 to %u", text, CPUS_MAX);
    return cpus;
}

static const char *check_variable(const char *command, const char *variable)
{
    const char *is = strchr(variable, '=');
    if (!is || is == variable)
        die_usage(command, "-e %s: give NAME=VALUE", variable);
    return variable;
}

/* A word of the boot arguments cannot hold a blank, and one that is empty would not be one. */
static const char *check_word(const char *command, const char *option, const char *word)
{
    if (!*word || strchr(word, ' '))
        die_usage(command, "%s '%s': give a value without blanks", option, word);
    return word;
}

static const char *check_path(const char *command, const char *path)
{
    if (*path != '/')
        die_usage(command, "--manifest %s: give a path in the image, from / on", path);
    return check_word(command, "--manifest", path);
}

/* -OPTION, or -OPTION VALUE, for no option of the emulator has more than one; or a value alone. */
static void add_emulator_option(struct words *words, const char *option)
{
    const char *blank = strchr(option, ' ');
    if (*option != '-' || !blank) {
        words_add(words, option);
        return;
    }
    words_add_format(words, "%.*s", (int)(blank - option), option);
    words_add(words, blank + strspn(blank, " "));
}

static void set_what(struct options *o, const char *command, const char *word)
{
    if (o->what)
        die_usage(command, "unexpected word `%s`: arguments of the program come behind --", word);
    o->what = word;
}

static void set_bootargs(struct options *o, const char *text)
{
    words_add(&o->bootargs, text);
    const char *manifest = bootargs_manifest(text);
    o->manifest = manifest ? manifest : o->manifest;
}

static void set_manifest(struct options *o, const char *path)
{
    words_add_format(&o->bootargs, "manifest=%s", path);
    o->manifest = path;
}

static void set_strace(struct options *o, const char *command, const char *calls)
{
    if (calls)
        words_add_format(&o->bootargs, "strace=%s", check_word(command, "--strace", calls));
    else
        words_add(&o->bootargs, "strace");
}

static void set_trace(struct options *o, const char *command, const char *classes)
{
    words_add_format(&o->bootargs, "trace=%s", check_word(command, "--trace", classes));
}

/* One option, or a word that is none (1). */
static void take(struct options *o, const char *command, int option)
{
    switch (option) {
    case 1:
        set_what(o, command, optarg);
        break;
    case 'p':
        o->platform = optarg;
        break;
    case 'm':
        o->memory = check_memory(command, optarg);
        break;
    case CPUS:
        o->cpus = check_cpus(command, optarg);
        break;
    case 'e':
        words_add(&o->env, check_variable(command, optarg));
        break;
    case 'a':
        set_bootargs(o, optarg);
        break;
    case 'b':
        o->batch = true;
        break;
    case 'c':
        o->console = optarg;
        break;
    case ROOT:
        o->root = optarg;
        break;
    case MANIFEST:
        set_manifest(o, check_path(command, optarg));
        break;
    case STRACE:
        set_strace(o, command, optarg);
        break;
    case TRACE:
        set_trace(o, command, optarg);
        break;
    case SNAPSHOT:
        o->snapshot = true;
        break;
    case READ_ONLY:
        o->read_only = true;
        break;
    case EMULATOR:
        add_emulator_option(&o->emulator, optarg);
        break;
    case VERBOSE:
        o->verbose = true;
        break;
    }
}

/* word: the one that getopt did not like. The short option in it, if it was one, is in optopt. */
static _Noreturn void refuse(const char *command, int why, const char *word)
{
    bool is_short = optopt && optopt < ROOT && strncmp(word, "--", 2) != 0;
    char letter[] = {'-', (char)optopt, '\0'};
    if (why == ':')
        die_usage(command, "%s needs a value", is_short ? letter : word);
    if (optopt && !is_short)
        die_usage(command, "%.*s takes no value", (int)strcspn(word, "="), word);
    die_usage(command, "there is no option %s", is_short ? letter : word);
}

struct options options_read(int argc, char **argv)
{
    struct options o = {.platform = DEFAULT_PLATFORM};
    int            option;
    opterr = 0;
    /* `-`: words come in their order as option 1; `:`: a missing value is told apart. */
    while ((option = getopt_long(argc, argv, "-:p:m:e:a:bc:", long_options, NULL)) != -1) {
        if (option == '?' || option == ':')
            refuse(argv[0], option, argv[optind - 1]);
        take(&o, argv[0], option);
    }
    o.args = argv + optind;
    if (!o.what)
        die_usage(argv[0], "name an ELF file, a manifest, a folder or an image");
    if (o.batch && o.console)
        die_usage(argv[0], "-b and -c exclude each other");
    return o;
}
