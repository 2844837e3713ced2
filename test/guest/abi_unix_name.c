/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread -Wno-nonnull -Wno-stringop-overread -Wno-stringop-overflow */
/* abi_unix_name.c - names of local sockets: paths, abstract ones, those that the kernel chooses. */
#include "abi_unix.h"

static long bind_raw(int fd, const char *bytes, int len)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    memcpy(un.sun_path, bytes, len < (int)sizeof(un.sun_path) ? len : (int)sizeof(un.sun_path));
    return syscall(SYS_bind, fd, &un, PATH_AT + len);
}

static int sock(int type)
{
    return socket(AF_UNIX, type, 0);
}

static void paths(void)
{
    CLAIM("sockets with names in a file system");
    struct stat st;
    char        longest[109];
    int         a = sock(SOCK_STREAM), b = sock(SOCK_STREAM), c = sock(SOCK_DGRAM);

    umask(027);
    SHOW(bind_name(a, "/tmp/a"));
    tell_names(a);
    SHOW(stat("/tmp/a", &st));
    printf("mode %o size %ld links %ld\n", st.st_mode, (long)st.st_size, (long)st.st_nlink);
    SHOW(open("/tmp/a", O_RDWR));
    SHOW(bind_name(a, "/tmp/other"));
    SHOW(access("/tmp/other", F_OK));
    SHOW(bind_name(a, "/tmp/a"));
    SHOW(bind_name(a, "@abstract"));
    SHOW(bind_name(b, "/tmp/a"));
    SHOW(bind_name(c, "/tmp/a"));
    SHOW(bind_name(b, "/tmp"));
    SHOW(bind_name(b, "/tmp/missing/x"));
    SHOW(bind_name(b, "/tmp/a/x"));
    SHOW(bind_name(b, "/bin/x"));
    SHOW(bind_name(b, "/tmp/x/"));
    SHOW(bind_name(b, "tmp/relative"));
    tell_names(b);
    SHOW(rename("/tmp/relative", "/tmp/moved"));
    memset(longest, 'x', sizeof(longest));
    memcpy(longest, "/tmp/", 5);
    SHOW(bind_raw(c, longest, 108));
    tell_names(c);
    longest[108] = 0;
    SHOW(unlink(longest));
    /* what is bound stays so, and no file is left by itself */
    SHOW(unlink("/tmp/a"));
    tell_names(a);
    close(a);
    a = sock(SOCK_SEQPACKET);
    SHOW(bind_raw(a, "/tmp/cut\0there", 14));
    tell_names(a);
    close(a);
    SHOW(access("/tmp/cut", F_OK));
    b = sock(SOCK_STREAM);
    SHOW(bind_name(b, "/tmp/cut"));
    close(b);
    close(c);
}

static void errors(void)
{
    CLAIM("arguments of bind");
    struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/tmp/never"};
    int                a = sock(SOCK_STREAM);
    SHOW(syscall(SYS_bind, a, &un, 0));
    SHOW(syscall(SYS_bind, a, &un, 1));
    SHOW(syscall(SYS_bind, a, &un, 111));
    SHOW(syscall(SYS_bind, a, &un, 129));
    SHOW(syscall(SYS_bind, a, &un, -1));
    SHOW(syscall(SYS_bind, 99, &un, -1));
    SHOW(syscall(SYS_bind, 0, &un, -1));
    SHOW_POINTERS(syscall(SYS_bind, a, p, 20));
    un.sun_family = AF_UNSPEC;
    SHOW(syscall(SYS_bind, a, &un, 20));
    SHOW(syscall(SYS_bind, a, &un, 2));
    un.sun_family = AF_INET;
    SHOW(syscall(SYS_bind, a, &un, 16));
    SHOW(access("/tmp/never", F_OK));
    tell_names(a);
    close(a);
}

static void abstract(void)
{
    CLAIM("sockets with abstract names");
    int a = sock(SOCK_STREAM), b = sock(SOCK_STREAM), c = sock(SOCK_DGRAM), d = sock(SOCK_STREAM);
    SHOW(bind_name(a, "@name"));
    tell_names(a);
    SHOW(bind_name(b, "@name"));
    SHOW(bind_name(b, "@nam"));
    SHOW(bind_name(c, "@name"));
    SHOW(bind_raw(d, "\0name\0", 6));
    tell_names(d);
    SHOW(bind_name(a, "@name"));
    close(a);
    a = sock(SOCK_STREAM);
    SHOW(bind_name(a, "@name"));
    close(a);
    close(b);
    close(c);
    close(d);
    a = sock(SOCK_STREAM);
    SHOW(bind_raw(a, "", 1));
    tell_names(a);
    b = sock(SOCK_STREAM);
    SHOW(bind_raw(b, "\0bytes\0after\0that\0", 18));
    tell_names(b);
    close(a);
    close(b);
}

