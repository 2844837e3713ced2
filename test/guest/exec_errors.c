/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -Wno-nonnull */
/* exec_errors.c - why a program is not started, and that the one that asked for it goes on. */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "show.h"

static char *const args[] = {"program", NULL};
static char *const none[] = {NULL};

static long run(const char *path)
{
    return syscall(SYS_execve, path, args, none);
}

static long run_at(int fd, const char *path, long flags)
{
    return syscall(SYS_execveat, fd, path, args, none, flags);
}

static const char *file(const char *name, const void *bytes, size_t len, unsigned mode)
{
    static char path[64];
    snprintf(path, sizeof(path), "/tmp/%s", name);
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    if (fd < 0 || write(fd, bytes, len) != (ssize_t)len || fchmod(fd, mode) || close(fd))
        perror(path);
    return path;
}

static const char *text(const char *name, const char *contents)
{
    return file(name, contents, strlen(contents), 0755);
}

static void paths(void)
{
    char long_path[5000], long_name[300] = "/tmp/";
    memset(long_path, '/', sizeof(long_path) - 1);
    long_path[sizeof(long_path) - 1] = 0;
    memset(long_name + 5, 'x', 270);
    symlink("loop", "/tmp/loop");
    symlink("nowhere", "/tmp/dangling");
    file("plain", "x", 1, 0644);

    CLAIM("a path that leads nowhere is told as for any call");
    SHOW(run("/tmp/nowhere"));
    SHOW(run(""));
    SHOW(run("/tmp/dangling"));
    SHOW(run("/tmp/plain/x"));
    SHOW(run("/tmp/plain/"));
    SHOW(run("/tmp/loop"));
    SHOW(run(long_path));
    SHOW(run(long_name));
    SHOW(run(NULL));
    SHOW(run((char *)-4096));
    CLAIM("only a regular file that somebody may execute is a program");
    mkfifo("/tmp/fifo", 0777);
    SHOW(run("/tmp"));
    SHOW(run("/tmp/"));
    SHOW(run("/tmp/plain"));
    SHOW(run("/dev/null"));
    SHOW(run("/tmp/fifo"));
    SHOW(run("/proc/self/status"));
}

static void contents(void)
{
    CLAIM("a file of no known format gives ENOEXEC");
    SHOW(run(text("empty", "")));
    SHOW(run(text("words", "echo it is a script without a first line\n")));
    SHOW(run(text("magic", "\177ELF")));
    Elf64_Ehdr eh = {
        .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_EXEC,
        .e_machine = EM_X86_64,
        .e_version = EV_CURRENT,
        .e_phoff = sizeof(eh),
        .e_ehsize = sizeof(eh),
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = 1,
    };
    SHOW(run(file("foreign", &eh, sizeof(eh), 0755)));
    eh.e_machine = EM_RISCV;
    eh.e_type = ET_REL;
    SHOW(run(file("object", &eh, sizeof(eh), 0755)));
    eh.e_type = ET_EXEC;
    eh.e_phnum = 0;
    SHOW(run(file("headless", &eh, sizeof(eh), 0755)));
    eh.e_phnum = 1;
    eh.e_phentsize = 1;
    SHOW(run(file("odd", &eh, sizeof(eh), 0755)));
}

static void scripts(void)
{
    char line[400];
    CLAIM("a script is as good as its interpreter");
    SHOW(run(text("s1", "#!\n")));
    SHOW(run(text("s2", "#!   \t \n")));
    SHOW(run(text("s3", "#!/tmp/nowhere\n")));
    SHOW(run(text("s4", "#! /tmp/plain x\n")));
    SHOW(run(text("s5", "#!/tmp\n")));
    SHOW(run(text("s6", "#!/tmp/words\n")));
    SHOW(run(text("s7", "#!nowhere")));
    SHOW(run(text("s8", "#")));
    memset(line, 'x', sizeof(line));
    memcpy(line, "#!/tmp/", 7);
    SHOW(run(file("long", line, sizeof(line), 0755)));
    memset(line, ' ', sizeof(line));
    memcpy(line, "#!", 2);
    SHOW(run(file("blank", line, sizeof(line), 0755)));
    CLAIM("scripts run by scripts end somewhere");
    SHOW(run(text("self", "#!/tmp/self\n")));
    text("n1", "#!/tmp/nowhere\n");
    text("n2", "#!/tmp/n1\n");
    text("n3", "#!/tmp/n2\n");
    text("n4", "#!/tmp/n3\n");
    text("n5", "#!/tmp/n4\n");
    text("n6", "#!/tmp/n5\n");
    text("n7", "#!/tmp/n6\n");
    SHOW(run("/tmp/n4"));
    SHOW(run("/tmp/n5"));
    SHOW(run("/tmp/n6"));
    SHOW(run("/tmp/n7"));
}

