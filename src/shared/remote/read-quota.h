/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * read-quota.h - rate limit for reading from one host: a burst, then a number of bytes per second.
 *
 * A broken or malicious host that never stops sending would use a whole CPU to decode its samples.
 * What counts is the cost of decoding: the uncompressed bytes, and one byte per value of a sample.
 * A sample of ten thousand groups with the columns of the dashboard costs less than 1 MiB.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define READ_QUOTA_BYTES_PER_S (UINT64_C(8) << 20)
#define READ_QUOTA_BURST_BYTES (UINT64_C(64) << 20)
/* Reading resumes when this much is available again, which avoids many small reads. */
#define READ_QUOTA_RESUME_BYTES (UINT64_C(4) << 20)

struct read_quota {
	uint64_t full_ns; /* monotonic time at which the whole quota is available again */
	bool used_up;
};

/* Bytes that may be read now. */
static inline uint64_t read_quota_left(const struct read_quota *quota, uint64_t now_ns)
{
	uint64_t missing_ns = quota->full_ns > now_ns ? quota->full_ns - now_ns : 0;
	uint64_t missing = missing_ns / 1000 * READ_QUOTA_BYTES_PER_S / 1000000;

	return missing < READ_QUOTA_BURST_BYTES ? READ_QUOTA_BURST_BYTES - missing : 0;
}

static inline void read_quota_charge(struct read_quota *quota, uint64_t bytes, uint64_t now_ns)
{
	if (quota->full_ns < now_ns)
		quota->full_ns = now_ns;
	quota->full_ns += bytes * 1000000 / READ_QUOTA_BYTES_PER_S * 1000;
	quota->used_up = read_quota_left(quota, now_ns) == 0;
}

/* The time at which reading resumes; 0: now. */
static inline uint64_t read_quota_resume_ns(struct read_quota *quota, uint64_t now_ns)
{
	uint64_t resume_ns = (READ_QUOTA_BURST_BYTES - READ_QUOTA_RESUME_BYTES) * 1000000 /
			     READ_QUOTA_BYTES_PER_S * 1000;

	if (!quota->used_up)
		return 0;
	if (quota->full_ns <= now_ns + resume_ns) {
		quota->used_up = false;
		return 0;
	}
	return quota->full_ns - resume_ns;
}
