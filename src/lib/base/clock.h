/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* clock.h - time units, kernel clocks in nanoseconds, and short sleeps. */
#pragma once

#include <stdint.h>
#include <time.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)

static inline struct timespec timespec_from_ns(uint64_t ns)
{
	return (struct timespec){(time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S)};
}

static inline uint64_t ns_from_timespec(struct timespec time)
{
	return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

static inline uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return ns_from_timespec(now);
}

static inline uint64_t clock_now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/* A signal may end the sleep early; callers poll in a loop anyway. */
static inline void clock_sleep_ms(long milliseconds)
{
	const struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};

	clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}
