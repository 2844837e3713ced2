/* SPDX-License-Identifier: Apache-2.0 */
/* manifest_keys.c - complaints about keys: see manifest_keys.h. */
#include "manifest_keys.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

const char *const manifest_foreign_keys[] = {"BaseVolumeSz",
                                             "Boot",
                                             "BuildDir",
                                             "CloudConfig",
                                             "Debugflags",
                                             "DisableArgsCopy",
                                             "Force",
                                             "Kernel",
                                             "KernelArgs",
                                             "KlibDir",
                                             "Klibs",
                                             "LocalFilesParentDirectory",
                                             "ManifestName",
                                             "Mounts",
                                             "NameServers",
                                             "NanosVersion",
                                             "NightlyBuild",
                                             "NoTrace",
                                             "PackageBaseURL",
                                             "PackageManifestURL",
                                             "ManifestPassthrough",
                                             "ProgramPath",
                                             "RebootOnExit",
                                             "TFSv4",
                                             "TargetConfig",
                                             "Uefi",
                                             "UefiBoot",
                                             "Version",
                                             "VolumesDir",
                                             NULL};

const char *const manifest_foreign_run_keys[] = {
    "Accel",     "AtExit",      "Background",   "Bridged",        "BridgeName", "CanIPForward",
    "Debug",     "DomainName",  "GPUs",         "GPUType",        "Gateway",    "GdbPort",
    "IPAddress", "IPv6Address", "ImageName",    "InstanceName",   "JSON",       "Klibs",
    "Kernel",    "Mounts",      "NetMask",      "Nics",           "Ports",      "QMP",
    "ShowDebug", "ShowErrors",  "ShowWarnings", "Spot",           "TapName",    "ThreadsPerCore",
    "UDPPorts",  "Vga",         "Verbose",      "VolumeSizeInGb", NULL};

#define KEY_MAX 32 /* longer ones are near to none */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters have to be put in, left out or changed to make b of a; case does not count. One row
 * of the usual table at a time. */
static size_t distance(const char *a, const char *b)
{
    size_t row[KEY_MAX + 1];
    size_t width = strlen(b);
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            bool   same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
            size_t changed = diagonal + !same;
            diagonal = row[j];
            row[j] = least(changed, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[width];
}

/* The nearest of known if at most a third of its letters differ, else null. */
static const char *nearest(const char *key, const char *const *known)
{
    const char *best = NULL;
    size_t      best_distance = 0;
    for (; strlen(key) <= KEY_MAX && *known; known++) {
        size_t far = distance(key, *known);
        if (far <= (strlen(*known) + 2) / 3 && (!best || far < best_distance)) {
            best = *known;
            best_distance = far;
        }
    }
    return best;
}

static bool is_among(const char *key, const char *const *list)
{
    for (; *list; list++) {
        if (strcmp(key, *list) == 0)
            return true;
    }
    return false;
}

static char *join(const char *const *list)
{
    char *joined = must_copy(*list);
    while (*++list) {
        char *longer = must_format("%s, %s", joined, *list);
        free(joined);
        joined = longer;
    }
    return joined;
}

char *manifest_key_complaint(const char *key, const char *const *known, const char *const *foreign,
                             char **hint)
{
    *hint = NULL;
    if (is_among(key, known))
        return NULL;
    if (is_among(key, foreign)) {
        *hint = must_copy("leave it out");
        return must_format("the key \"%s\" is one of ops that Cella has no use for", key);
    }
    const char *near = nearest(key, known);
    char       *all = join(known);
    *hint = near ? must_format("did you mean \"%s\"?", near) : must_format("the keys are: %s", all);
    free(all);
    return must_format("unknown key \"%s\"", key);
}
