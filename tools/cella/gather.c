/* SPDX-License-Identifier: Apache-2.0 */
/* gather.c - all that goes into an image: see gather.h.
 *
 * Of several sources of one path the later one wins: files of the roots, then the user's own (Files,
 * Dirs, MapDirs, --add), then what is still missing: the program, what it needs, and the files that
 * every image has (tools/image/base).
 */
#define _GNU_SOURCE
#include "gather.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elffile.h"
#include "hostfiles.h"
#include "install.h"
#include "libraries.h"
#include "packages.h"
#include "pathname.h"
#include "say.h"
#include "script.h"
#include "variables.h"
#include "what.h"

/* Where Debian's cross compiler has the libraries that it links with. */
#define CROSS_ROOT "/usr/riscv64-linux-gnu"

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* --- manifests --------------------------------------------------------------------------- */

/* The manifest in the file at path, or null with *complaint and *hint (or null), all of which the caller
 * frees. */
static struct manifest *try_manifest(const char *path, char **complaint, char **hint)
{
    struct manifest_error error;
    struct manifest      *m = must_alloc(sizeof(*m));
    char                 *text = must_alloc(MANIFEST_SIZE_MAX + 1);
    FILE                 *file = fopen(path, "re");
    size_t                length = file ? fread(text, 1, MANIFEST_SIZE_MAX + 1, file) : 0;
    *complaint = *hint = NULL;
    if (!file || ferror(file)) {
        *complaint = must_format("%s cannot be read: %s", path, strerror(errno));
    } else if (length > MANIFEST_SIZE_MAX) {
        *complaint = must_format("%s is too long for a manifest: the limit is %zu bytes", path,
                                 MANIFEST_SIZE_MAX);
    } else if (manifest_parse(text, length, m, &error)) {
        *complaint = must_format("%s:%u:%u: %s", path, error.line, error.column, error.text);
        *hint = error.hint;
        free(error.text);
    }
    if (file)
        fclose(file);
    free(text);
    if (!*complaint)
        return m;
    free(m);
    return NULL;
}

struct manifest gather_read_manifest(const char *path)
{
    char            *complaint, *hint;
    struct manifest *m = try_manifest(path, &complaint, &hint);
    if (!m)
        die(hint, "%s", complaint);
    struct manifest manifest = *m;
    free(m);
    return manifest;
}

static void apply_command_line(struct manifest *m, const struct gather_request *request)
{
    words_add_all(&m->args, request->args);
    for (char *const *e = request->env; e && *e; e++) {
        if (!variables_is(*e))
            die(NULL, "`%s` is no variable: NAME=VALUE", *e);
        variables_set(&m->env, *e);
    }
}

static void add_manifest(struct node *tree, const char *path, const struct manifest *m,
                         const char *why)
{
    const char *unsayable = manifest_unsayable(m);
    if (unsayable)
        die("give it to `cella run` instead, behind -- or with -e",
            "`%s` is no UTF-8, so no manifest can hold it", unsayable);
    char *text = manifest_canonical(m);
    if (strlen(text) > MANIFEST_SIZE_MAX)
        die("shorten the arguments", "the manifest is longer than the %zu bytes that are allowed",
            MANIFEST_SIZE_MAX);
    tree_add_text(tree, path, text, why);
    free(text);
}

/* Manifests that choose another program of the image. */
static void add_further_manifest(struct node *tree, const char *host)
{
    struct manifest m = gather_read_manifest(host);
    const char     *key = manifest_content_key(&m);
    char           *name = pathname_last(host), *path = must_format("/.cella/%s", name);
    if (key)
        die("what an image holds is said in its own manifest only",
            "%s: a further manifest cannot have \"%s\"", host, key);
    add_manifest(tree, path, &m, "--also");
    manifest_free(&m);
    free(name);
    free(path);
}

/* --- what every image has ---------------------------------------------------------------- */

