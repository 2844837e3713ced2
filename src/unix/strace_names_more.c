/* SPDX-License-Identifier: Apache-2.0 */
/* strace_names_more.c - lists of names: signals, terminals, sockets. See strace_names.c. */
#include "fs/termios.h"
#include "unix/abi.h"
#include "unix/strace_names.h"
#include "unix/strace_table.h"

/* --- signals ----------------------------------------------------------------------------- */

NAMES(signals, NULL, N(SIGHUP), N(SIGINT), N(SIGQUIT), N(SIGILL), N(SIGTRAP), N(SIGABRT), N(SIGBUS),
      N(SIGFPE), N(SIGKILL), N(SIGUSR1), N(SIGSEGV), N(SIGUSR2), N(SIGPIPE), N(SIGALRM), N(SIGTERM),
      N(SIGSTKFLT), N(SIGCHLD), N(SIGCONT), N(SIGSTOP), N(SIGTSTP), N(SIGTTIN), N(SIGTTOU),
      N(SIGURG), N(SIGXCPU), N(SIGXFSZ), N(SIGVTALRM), N(SIGPROF), N(SIGWINCH), N(SIGIO), N(SIGPWR),
      N(SIGSYS), N(SIGRTMIN));
NAMES(sig_hows, "SIG_???", N(SIG_BLOCK), N(SIG_UNBLOCK), N(SIG_SETMASK));
NAMES(sigaction_flags, "SA_???", N(SA_ONSTACK), N(SA_RESTART), {0x20000000, "SA_INTERRUPT"},
      N(SA_NODEFER), N(SA_RESETHAND), N(SA_SIGINFO), N(SA_NOCLDSTOP), N(SA_NOCLDWAIT));
NAMES(sigstack_flags, "SS_???", N(SS_ONSTACK), N(SS_DISABLE), N(SS_AUTODISARM));
NAMES(sigcodes_any, NULL, N(SI_USER), N(SI_KERNEL), {(uint32_t)SI_QUEUE, "SI_QUEUE"},
      {(uint32_t)SI_TIMER, "SI_TIMER"}, {(uint32_t)SI_TKILL, "SI_TKILL"});
NAMES(sigcodes_ill, NULL, N(ILL_ILLOPC));
NAMES(sigcodes_fpe, NULL, N(FPE_INTDIV));
NAMES(sigcodes_segv, NULL, N(SEGV_MAPERR), N(SEGV_ACCERR));
NAMES(sigcodes_bus, NULL, N(BUS_ADRALN), N(BUS_ADRERR));
NAMES(sigcodes_trap, NULL, N(TRAP_BRKPT));

#define SIGNALS_NAMED 31 /* below SIGRTMIN */

void text_signal(struct text *t, int sig)
{
    const char *name = names_find(&names_signals, (uint64_t)sig);
    if (name)
        text_str(t, name);
    else if (sig > SIGRTMIN && sig <= NSIG)
        text_printf(t, "SIGRT_%d", sig - SIGRTMIN);
    else
        text_printf(t, "%d", sig);
}

/* Names in a set lack their SIG. */
static void member(struct text *t, int sig)
{
    const char *name = names_find(&names_signals, (uint64_t)sig);
    if (name)
        text_str(t, name + 3);
    else
        text_printf(t, "RT_%d", sig - SIGRTMIN);
}

void text_sigset(struct text *t, uint64_t set)
{
    bool        most = __builtin_popcountll(set) >= NSIG * 2 / 3;
    const char *blank = "";

    text_str(t, most ? "~[" : "[");
    for (int sig = 1; sig <= NSIG; sig++) {
        if (!(set & SIGSET(sig)) != most)
            continue;
        text_str(t, blank);
        member(t, sig);
        blank = " ";
    }
    text_str(t, "]");
}

/* --- files ------------------------------------------------------------------------------- */

void text_open_flags(struct text *t, uint32_t flags)
{
    text_value(t, &names_open_modes, flags & O_ACCMODE);
    if (flags & ~(uint32_t)O_ACCMODE) {
        text_str(t, "|");
        text_flags(t, &names_open_flags, flags & ~(uint32_t)O_ACCMODE);
    }
}

void text_file_mode(struct text *t, uint32_t mode)
{
    const char *type = names_find(&names_file_types, mode & S_IFMT);
    uint32_t    special = mode & (S_ISUID | S_ISGID | S_ISVTX);

    if (type)
        text_printf(t, "%s|", type);
    else if (mode & S_IFMT)
        text_printf(t, "%#o|", mode & S_IFMT);
    if (special) {
        text_flags(t, &names_mode_bits, special);
        text_str(t, "|");
    }
    text_printf(t, "%#03o", mode & 0777);
}

