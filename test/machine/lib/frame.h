/* SPDX-License-Identifier: Apache-2.0
 *
 * frame.h - the constants that start.S, probe.S and machine.c share.
 */
#ifndef LIB_FRAME_H
#define LIB_FRAME_H

#define HARTS       4
#define STACK_BYTES 8192

/* struct frame in machine.h */
#define FRAME_STATUS 256
#define FRAME_OWN    264

#define MSTATUS_SIE  0x2
#define MSTATUS_MIE  0x8
#define MSTATUS_SPIE 0x20
#define MSTATUS_SPP  0x100
#define MSTATUS_MPP  0x1800
#define MSTATUS_MPRV 0x20000
#define MSTATUS_SUM  0x40000
#define MSTATUS_MXR  0x80000
#define MSTATUS_TSR  0x400000
#define MSTATUS_MPV  0x8000000000

#endif