/* Debian has each of these folders as a link to its namesake in /usr, and packages rely on it: programs
 * name the loader as /lib/..., and it comes as /usr/lib/... */
static void add_skeleton(struct node *tree)
{
    static const char *const merged[] = {"bin", "lib", "sbin"};
    static const char *const folders[] = {"dev", "proc", "root", "sys", ".cella"};
    for (size_t i = 0; i < sizeof(merged) / sizeof(*merged); i++) {
        char *target = must_format("usr/%s", merged[i]);
        tree_add_folder(tree, target, 0, NULL);
        tree_add_link(tree, merged[i], target, "every image");
        free(target);
    }
    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
        tree_add_folder(tree, folders[i], 0, NULL);
    tree_add_folder(tree, "tmp", 01777, NULL);
}

static void add_base(struct node *tree)
{
    struct hostfiles_lay lay = {.tree = tree, .why = "every image", .gently = true};
    char                *base = install_source_path("tools/image/base");
    hostfiles_lay_inside(&lay, base, "");
    free(base);
}

/* --- roots ------------------------------------------------------------------------------- */

static void add_root(struct roots *roots, const char *folder, const char *what)
{
    if (!is_folder(folder))
        die(NULL, "%s %s is no folder", what, folder);
    words_add(&roots->folders, folder);
}

static void add_package_root(struct roots *roots, const struct manifest *m, const char *home,
                             const char *lock)
{
    char *beside = must_format("%s/cella.lock", home);
    char *root = packages_root(m->packages.at, lock ? lock : beside);
    if (!root)
        die(NULL, "there is no image without the packages of its manifest");
    words_add(&roots->folders, root);
    free(root);
    free(beside);
}

/* A manifest's roots; home is its folder. */
static struct roots roots_of(const struct gather_request *request, const struct manifest *m,
                             const char *home)
{
    struct roots roots = {0};
    if (request->root)
        add_root(&roots, request->root, "--root");
    if (m->target_root) {
        bool  absolute = m->target_root[0] == '/';
        char *folder = absolute ? must_copy(m->target_root)
                                : must_format("%s/%s", home, m->target_root);
        add_root(&roots, folder, "the TargetRoot");
        free(folder);
    }
    if (m->packages.count > 0)
        add_package_root(&roots, m, home, request->lock);
    if (roots.folders.count == 0 && is_folder(CROSS_ROOT))
        words_add(&roots.folders, CROSS_ROOT);
    return roots;
}

/* --- files of a manifest ----------------------------------------------------------------- */

/* Everything that adding a manifest's files needs. */
struct parts {
    struct node        *tree;
    const struct roots *roots;
    const char         *home; /* the manifest's folder */
};

static bool leaves(const char *path)
{
    for (const char *at = path; at && *at; at = strchr(at, '/')) {
        at += strspn(at, "/");
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || !at[2]))
            return true;
    }
    return false;
}

/* The host's path of a relative path of the list key; the caller frees it. */
static char *own_path(const struct parts *p, const char *key, const char *path)
{
    if (leaves(path))
        die("\"MapDirs\" can take files from other folders",
            "\"%s\": %s leaves the manifest's folder", key, path);
    char       *host = must_format("%s/%s", p->home, path);
    struct stat status;
    if (stat(host, &status))
        die("relative paths are looked for in the manifest's folder, absolute ones in the roots",
            "\"%s\": %s: %s", key, host, strerror(errno));
    if (S_ISDIR(status.st_mode) != (strcmp(key, "Dirs") == 0))
        die(S_ISDIR(status.st_mode) ? "folders belong into \"Dirs\""
                                    : "files belong into \"Files\"",
            "\"%s\": %s is %s folder", key, host, S_ISDIR(status.st_mode) ? "a" : "no");
    return host;
}