/* 12 bits of major lie between 8 and 12 of minor. */
void text_dev(struct text *t, uint32_t dev)
{
    uint32_t minor = (dev >> 12 & 0xfff00) | (dev & 0xff);
    text_printf(t, "makedev(%#x, %#x)", dev >> 8 & 0xfff, minor);
}

/* --- terminals --------------------------------------------------------------------------- */

NAMES(ioctl_cmds, NULL, N(TCGETS), N(TCSETS), N(TCSETSW), N(TCSETSF), N(TCGETA), N(TCSETA),
      N(TCSETAW), N(TCSETAF), N(TCSBRK), N(TCXONC), N(TCFLSH), {0x540c, "TIOCEXCL"},
      {0x540d, "TIOCNXCL"}, N(TIOCSCTTY), N(TIOCGPGRP), N(TIOCSPGRP), N(TIOCOUTQ),
      {0x5412, "TIOCSTI"}, N(TIOCGWINSZ), N(TIOCSWINSZ), {0x5415, "TIOCMGET"}, N(FIONREAD),
      N(FIONBIO), N(TIOCNOTTY), N(TIOCSETD), N(TIOCGETD), N(TCSBRKP), N(TIOCGSID), N(FIONCLEX),
      N(FIOCLEX), {0x5452, "FIOASYNC"}, {0x5460, "FIOQSIZE"}, {0x80045430, "TIOCGPTN"},
      {0x40045431, "TIOCSPTLCK"}, {0x802c542a, "TCGETS2"}, N(RNDGETENTCNT),
      {0x80086601, "FS_IOC_GETFLAGS"}, {0x40086602, "FS_IOC_SETFLAGS"}, {0x1260, "BLKGETSIZE"},
      {0x1268, "BLKSSZGET"}, {0x80081272, "BLKGETSIZE64"}, {0x40049409, "FICLONE"},
      {0xc020660b, "FS_IOC_FIEMAP"});
NAMES(tcflush_queues, "TC???FLUSH", {0, "TCIFLUSH"}, {1, "TCOFLUSH"}, {2, "TCIOFLUSH"});
NAMES(tcxonc_actions, "TC???", {0, "TCOOFF"}, {1, "TCOON"}, {2, "TCIOFF"}, {3, "TCION"});
NAMES(termios_iflags, NULL, {1, "IGNBRK"}, {2, "BRKINT"}, {4, "IGNPAR"}, {8, "PARMRK"},
      {16, "INPCK"}, N(ISTRIP), N(INLCR), N(IGNCR), N(ICRNL), {01000, "IUCLC"}, N(IXON), N(IXANY),
      {010000, "IXOFF"}, {020000, "IMAXBEL"}, N(IUTF8));
NAMES(termios_oflags, NULL, N(OPOST), {2, "OLCUC"}, N(ONLCR), N(OCRNL), N(ONOCR), N(ONLRET),
      {0100, "OFILL"}, {0200, "OFDEL"});
NAMES(termios_newlines, NULL, {0, "NL0"}, {0400, "NL1"});
NAMES(termios_returns, NULL, {0, "CR0"}, {01000, "CR1"}, {02000, "CR2"}, {03000, "CR3"});
NAMES(termios_tabs, NULL, {0, "TAB0"}, {04000, "TAB1"}, {010000, "TAB2"}, {014000, "TAB3"});
NAMES(termios_backspaces, NULL, {0, "BS0"}, {020000, "BS1"});
NAMES(termios_vtabs, NULL, {0, "VT0"}, {040000, "VT1"});
NAMES(termios_feeds, NULL, {0, "FF0"}, {0100000, "FF1"});
NAMES(termios_speeds, NULL, {0, "B0"}, {1, "B50"}, {2, "B75"}, {3, "B110"}, {4, "B134"},
      {5, "B150"}, {6, "B200"}, {7, "B300"}, {8, "B600"}, {9, "B1200"}, {10, "B1800"},
      {11, "B2400"}, {12, "B4800"}, {13, "B9600"}, {14, "B19200"}, N(B38400), {010001, "B57600"},
      {010002, "B115200"}, {010003, "B230400"});
NAMES(termios_sizes, NULL, {0, "CS5"}, {020, "CS6"}, {040, "CS7"}, N(CS8));
NAMES(termios_cflags, NULL, {0100, "CSTOPB"}, N(CREAD), {0400, "PARENB"}, {01000, "PARODD"},
      N(HUPCL), {04000, "CLOCAL"}, {020000000000, "CRTSCTS"});