/* A NUL and five hexadecimal digits that no one else has. */
static void chosen(void)
{
    CLAIM("a name that the kernel chooses");
    struct sockaddr_un one, other;
    socklen_t          len = sizeof(one), len2 = sizeof(other);
    int                a = sock(SOCK_STREAM), b = sock(SOCK_STREAM);
    SHOW(bind_raw(a, "", 0));
    SHOW(bind_raw(b, "", 0));
    SHOW(bind_raw(b, "", 0));
    SHOW(bind_name(b, "@x"));
    getsockname(a, (void *)&one, &len);
    getsockname(b, (void *)&other, &len2);
    printf("lengths %u %u, first byte %d, %zu digits, different: %d\n", len, len2, one.sun_path[0],
           strspn(one.sun_path + 1, "0123456789abcdef"),
           memcmp(one.sun_path, other.sun_path, 6) != 0);
    close(a);
    close(b);
}

/* Who finds whom. */
static void finding(void)
{
    CLAIM("who finds whom");
    int l = listener(SOCK_STREAM, "/tmp/l", 5), m = listener(SOCK_SEQPACKET, "@m", 5);
    int a = sock(SOCK_STREAM), b = sock(SOCK_SEQPACKET), c = sock(SOCK_DGRAM);
    int idle = sock(SOCK_STREAM);

    SHOW(connect_name(b, "/tmp/l"));
    SHOW(connect_name(c, "/tmp/l"));
    SHOW(send_name(c, "/tmp/l", "x"));
    SHOW(connect_name(a, "@m"));
    SHOW(connect_name(c, "@m"));
    SHOW(send_name(c, "@m", "x"));
    SHOW(connect_name(a, "@missing"));
    SHOW(send_name(c, "@missing", "x"));
    SHOW(send_name(c, "/tmp/missing", "x"));
    SHOW(bind_name(idle, "/tmp/idle"));
    SHOW(connect_name(a, "/tmp/idle"));
    SHOW(symlink("l", "/tmp/link"));
    SHOW(bind_name(a, "/tmp/link"));
    SHOW(connect_name(a, "/tmp/link"));
    tell_names(a);
    SHOW(rename("/tmp/l", "/tmp/l2"));
    close(a);
    a = sock(SOCK_STREAM);
    SHOW(connect_name(a, "/tmp/l"));
    SHOW(connect_name(a, "/tmp/l2"));
    tell_names(a);
    close(a);
    close(l);
    a = sock(SOCK_STREAM);
    SHOW(connect_name(a, "/tmp/l2"));
    SHOW(unlink("/tmp/l2"));
    SHOW(mknod("/tmp/node", S_IFSOCK | 0600, 0));
    SHOW(connect_name(a, "/tmp/node"));
    SHOW(bind_name(a, "/tmp/node"));
    SHOW(chdir("/tmp"));
    l = listener(SOCK_STREAM, "here", 5);
    SHOW(connect_name(a, "./here"));
    tell_names(a);
    SHOW(chdir("/"));
    close(a);
    close(b);
    close(c);
    close(l);
    close(m);
    close(idle);
}

/* Of a name that does not fit, what there is room for, and how long it is. */
static void little_room(void)
{
    CLAIM("names that do not fit");
    struct sockaddr_un un = {.sun_path = "zzzzzzzzzzzzz"};
    socklen_t          len = 6;
    int                a = sock(SOCK_STREAM);
    SHOW(bind_name(a, "/tmp/room"));
    SHOW(getsockname(a, (void *)&un, &len));
    printf("length %u, \"%.12s\"\n", len, un.sun_path);
    len = 0;
    SHOW(getsockname(a, NULL, &len));
    SHOW(len);
    SHOW_POINTERS((len = 20, getsockname(a, p, &len)));
    SHOW_POINTERS(getsockname(a, (void *)&un, (void *)p));
    close(a);
}

int main(void)
{
    buffer_output();
    chdir("/");
    paths();
    errors();
    abstract();
    chosen();
    finding();
    little_room();
    return 0;
}
