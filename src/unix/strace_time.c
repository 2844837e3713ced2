/* SPDX-License-Identifier: Apache-2.0 */
/* strace_time.c - the structures of timers and of setting the clock. */
#include "unix/abi.h"
#include "unix/strace_impl.h"
#include "unix/strace_table.h"

NAMES(sigev_notifies, "SIGEV_???", N(SIGEV_SIGNAL), N(SIGEV_NONE), N(SIGEV_THREAD),
      N(SIGEV_THREAD_ID));
NAMES(adj_modes, "ADJ_???", {0x0001, "ADJ_OFFSET"}, {0x0002, "ADJ_FREQUENCY"},
      {0x0004, "ADJ_MAXERROR"}, {0x0008, "ADJ_ESTERROR"}, {0x0010, "ADJ_STATUS"},
      {0x0020, "ADJ_TIMECONST"}, {0x0080, "ADJ_TAI"}, N(ADJ_SETOFFSET), N(ADJ_MICRO), N(ADJ_NANO),
      {0x4000, "ADJ_TICK"});
NAMES(sta_flags, "STA_???", {0x0001, "STA_PLL"}, {0x0008, "STA_FLL"}, N(STA_UNSYNC), N(STA_NANO));
NAMES(clock_states, "TIME_???", {0, "TIME_OK"}, {1, "TIME_INS"}, {2, "TIME_DEL"}, {3, "TIME_OOP"},
      {4, "TIME_WAIT"}, N(TIME_ERROR));

void strace_p_itimerspec(struct text *t, const struct strace_call *c, unsigned i)
{
    struct abi_itimerspec it;
    if (!strace_read(t, c->a[i], &it, sizeof(it)))
        return;
    text_str(t, "{it_interval=");
    strace_print_timespec(t, &it.it_interval);
    text_str(t, ", it_value=");
    strace_print_timespec(t, &it.it_value);
    text_str(t, "}");
}

void strace_p_timezone(struct text *t, const struct strace_call *c, unsigned i)
{
    struct abi_timezone tz;
    if (strace_read(t, c->a[i], &tz, sizeof(tz)))
        text_printf(t, "{tz_minuteswest=%d, tz_dsttime=%d}", tz.tz_minuteswest, tz.tz_dsttime);
}

void strace_p_sigevent(struct text *t, const struct strace_call *c, unsigned i)
{
    struct abi_sigevent ev;
    if (!strace_read(t, c->a[i], &ev, sizeof(ev)))
        return;
    text_str(t, "{");
    if (ev.sigev_value)
        text_printf(t, "sigev_value={sival_int=%d, sival_ptr=%#lx}, ", (int)ev.sigev_value,
                    (unsigned long)ev.sigev_value);
    text_str(t, "sigev_signo=");
    text_signal(t, ev.sigev_signo);
    text_str(t, ", sigev_notify=");
    text_value(t, &names_sigev_notifies, (uint32_t)ev.sigev_notify);
    if (ev.sigev_notify == SIGEV_THREAD_ID)
        text_printf(t, ", sigev_notify_thread_id=%d", ev.sigev_tid);
    text_str(t, "}");
}

/* The rest is of pulses that nobody gives. */
void strace_p_timex(struct text *t, const struct strace_call *c, unsigned i)
{
    struct abi_timex tx;
    if (!strace_read(t, c->a[i], &tx, sizeof(tx)))
        return;
    text_str(t, "{modes=");
    text_flags(t, &names_adj_modes, tx.modes);
    text_printf(t, ", offset=%ld, freq=%ld, maxerror=%ld, esterror=%ld, status=", (long)tx.offset,
                (long)tx.freq, (long)tx.maxerror, (long)tx.esterror);
    text_flags(t, &names_sta_flags, (uint32_t)tx.status);
    text_printf(t, ", constant=%ld, precision=%ld, tolerance=%ld, ", (long)tx.constant,
                (long)tx.precision, (long)tx.tolerance);
    text_printf(t, "time={tv_sec=%ld, tv_usec=%ld}, tick=%ld, ", (long)tx.time.tv_sec,
                (long)tx.time.tv_usec, (long)tx.tick);
    text_printf(t, "ppsfreq=%ld, jitter=%ld, shift=%d, stabil=%ld, jitcnt=%ld, ", (long)tx.ppsfreq,
                (long)tx.jitter, tx.shift, (long)tx.stabil, (long)tx.jitcnt);
    text_printf(t, "calcnt=%ld, errcnt=%ld, stbcnt=%ld, tai=%d}", (long)tx.calcnt, (long)tx.errcnt,
                (long)tx.stbcnt, tx.tai);
}