NAMES(termios_lflags, NULL, N(ISIG), N(ICANON), {4, "XCASE"}, N(ECHO), N(ECHOE), N(ECHOK),
      N(ECHONL), N(NOFLSH), N(IEXTEN), {0400, "TOSTOP"}, N(ECHOCTL), {02000, "ECHOPRT"}, N(ECHOKE),
      {010000, "FLUSHO"}, {040000, "PENDIN"}, {0200000, "EXTPROC"});

/* --- sockets ----------------------------------------------------------------------------- */

NAMES(socket_families, "AF_???", {0, "AF_UNSPEC"}, {1, "AF_UNIX"}, {2, "AF_INET"}, {3, "AF_AX25"},
      {4, "AF_IPX"}, {5, "AF_APPLETALK"}, {6, "AF_NETROM"}, {7, "AF_BRIDGE"}, {9, "AF_X25"},
      {10, "AF_INET6"}, {15, "AF_KEY"}, {16, "AF_NETLINK"}, {17, "AF_PACKET"}, {29, "AF_CAN"},
      {30, "AF_TIPC"}, {31, "AF_BLUETOOTH"}, {38, "AF_ALG"}, {40, "AF_VSOCK"}, {44, "AF_XDP"});
NAMES(socket_types, "SOCK_???", {1, "SOCK_STREAM"}, {2, "SOCK_DGRAM"}, {3, "SOCK_RAW"},
      {4, "SOCK_RDM"}, {5, "SOCK_SEQPACKET"}, {6, "SOCK_DCCP"}, {10, "SOCK_PACKET"});
NAMES(socket_flags, "SOCK_???", {O_CLOEXEC, "SOCK_CLOEXEC"}, {O_NONBLOCK, "SOCK_NONBLOCK"});
NAMES(ip_protocols, "IPPROTO_???", {0, "IPPROTO_IP"}, {1, "IPPROTO_ICMP"}, {6, "IPPROTO_TCP"},
      {17, "IPPROTO_UDP"}, {41, "IPPROTO_IPV6"});
NAMES(socket_levels, "SOL_???", {0, "SOL_IP"}, {1, "SOL_SOCKET"}, {6, "SOL_TCP"}, {17, "SOL_UDP"},
      {41, "SOL_IPV6"});
NAMES(socket_options, "SO_???", {1, "SO_DEBUG"}, {2, "SO_REUSEADDR"}, {3, "SO_TYPE"},
      {4, "SO_ERROR"}, {5, "SO_DONTROUTE"}, {6, "SO_BROADCAST"}, {7, "SO_SNDBUF"}, {8, "SO_RCVBUF"},
      {9, "SO_KEEPALIVE"}, {10, "SO_OOBINLINE"}, {12, "SO_PRIORITY"}, {13, "SO_LINGER"},
      {15, "SO_REUSEPORT"}, {16, "SO_PASSCRED"}, {17, "SO_PEERCRED"}, {18, "SO_RCVLOWAT"},
      {19, "SO_SNDLOWAT"}, {20, "SO_RCVTIMEO_OLD"}, {21, "SO_SNDTIMEO_OLD"},
      {29, "SO_TIMESTAMP_OLD"}, {30, "SO_ACCEPTCONN"}, {31, "SO_PEERSEC"}, {32, "SO_SNDBUFFORCE"},
      {33, "SO_RCVBUFFORCE"}, {34, "SO_PASSSEC"}, {38, "SO_PROTOCOL"}, {39, "SO_DOMAIN"});
NAMES(msg_flags, "MSG_???", {1, "MSG_OOB"}, {2, "MSG_PEEK"}, {4, "MSG_DONTROUTE"},
      {8, "MSG_CTRUNC"}, {0x10, "MSG_PROBE"}, {0x20, "MSG_TRUNC"}, {0x40, "MSG_DONTWAIT"},
      {0x80, "MSG_EOR"}, {0x100, "MSG_WAITALL"}, {0x200, "MSG_FIN"}, {0x400, "MSG_SYN"},
      {0x800, "MSG_CONFIRM"}, {0x1000, "MSG_RST"}, {0x2000, "MSG_ERRQUEUE"},
      {0x4000, "MSG_NOSIGNAL"}, {0x8000, "MSG_MORE"}, {0x10000, "MSG_WAITFORONE"},
      {0x20000000, "MSG_FASTOPEN"}, {0x40000000, "MSG_CMSG_CLOEXEC"});
NAMES(shutdown_hows, "SHUT_???", {0, "SHUT_RD"}, {1, "SHUT_WR"}, {2, "SHUT_RDWR"});
