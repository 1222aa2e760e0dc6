/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* clock.h - kernel clocks in nanoseconds, and short sleeps. */
#ifndef CGWARD_LIB_BASE_CLOCK_H
#define CGWARD_LIB_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static inline uint64_t clock_now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/* A signal may end the sleep early; callers poll in a loop anyway. */
static inline void clock_sleep_ms(long milliseconds)
{
	const struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};

	(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

#endif
