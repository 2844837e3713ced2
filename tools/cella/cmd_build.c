/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_build.c - `cella build`: make an image of what the user names. */
#define _GNU_SOURCE
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "gather.h"
#include "image.h"
#include "pathname.h"
#include "say.h"
#include "scratch.h"
#include "stage.h"

static const char help[] =
    "usage: cella build [OPTION]... WHAT [-- ARGUMENT...]\n"
    "\n"
    "Makes an image that `cella run` boots. WHAT is an ELF file for riscv64 or a script, a manifest, or a\n"
    "folder that is a ready root (with /.cella/manifest.json in it). The interpreter and the libraries that\n"
    "a program needs come along. Words behind -- are added to the program's arguments. No rights are\n"
    "needed, and the same files give the same bytes.\n"
    "\n"
    "  -o IMAGE             where the image goes; else WHAT's name with .img, in the current folder\n"
    "  -e NAME=VALUE        a variable of the program's environment; wins over the manifest's\n"
    "  --root DIR           where interpreter, libraries and files of the image are looked for first;\n"
    "                       else in the manifest's TargetRoot and Packages, else in the libraries of\n"
    "                       Debian's cross compiler, /usr/riscv64-linux-gnu\n"
    "  --also FILE          a further manifest, /.cella/FILE in the image, for `cella run --manifest`\n"
    "  --add DIR            lay the files of this folder over the image's\n"
    "  --lock FILE          versions of Packages; else cella.lock beside the manifest\n"
    "  --slack MIB          free space, beyond a quarter of the content; default 8\n"
    "  -v, --verbose        say of every file where it comes from, and why it is there\n"
    "\n"
    "examples:\n"
    "  cella build ./hello                      hello.img, of a program of the cross compiler\n"
    "  cella build -o my.img my.json -- -v      of a manifest, with one argument more\n"
    "  cella build --root rootfs rootfs/usr/bin/lua5.4\n";

struct build {
    struct gather_request request;
    const char           *out;
    unsigned              slack_mib;
};

enum { OPTION_ROOT = 256, OPTION_ALSO, OPTION_ADD, OPTION_LOCK, OPTION_SLACK };

static const struct option options[] = {
    {"root", required_argument, NULL, OPTION_ROOT},
    {"also", required_argument, NULL, OPTION_ALSO},
    {"add", required_argument, NULL, OPTION_ADD},
    {"lock", required_argument, NULL, OPTION_LOCK},
    {"slack", required_argument, NULL, OPTION_SLACK},
    {"verbose", no_argument, NULL, 'v'},
    {NULL, 0, NULL, 0},
};

static unsigned read_slack(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 6 || text[digits])
        die_usage("build", "--slack wants a number of MiB, not `%s`", text);
    return (unsigned)strtoul(text, NULL, 10);
}

static void take_option(struct build *b, struct words *env, int option)
{
    switch (option) {
    case 'o':
        b->out = optarg;
        break;
    case 'e':
        words_add(env, optarg);
        break;
    case 'v':
        b->request.verbose = true;
        break;
    case OPTION_ROOT:
        b->request.root = optarg;
        break;
    case OPTION_ALSO:
        words_add(&b->request.also, optarg);
        break;
    case OPTION_ADD:
        words_add(&b->request.add, optarg);
        break;
    case OPTION_LOCK:
        b->request.lock = optarg;
        break;
    case OPTION_SLACK:
        b->slack_mib = read_slack(optarg);
        break;
    default:
        abort();
    }
}

/* getopt reports with '?' and ':'. */
static void check_option(int option, const char *word)
{
    if (option == '?')
        die_usage("build", "there is no option %s", word);
    if (option == ':')
        die_usage("build", "%s wants a value", word);
}

/* The words behind `--`; argv ends before it then. */
static char **cut_arguments(int *argc, char **argv)
{
    for (int i = 1; i < *argc; i++) {
        if (strcmp(argv[i], "--") == 0) {
            *argc = i;
            argv[i] = NULL;
            return &argv[i + 1];
        }
    }
    return NULL;
}

static struct build read_options(int argc, char **argv)
{
    struct build b = {.slack_mib = IMAGE_SLACK_MIB};
    struct words env = {0};
    int          option;
    b.request.args = cut_arguments(&argc, argv);
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":o:e:v", options, NULL)) != -1) {
        check_option(option, argv[optind - 1]);
        take_option(&b, &env, option);
    }
    if (optind == argc)
        die_usage("build", "of what? Name a program, a manifest or a folder");
    if (optind + 1 < argc)
        die_usage("build", "one thing at a time; the program's arguments stand behind `--`");
    b.request.what = argv[optind];
    b.request.env = env.at;
    return b;
}

/* hello.json, hello and hello/ make hello.img. */
static char *usual_name(const char *what)
{
    char *name = pathname_last(what);
    char *dot = strrchr(name, '.');
    if (dot && strcmp(dot, ".json") == 0)
        *dot = '\0';
    char *image = must_format("%s.img", name);
    free(name);
    return image;
}

static int run(int argc, char **argv)
{
    struct build    b = read_options(argc, argv);
    struct gathered gathered = gather(&b.request);
    char           *staged = scratch_path("root");
    stage_tree(gathered.tree, staged);
    struct image_plan plan = {.tree = gathered.tree,
                              .staged = staged,
                              .path = b.out ? b.out : usual_name(b.request.what),
                              .slack_mib = b.slack_mib};
    image_write(&plan);
    return 0;
}

const struct command command_build = {
    .name = "build",
    .summary = "make an image of a program, a manifest or a folder",
    .help = help,
    .run = run,
};
