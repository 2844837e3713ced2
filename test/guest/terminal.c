/* SPDX-License-Identifier: Apache-2.0 */
/* terminal.c - a session at the terminal (terminal.session): lines are edited and echoed, an end of
 * file is typed, single keys arrive without their line, and Ctrl-C ends the program. */
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Print a prompt, then what is read. */
static void read_once(const char *prompt)
{
    char    buf[64];
    ssize_t n;

    printf("%s> ", prompt);
    fflush(stdout);
    n = read(0, buf, sizeof(buf));
    printf("%zd bytes:", n);
    for (ssize_t i = 0; i < n; i++)
        printf(" %02x", (unsigned char)buf[i]);
    puts("");
}

static void set_raw(int raw)
{
    struct termios t;

    tcgetattr(0, &t);
    if (raw)
        t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    else
        t.c_lflag |= ICANON | ECHO;
    tcsetattr(0, TCSADRAIN, &t);
}

int main(void)
{
    read_once("a line");
    read_once("an edited line");
    read_once("a killed line");
    read_once("quoted");
    read_once("part of a line");
    read_once("end of file");
    set_raw(1);
    read_once("one key");
    read_once("Ctrl-D is a key");
    set_raw(0);
    read_once("Ctrl-C");
    puts("not reached");
    return 0;
}
