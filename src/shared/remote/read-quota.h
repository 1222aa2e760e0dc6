/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * read-quota.h - how much is read from one host: so many bytes a second in the long run, more for a moment.
 *
 * Reading JSON costs; a host that sends without end (it is broken, or means harm) would have a whole CPU of
 * ours. Ten thousand groups with the dashboard's columns are 2 to 3 MiB a sample.
 */
#ifndef CGWARD_SHARED_REMOTE_READ_QUOTA_H
#define CGWARD_SHARED_REMOTE_READ_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ALLOWANCE_BYTES_PER_S (UINT64_C(8) << 20)
#define ALLOWANCE_BURST_BYTES (UINT64_C(64) << 20)
/* Once it is used up, what must be there again: else it would be a trickle of single reads. */
#define ALLOWANCE_AGAIN_BYTES (UINT64_C(4) << 20)

struct allowance {
	uint64_t full_ns; /* monotonic: when all of it is there again */
	bool used_up;
};

/* Bytes that may be read now. */
static inline uint64_t allowance_left(const struct allowance *allowance, uint64_t now_ns)
{
	uint64_t missing_ns = allowance->full_ns > now_ns ? allowance->full_ns - now_ns : 0;
	uint64_t missing = missing_ns / 1000 * ALLOWANCE_BYTES_PER_S / 1000000;

	return missing < ALLOWANCE_BURST_BYTES ? ALLOWANCE_BURST_BYTES - missing : 0;
}

static inline void allowance_take(struct allowance *allowance, uint64_t bytes, uint64_t now_ns)
{
	if (allowance->full_ns < now_ns)
		allowance->full_ns = now_ns;
	allowance->full_ns += bytes * 1000000 / ALLOWANCE_BYTES_PER_S * 1000;
	allowance->used_up = allowance_left(allowance, now_ns) == 0;
}

/* When the host is read again; 0: now. */
static inline uint64_t allowance_due_ns(struct allowance *allowance, uint64_t now_ns)
{
	uint64_t again_ns = (ALLOWANCE_BURST_BYTES - ALLOWANCE_AGAIN_BYTES) * 1000000 /
			    ALLOWANCE_BYTES_PER_S * 1000;

	if (!allowance->used_up)
		return 0;
	if (allowance->full_ns <= now_ns + again_ns) {
		allowance->used_up = false;
		return 0;
	}
	return allowance->full_ns - again_ns;
}

#endif
