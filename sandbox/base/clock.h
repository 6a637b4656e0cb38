/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clock.h - what clocks say, as one number */
#ifndef NOOK_BASE_CLOCK_H
#define NOOK_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/** clock_ns() - Nanoseconds of a clock */
uint64_t clock_ns(clockid_t clock);
/** clock_ms() - Milliseconds of CLOCK_MONOTONIC, for what is waited for with poll(2) */
int64_t clock_ms(void);
/** clock_left_ms() - From now until @end, which is one of clock_ms(); 0 = it is over */
int clock_left_ms(int64_t end);

#endif