/* An own file is meant even if its name is a link. */
static void add_own(const struct parts *p, const char *key, const char *path)
{
    struct hostfiles_lay lay = {.tree = p->tree, .why = key};
    char                *named = own_path(p, key, path), *host = realpath(named, NULL);
    if (!host)
        die(NULL, "\"%s\": %s: %m", key, named);
    hostfiles_lay(&lay, host, path);
    free(host);
    free(named);
}

static void add_of_roots(const struct parts *p, const char *key, const char *path)
{
    bool        folders = strcmp(key, "Dirs") == 0;
    char       *found = roots_find(p->roots, p->tree, path, NULL);
    struct stat status;
    if (!found || stat(found, &status))
        die("name the Debian package that has it in \"Packages\", or another \"TargetRoot\"",
            "\"%s\": %s is not in %s", key, path, roots_name(p->roots));
    if (S_ISDIR(status.st_mode) != folders)
        die(folders ? "files belong into \"Files\"" : "folders belong into \"Dirs\"",
            "\"%s\": %s is %s folder", key, path, folders ? "no" : "a");
    free(found);
    roots_take(p->roots, p->tree, path, key);
}

/* Of a list of paths those that are absolute, or those that are not. */
static void add_list(const struct parts *p, const char *key, const struct words *list,
                     bool absolute)
{
    for (size_t i = 0; i < list->count; i++) {
        if ((list->at[i][0] == '/') != absolute)
            continue;
        if (absolute)
            add_of_roots(p, key, list->at[i]);
        else
            add_own(p, key, list->at[i]);
    }
}

/* What a pattern of MapDirs matches goes to the folder. */
static void add_mapped(const struct parts *p, const char *pattern, const char *to)
{
    struct hostfiles_lay lay = {.tree = p->tree, .why = "MapDirs"};
    char  *full = pattern[0] == '/' ? must_copy(pattern) : must_format("%s/%s", p->home, pattern);
    glob_t found = {0};
    if (glob(full, GLOB_NOSORT, NULL, &found) || found.gl_pathc == 0)
        die("a pattern for all in a folder is FOLDER/*", "\"MapDirs\": nothing matches %s", full);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char *name = pathname_last(found.gl_pathv[i]);
        char *path = must_format("%s/%s", to, name);
        hostfiles_lay(&lay, found.gl_pathv[i], path);
        free(path);
        free(name);
    }
    globfree(&found);
    free(full);
}

static void add_parts(const struct parts *p, const struct manifest *m)
{
    add_list(p, "Files", &m->files, true);
    add_list(p, "Dirs", &m->dirs, true);
    add_list(p, "Files", &m->files, false);
    add_list(p, "Dirs", &m->dirs, false);
    for (size_t i = 0; i < m->map_from.count; i++)
        add_mapped(p, m->map_from.at[i], m->map_to.at[i]);
}

static void add_folders(struct node *tree, const struct words *folders)
{
    struct hostfiles_lay lay = {.tree = tree, .why = "--add"};
    for (size_t i = 0; i < folders->count; i++) {
        if (!is_folder(folders->at[i]))
            die(NULL, "--add: %s is no folder", folders->at[i]);
        hostfiles_lay_inside(&lay, folders->at[i], "");
    }
}

/* --- the program ------------------------------------------------------------------------- */

static void set_program(struct manifest *m, char *path)
{
    free(m->program);
    m->program = path;
}

/* A relative one is a file beside the manifest, as those of Files are. */
static struct node *own_program(const struct parts *p, struct manifest *m)
{
    char *host = must_format("%s/%s", p->home, m->program);
    if (leaves(m->program) || access(host, F_OK))
        die("give it as an absolute path in the image, or put it beside the manifest",
            "the program %s is not there: %s: %s", m->program, host, strerror(errno));
    char *path = must_format("/%s", m->program);
    add_own(p, "Files", m->program);
    set_program(m, path);
    free(host);
    return tree_find_followed(p->tree, path);
}

