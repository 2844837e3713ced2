/* SPDX-License-Identifier: Apache-2.0 */
/* install.c - finding the source tree, kernels and the emulator from where the tool itself is. */
#define _GNU_SOURCE
#include "install.h"

#include <errno.h>
#include <glob.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "say.h"

const char *install_build_folder(void)
{
    static char *folder;
    if (!folder) {
        char *self = realpath("/proc/self/exe", NULL);
        if (!self)
            die(errno == EACCES ? "open the folders that it is in to all users who are to run it"
                                : "mount /proc, then try again",
                "cannot tell where this program is: %m");
        folder = must_copy(dirname(dirname(self)));
        free(self);
    }
    return folder;
}

char *install_build_path(const char *name)
{
    return must_format("%s/%s", install_build_folder(), name);
}

/* Of a line KEY='VALUE': VALUE if key is KEY, else null. line is changed. */
static char *value_of(char *line, const char *key)
{
    size_t length = strlen(key);
    if (strncmp(line, key, length) != 0 || line[length] != '=' || line[length + 1] != '\'')
        return NULL;
    char *value = line + length + 2;
    char *end = strrchr(value, '\'');
    if (!end)
        return NULL;
    *end = '\0';
    return value;
}

/* The value of key in the file at path, or null. */
static char *read_key(const char *path, const char *key)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return NULL;
    char  *line = NULL, *value = NULL;
    size_t size = 0;
    while (!value && getline(&line, &size, file) > 0) {
        const char *found = value_of(line, key);
        value = found ? must_copy(found) : NULL;
    }
    free(line);
    fclose(file);
    return value;
}

char *install_source_path(const char *name)
{
    char *conf = install_build_path("cella.conf");
    char *source = read_key(conf, "source");
    if (!source)
        die("run `make tool` in the source tree again", "%s does not name the source tree", conf);
    char *path = must_format("%s/%s", source, name);
    free(source);
    free(conf);
    return path;
}

static _Noreturn void die_of_unknown_platform(const char *platform)
{
    glob_t found = {0};
    char  *pattern = install_source_path("platform/*/platform.mk");
    char  *names = must_copy("");
    if (glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++)
            names = must_format("%s %s", names, basename(dirname(found.gl_pathv[i])));
    }
    die(must_format("the platforms are:%s", names), "there is no platform `%s`", platform);
}

static bool is_platform(const char *platform)
{
    char *definition = install_source_path(must_format("platform/%s/platform.mk", platform));
    bool  is = *platform && !strchr(platform, '/') && access(definition, R_OK) == 0;
    free(definition);
    return is;
}

/* A value that must be in conf. */
static const char *need_key(const char *conf, const char *key, const char *hint)
{
    const char *value = read_key(conf, key);
    if (!value)
        die(hint, "%s %s", conf, access(conf, R_OK) == 0 ? "is damaged" : "is not there");
    return value;
}

static void need_file(const char *path, const char *what, const char *hint)
{
    if (access(path, R_OK) != 0)
        die(hint, "%s is not there: %s", what, path);
}

/* The user's, or that of conf, of which it is known whether it can keep the firmware quiet. */
static void choose_emulator(struct machine *m, const char *conf)
{
    const char *chosen = getenv("QEMU"), *quiet = read_key(conf, "quiet");
    if (chosen && *chosen && strcmp(chosen, m->emulator) != 0)
        m->emulator = chosen;
    else if (quiet && *quiet)
        m->quiet = quiet;
}

struct machine install_machine(const char *platform)
{
    if (!is_platform(platform))
        die_of_unknown_platform(platform);
    char *conf = install_build_path(must_format("%s/run.conf", platform));
    char *hint = must_format("build it first: make -C %s PLATFORM=%s BUILD=%s kernel qemu",
                             install_source_path("."), platform, install_build_folder());

    struct machine m = {
        .platform = must_copy(platform),
        .kernel = need_key(conf, "kernel", hint),
        .firmware = need_key(conf, "firmware", hint),
        .machine = need_key(conf, "machine", hint),
        .cpu = need_key(conf, "cpu", hint),
        .emulator = need_key(conf, "emulator", hint),
    };
    choose_emulator(&m, conf);
    need_file(m.kernel, "the kernel", hint);
    need_file(m.firmware, "the firmware", hint);
    if (strchr(m.emulator, '/'))
        need_file(m.emulator, "the emulator", hint);
    return m;
}