/* A program that is nothing but the name of its interpreter. */
static const char *with_interpreter(const char *interp)
{
    struct {
        Elf64_Ehdr eh;
        Elf64_Phdr ph[2];
        char       name[64];
    } it = {
        .eh =
            {
                .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                .e_type = ET_EXEC,
                .e_machine = EM_RISCV,
                .e_version = EV_CURRENT,
                .e_entry = 0x10100,
                .e_phoff = sizeof(it.eh),
                .e_ehsize = sizeof(it.eh),
                .e_phentsize = sizeof(Elf64_Phdr),
                .e_phnum = 2,
            },
        .ph = {{PT_INTERP, PF_R, sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr), 0, 0, 0, 0, 1},
               {PT_LOAD, PF_R | PF_X, 0, 0x10000, 0x10000, sizeof(it), sizeof(it), 4096}},
    };
    strcpy(it.name, interp);
    it.ph[0].p_filesz = it.ph[0].p_memsz = strlen(interp) + 1;
    return file("interpreted", &it, sizeof(it), 0755);
}

static void interpreters(void)
{
    CLAIM("a program whose interpreter is not there or no good is not started");
    SHOW(run(with_interpreter("/tmp/nowhere")));
    SHOW(run(with_interpreter("/tmp/plain")));
    SHOW(run(with_interpreter("/tmp")));
    SHOW(run(with_interpreter("/tmp/words")));
    SHOW(run(with_interpreter("/tmp/foreign")));
    SHOW(run(with_interpreter("/tmp/empty")));
}

static void strings(void)
{
    static char  block[131073], *many[300000];
    static char *bad[] = {"x", (char *)-4096, NULL}, *one[] = {block, NULL};
    char *const *nobody = (char *const *)-4096;
    const char  *self = "/proc/self/exe";

    CLAIM("arguments and environment have to be readable");
    SHOW(syscall(SYS_execve, self, nobody, none));
    SHOW(syscall(SYS_execve, self, args, nobody));
    SHOW(syscall(SYS_execve, self, bad, none));
    SHOW(syscall(SYS_execve, self, args, bad));
    CLAIM("the file is looked for before they are read");
    SHOW(syscall(SYS_execve, "/tmp/nowhere", nobody, none));
    SHOW(syscall(SYS_execve, "/tmp/empty", bad, none));
    CLAIM("a string has at most 131072 bytes, and all of them have a quarter of the stack");
    memset(block, 'x', 131072);
    SHOW(syscall(SYS_execve, self, one, none));
    SHOW(syscall(SYS_execve, self, args, one));
    block[131071] = 0;
    SHOW(syscall(SYS_execve, "/tmp/empty", one, none));
    for (int i = 0; i < 16; i++)
        many[i] = block;
    SHOW(syscall(SYS_execve, "/tmp/empty", many, none));
    many[15] = NULL;
    SHOW(syscall(SYS_execve, "/tmp/empty", many, none));
    for (int i = 0; i < 262143; i++)
        many[i] = "";
    SHOW(syscall(SYS_execve, "/tmp/empty", many, none));
}

static void at(void)
{
    int dir = open("/tmp", O_RDONLY | O_DIRECTORY), fd = open("/tmp/words", O_RDONLY);
    int path = open("/tmp/words", O_PATH), plain = open("/tmp/plain", O_RDONLY), ends[2];
    int script = open("/tmp/s6", O_RDONLY | O_CLOEXEC);
    symlink("words", "/tmp/link");
    if (pipe(ends))
        perror("pipe");

    CLAIM("execveat starts at a directory, or is the file itself");
    SHOW(run_at(dir, "words", 0));
    SHOW(run_at(dir, "nowhere", 0));
    SHOW(run_at(fd, "words", 0));
    SHOW(run_at(fd, "", 0));
    SHOW(run_at(fd, "", AT_EMPTY_PATH));
    SHOW(run_at(path, "", AT_EMPTY_PATH));
    SHOW(run_at(plain, "", AT_EMPTY_PATH));
    SHOW(run_at(dir, "", AT_EMPTY_PATH));
    SHOW(run_at(ends[0], "", AT_EMPTY_PATH));
    SHOW(run_at(AT_FDCWD, "", AT_EMPTY_PATH));
    SHOW(run_at(99, "", AT_EMPTY_PATH));
    SHOW(run_at(99, "words", 0));
    SHOW(run_at(99, "/tmp/words", 0));
    SHOW(run_at(dir, "words", AT_EMPTY_PATH));
    SHOW(run_at(dir, NULL, AT_EMPTY_PATH));
    CLAIM("execveat follows a link unless told not to");
    SHOW(run_at(dir, "link", 0));
    SHOW(run_at(dir, "link", AT_SYMLINK_NOFOLLOW));
    SHOW(run_at(dir, "words", AT_SYMLINK_NOFOLLOW));
    SHOW(run_at(dir, "dangling", AT_SYMLINK_NOFOLLOW));
    CLAIM("execveat knows no other flags");
    SHOW(run_at(dir, "words", AT_REMOVEDIR));
    SHOW(run_at(dir, "nowhere", 1));
    SHOW(run_at(dir, "", 1));
    SHOW(run_at(99, "", AT_EMPTY_PATH | 1));
    CLAIM("a script whose descriptor closes before it is read is not found");
    SHOW(run_at(script, "", AT_EMPTY_PATH));
}

int main(void)
{
    paths();
    contents();
    scripts();
    interpreters();
    strings();
    at();
    return 0;
}
