/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* advice-list.h - the advice on each group, computed when it is shown. */
#pragma once

#include <stdbool.h>

#include <cgward/advise.h>

struct advice {
	struct cgw_advisor *advisor; /* NULL: not started, or being computed from the recording */
	const struct cgw_advice *items;
	size_t count;
	uint64_t samples;  /* so far; of a recording: all */
	bool outdated;     /* samples were added since `items` were computed */
	bool reading;      /* the recording */
	bool is_recording; /* the limits were tried on it */
	int error;
};

/* Computes what is outdated. */
void advice_update(struct advice *advice);
/* All advice on the group, as of the last update. */
const struct cgw_advice *advice_find(const struct advice *advice, const char *path,
				     size_t *ret_count);
/* Both. */
const struct cgw_advice *advice_of_group(struct advice *advice, const char *path,
					 size_t *ret_count);
void advice_done(struct advice *advice);