static struct node *find_program(const struct parts *p, struct manifest *m)
{
    if (m->program[0] != '/')
        return own_program(p, m);
    struct node *node = tree_find_followed(p->tree, m->program);
    if (!node && roots_take(p->roots, p->tree, m->program, "Program"))
        node = tree_find_followed(p->tree, m->program);
    if (!node)
        die("add it to \"Files\", or name its Debian package in \"Packages\", or another "
            "\"TargetRoot\"",
            "the program %s is not there: neither among the files, nor in %s", m->program,
            roots_name(p->roots));
    return node;
}

static void check_program(const struct node *node)
{
    struct elffile elf;
    char          *why, *path = node_path(node);
    if (node->kind != NODE_FILE)
        die(NULL, "the program %s is a folder", path);
    if (!elffile_is(node->source) && !script_is(node->source))
        die("programs are ELF files for riscv64, or scripts that begin with #!",
            "the program %s (%s) is neither", path, node->source);
    if (elffile_is(node->source)) {
        if (elffile_read(node->source, &elf, &why))
            die(NULL, "%s %s", node->source, why);
        elffile_free(&elf);
    }
    free(path);
}

/* The program itself, and of a script the program that reads it. */
static void complete_program(const struct parts *p, struct node *node)
{
    check_program(node);
    for (unsigned depth = 0; depth < 4 && node && script_is(node->source); depth++) {
        char *reader = script_reader(node->source), *path = node_path(node);
        char *why = must_format("named in the first line of %s", path);
        if (!reader)
            die(NULL, "the first line of the script %s names no program", node->source);
        if (reader[0] != '/')
            return; /* a path from Cwd on: of the user's own files */
        if (!roots_take(p->roots, p->tree, reader, why))
            die("name its Debian package in \"Packages\", or another root",
                "the script %s is for %s, which is not in %s", path, reader, roots_name(p->roots));
        node = tree_find_followed(p->tree, reader);
        if (node)
            check_program(node);
        free(why);
        free(path);
        free(reader);
    }
}

/* --- the three kinds --------------------------------------------------------------------- */

static void add_what_is_needed(struct gathered *g)
{
    struct libraries_search search = {
        .roots = &g->roots,
        .tree = g->tree,
        .library_path = variables_get(&g->manifest.env, "LD_LIBRARY_PATH")};
    libraries_complete(&search);
}

/* The program is at its place. */
static void finish(struct gathered *g, const struct parts *parts, struct node *program)
{
    program->mode |= 0111; /* whoever names it as the program means it to be run */
    complete_program(parts, program);
    add_what_is_needed(g);
    add_base(g->tree);
}

static struct gathered gather_manifest(const struct gather_request *request)
{
    struct gathered g = {.tree = tree_new(), .manifest = gather_read_manifest(request->what)};
    char           *home = pathname_folder(request->what);
    apply_command_line(&g.manifest, request);
    g.roots = roots_of(request, &g.manifest, home);
    struct parts parts = {.tree = g.tree, .roots = &g.roots, .home = home};
    add_skeleton(g.tree);
    add_parts(&parts, &g.manifest);
    add_folders(g.tree, &request->add);
    finish(&g, &parts, find_program(&parts, &g.manifest));
    add_manifest(g.tree, MANIFEST_PATH, &g.manifest, "the manifest");
    free(home);
    return g;
}

/* Where a program becomes one of the image: at its place below --root, else in /bin. */
static char *place_of_program(const char *program, const char *below)
{
    char  *what = realpath(program, NULL), *name = pathname_last(program), *place = NULL;
    char  *root = below ? realpath(below, NULL) : NULL;
    size_t length = root ? strlen(root) : 0;
    if (what && root && strncmp(what, root, length) == 0 && what[length] == '/')
        place = must_copy(what + length);
    if (!place)
        place = must_format("/bin/%s", name);
    free(what);
    free(name);
    free(root);
    return place;
}

