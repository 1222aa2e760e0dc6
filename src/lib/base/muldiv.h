/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* muldiv.h - scale and narrow integers without overflow. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Converts to size_t; a larger number becomes SIZE_MAX, which is no valid object size. */
static inline size_t size_from_u64(uint64_t number)
{
#if SIZE_MAX < UINT64_MAX
	return number < SIZE_MAX ? (size_t)number : SIZE_MAX;
#else
	return number;
#endif
}

/* a * b / c for compilers without 128-bit integers. */
static inline bool scale_u64_portable(uint64_t a, uint64_t b, uint64_t c, uint64_t *ret_scaled)
{
	uint64_t low = (a & UINT32_MAX) * (b & UINT32_MAX);
	uint64_t first = (a >> 32) * (b & UINT32_MAX), second = (a & UINT32_MAX) * (b >> 32);
	uint64_t middle = (low >> 32) + (first & UINT32_MAX) + (second & UINT32_MAX);
	uint64_t rest = (a >> 32) * (b >> 32) + (first >> 32) + (second >> 32) + (middle >> 32);
	uint64_t scaled = 0;

	low = (low & UINT32_MAX) | middle << 32;
	if (rest >= c)
		return false;
	for (int bit = 63; bit >= 0; bit--) {
		bool carried = rest >> 63;

		rest = rest << 1 | (low >> bit & 1);
		if (carried || rest >= c) {
			rest -= c;
			scaled |= UINT64_C(1) << bit;
		}
	}
	*ret_scaled = scaled;
	return true;
}

/* Computes a * b / c, with c not 0. Returns false if the result does not fit into 64 bits. */
static inline bool scale_u64(uint64_t a, uint64_t b, uint64_t c, uint64_t *ret_scaled)
{
#ifdef __SIZEOF_INT128__
	unsigned __int128 scaled = (unsigned __int128)a * b / c;

	if (scaled > UINT64_MAX)
		return false;
	*ret_scaled = (uint64_t)scaled;
	return true;
#else
	return scale_u64_portable(a, b, c, ret_scaled);
#endif
}
