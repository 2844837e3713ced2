/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_inspect.c - `cella inspect`: what something is, without running it. */
#define _GNU_SOURCE
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "gather.h"
#include "inspect.h"
#include "say.h"
#include "what.h"

static const char help[] =
    "usage: cella inspect [OPTION]... WHAT\n"
    "\n"
    "Tells what WHAT is: of a program its kind, its segments, and where interpreter and libraries would be\n"
    "taken from; of a manifest or a folder every file that would go into the image, and from where; of\n"
    "an image its file system, its manifests and its program. Nothing runs, and nothing is written.\n"
    "\n"
    "  -l                   of an image: list its files\n"
    "  --root DIR           where interpreter, libraries and files are looked for, as in `cella build`\n"
    "  --lock FILE          versions of a manifest's Packages\n"
    "\n"
    "Exit status: 0; 1 if something is missing, damaged, or would not be taken by the kernel.\n"
    "\n"
    "examples:\n"
    "  cella inspect ./hello\n"
    "  cella inspect my.json\n"
    "  cella inspect -l my.img\n";

enum { OPTION_ROOT = 256, OPTION_LOCK };

static const struct option options[] = {
    {"root", required_argument, NULL, OPTION_ROOT},
    {"lock", required_argument, NULL, OPTION_LOCK},
    {NULL, 0, NULL, 0},
};

struct inspect_options {
    struct gather_request request;
    bool                  all;
};

static void take_option(struct inspect_options *o, int option, const char *word)
{
    switch (option) {
    case 'l':
        o->all = true;
        break;
    case OPTION_ROOT:
        o->request.root = optarg;
        break;
    case OPTION_LOCK:
        o->request.lock = optarg;
        break;
    case ':':
        die_usage("inspect", "%s wants a value", word);
    default:
        die_usage("inspect", "there is no option %s", word);
    }
}

static void print_line(const char *line)
{
    printf("  %s\n", line);
}

static int inspect_gathered(const struct gather_request *request)
{
    struct gathered g = gather(request);
    if (g.manifest.program) {
        char *text = manifest_canonical(&g.manifest);
        printf("the image's " MANIFEST_PATH ":\n%s", text);
        free(text);
    }
    printf("files:\n");
    gather_list(&g, print_line);
    return 0;
}

static int run(int argc, char **argv)
{
    struct inspect_options o = {0};
    int                    option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":l", options, NULL)) != -1)
        take_option(&o, option, argv[optind - 1]);
    if (optind + 1 != argc)
        die_usage("inspect", optind == argc ? "of what?" : "one thing at a time");
    o.request.what = argv[optind];
    switch (what_is(o.request.what)) {
    case WHAT_IMAGE:
        return inspect_image(o.request.what, o.all);
    case WHAT_PROGRAM:
        return inspect_program(o.request.what, o.request.root);
    default:
        return inspect_gathered(&o.request);
    }
}

const struct command command_inspect = {
    .name = "inspect",
    .summary = "tell what a program, a manifest, a folder or an image is",
    .help = help,
    .run = run,
};
