/* SPDX-License-Identifier: Apache-2.0 */
/* install.h - where the things are that the tool works with.
 *
 * The tool is BUILD/bin/cella. make writes beside it, in BUILD/cella.conf, where the source tree is, and
 * in BUILD/PLATFORM/run.conf how a platform's machine is started. Both have lines KEY='VALUE', which
 * shell scripts read as well.
 */
#ifndef CELLA_INSTALL_H
#define CELLA_INSTALL_H

#define DEFAULT_PLATFORM "riscv64-cells"

/* What BUILD/PLATFORM/run.conf says; all strings live as long as the program. */
struct machine {
    const char *platform;
    const char *kernel;   /* path */
    const char *firmware; /* path */
    const char *machine;  /* QEMU's -M */
    const char *cpu;      /* QEMU's -cpu */
    const char *emulator; /* path; the environment variable QEMU replaces it */
    const char *quiet;    /* added to -M, keeps the firmware quiet; null if the emulator cannot */
};

/* BUILD, absolute, and BUILD/NAME. End the program if /proc is not there. */
const char *install_build_folder(void);
char       *install_build_path(const char *name);

/* A file of the source tree, such as "tools/packages/fetch.sh", as an absolute path. Ends the program
 * if BUILD/cella.conf is missing. */
char *install_source_path(const char *name);

/* How platform's machine is started. Ends the program, with the make command that helps, if there is no
 * such platform or if kernel, firmware or emulator is not there. */
struct machine install_machine(const char *platform);

#endif
