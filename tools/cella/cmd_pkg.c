/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_pkg.c - `cella pkg`: Debian's packages for riscv64. Its subcommands and options. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "install.h"
#include "lock.h"
#include "packages.h"
#include "pkg.h"
#include "process.h"
#include "say.h"

#define DEFAULT_SUITE "trixie"

static const char help[] =
    "usage: cella pkg get [OPTION]... [NAME[=VERSION]]...\n"
    "       cella pkg lock [OPTION]... [NAME[=VERSION]]...\n"
    "       cella pkg list [OPTION]... [PATTERN]...\n"
    "       cella pkg find PATH|LIBRARY|PATTERN\n"
    "\n"
    "get   fetches Debian packages for riscv64 with all that they depend on, writes their versions\n"
    "      and hashes into a lock file, and unpacks them into a folder that programs can be run in.\n"
    "      Without names, all that the lock file names. apt chooses the packages and checks their\n"
    "      signatures; the archive is the one in the system's own apt sources. What a lock file names\n"
    "      and was fetched once needs no network. Nothing of the packages is run.\n"
    "  -r, --root DIR       the folder, instead of ./root; files in it that are from no package stay\n"
    "  --lock FILE          the lock file, instead of ./cella.lock\n"
    "  --update             take the archive's versions of today, and renew the lock file\n"
    "  --no-depends         only the packages that are named\n"
    "  --suite SUITE        the Debian release, instead of trixie\n"
    "\n"
    "lock  does the same, but unpacks nothing: for manifests, which name packages themselves.\n"
    "\n"
    "list  shows the packages of the lock file: version, size, whether their files are in the cache\n"
    "      and in the folder. A pattern is a part of the name, or has * and ? for all of it.\n"
    "  -r, --root DIR       also what is in DIR and in no lock file\n"
    "  --available          search the archive's names and descriptions instead\n"
    "  --files              list the files of the one package that is named\n"
    "\n"
    "find  shows which of the locked packages has a file: by path (/usr/bin/lua5.4), by name\n"
    "      (libtinfo.so.6), or by pattern ('libstdc++*').\n"
    "\n"
    "examples:\n"
    "  cella pkg get lua5.4 && cella run --root root root/usr/bin/lua5.4 -- -e 'print(6 * 7)'\n"
    "  cella pkg list --available sqlite\n"
    "  cella pkg find libreadline.so.8\n";

enum { LOCK = 256, UPDATE, NO_DEPENDS, SUITE, AVAILABLE, FILES };

static const struct option long_options[] = {
    {"root", required_argument, NULL, 'r'},    {"lock", required_argument, NULL, LOCK},
    {"update", no_argument, NULL, UPDATE},     {"no-depends", no_argument, NULL, NO_DEPENDS},
    {"suite", required_argument, NULL, SUITE}, {"available", no_argument, NULL, AVAILABLE},
    {"files", no_argument, NULL, FILES},       {NULL, 0, NULL, 0},
};

const char *pkg_suite(const struct pkg_options *o, const struct lock *lock, const char *name)
{
    const struct lock_line *line = name ? lock_find(lock, name) : NULL;
    if (o->suite)
        return o->suite;
    return line ? line->suite : DEFAULT_SUITE;
}

int pkg_run_script(const char *name, const struct words *arguments, char **output)
{
    char        *below = must_format("tools/packages/%s", name);
    struct words command = {0};
    free(packages_cache_path("")); /* tells the scripts where the cache is */
    setenv("CELLA_SAYS", "cella", 1);
    words_add(&command, install_source_path(below));
    words_add_all(&command, arguments->at);
    free(below);
    return process_run((const char *const *)command.at, output);
}

static void take(struct pkg_options *o, int option, char **argv)
{
    switch (option) {
    case 1:
        words_add(&o->words, optarg);
        break;
    case 'r':
        o->root = optarg;
        break;
    case LOCK:
        o->lock = optarg;
        break;
    case UPDATE:
        o->update = true;
        break;
    case NO_DEPENDS:
        o->no_depends = true;
        break;
    case SUITE:
        o->suite = optarg;
        break;
    case AVAILABLE:
        o->available = true;
        break;
    case FILES:
        o->files = true;
        break;
    case ':':
        die_usage("pkg", "%s needs a value", argv[optind - 1]);
    default:
        die_usage("pkg", "there is no option %s, or it takes no value", argv[optind - 1]);
    }
}

static struct pkg_options read_options(int argc, char **argv)
{
    struct pkg_options o = {.lock = LOCK_NAME};
    int                option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "-:r:", long_options, NULL)) != -1)
        take(&o, option, argv);
    if (o.suite && (!*o.suite || o.suite[strspn(o.suite, "abcdefghijklmnopqrstuvwxyz-")]))
        die_usage("pkg", "`%s` cannot be the name of a Debian release", o.suite);
    if (o.root && !*o.root)
        die_usage("pkg", "-r: name a folder");
    return o;
}

static const struct {
    const char *name;
    int (*run)(const struct pkg_options *o);
} subcommands[] = {
    {"get", pkg_get},
    {"lock", pkg_lock},
    {"list", pkg_list},
    {"find", pkg_find},
};

static int run(int argc, char **argv)
{
    if (argc < 2)
        die_usage("pkg", "say what to do: get, lock, list or find");
    for (size_t i = 0; i < sizeof(subcommands) / sizeof(*subcommands); i++) {
        if (strcmp(argv[1], subcommands[i].name) == 0) {
            struct pkg_options o = read_options(argc - 1, argv + 1);
            return subcommands[i].run(&o);
        }
    }
    die_usage("pkg", "there is no `cella pkg %s`: get, lock, list or find", argv[1]);
}

const struct command command_pkg = {
    .name = "pkg",
    .summary = "get Debian packages for riscv64, and see what is in them",
    .help = help,
    .run = run,
};