struct node *gather_begin(struct gathered *g, const char *program, const char *root, char **path)
{
    struct gather_request request = {.root = root};
    *g = (struct gathered){.tree = tree_new()};
    g->roots = roots_of(&request, &g->manifest, ".");
    *path = place_of_program(program, root);
    add_skeleton(g->tree);
    return tree_add_file(g->tree, *path, program, 0755, "the program");
}

/* A program alone: argv[0] is its name. */
static struct gathered gather_program(const struct gather_request *request)
{
    struct gathered g;
    char           *path, *name = pathname_last(request->what);
    struct node    *program = gather_begin(&g, request->what, request->root, &path);
    g.manifest.program = path;
    words_add(&g.manifest.args, name);
    apply_command_line(&g.manifest, request);
    struct parts parts = {.tree = g.tree, .roots = &g.roots, .home = "."};
    add_folders(g.tree, &request->add);
    finish(&g, &parts, program);
    add_manifest(g.tree, MANIFEST_PATH, &g.manifest, "the manifest");
    free(name);
    return g;
}

/* A root that is ready is taken as it is; what is wrong with it is said. */
static void warn_of_manifest(const char *path)
{
    char            *complaint, *hint;
    struct manifest *m = try_manifest(path, &complaint, &hint);
    if (m)
        manifest_free(m);
    else
        say_warning("%s", complaint);
    free(m);
    free(complaint);
    free(hint);
}

static bool changes_manifest(const struct gather_request *request)
{
    return (request->args && *request->args) || (request->env && *request->env);
}

static struct gathered gather_folder(const struct gather_request *request)
{
    struct gathered      g = {.tree = tree_new()};
    struct hostfiles_lay lay = {.tree = g.tree, .why = "the root", .as_is = true};
    hostfiles_lay_inside(&lay, request->what, "");
    add_folders(g.tree, &request->add);

    struct node *manifest = tree_find_followed(g.tree, MANIFEST_PATH);
    if (!manifest || manifest->kind != NODE_FILE)
        die("a program in it is run with: cella run --root FOLDER FOLDER/bin/PROGRAM",
            "the folder %s has no " MANIFEST_PATH ", so that it does not say what to run",
            request->what);
    if (changes_manifest(request)) {
        g.manifest = gather_read_manifest(manifest->source);
        apply_command_line(&g.manifest, request);
        add_manifest(g.tree, MANIFEST_PATH, &g.manifest, "the manifest");
    } else {
        warn_of_manifest(manifest->source);
    }
    return g;
}

static struct gathered gather_kind(const struct gather_request *request)
{
    switch (what_is(request->what)) {
    case WHAT_MANIFEST:
        return gather_manifest(request);
    case WHAT_PROGRAM:
        return gather_program(request);
    case WHAT_FOLDER:
        return gather_folder(request);
    case WHAT_IMAGE:
        break;
    }
    die("cella run, gdb and inspect take images", "%s is an image already", request->what);
}

static void say_line_of(const char *line)
{
    say("%s", line);
}

struct gathered gather(const struct gather_request *request)
{
    struct gathered g = gather_kind(request);
    for (size_t i = 0; i < request->also.count; i++)
        add_further_manifest(g.tree, request->also.at[i]);
    if (request->verbose)
        gather_list(&g, say_line_of);
    return g;
}

/* --- the list ---------------------------------------------------------------------------- */

static void list_node(struct node *node, void *context)
{
    void (*print)(const char *line) = *(void (**)(const char *))context;
    if (node->kind == NODE_FOLDER)
        return;
    char *path = node_path(node), *line;
    if (node->kind == NODE_LINK)
        line = must_format("%s -> %s (%s)", path, node->target, node->why);
    else
        line = must_format("%s %04o %s (%s)", path, node->mode, node->made ? "made" : node->source,
                           node->why);
    print(line);
    free(line);
    free(path);
}

void gather_list(const struct gathered *gathered, void (*print)(const char *line))
{
    tree_walk(gathered->tree, list_node, &print);
}
