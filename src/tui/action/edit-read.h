/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* edit-read.h - reads the values that the limits form shows, in a worker thread. */
#pragma once

#include <cgward/limit.h>

#include "lib/base/string-list.h"
#include "tui/action/targets.h"
#include "tui/core/line-edit.h"

#define EDIT_CURRENT_MAX 128
/* Number of groups whose values are read. */
#define EDIT_GROUPS_MAX 64

struct edit_row {
	enum cgw_control control;
	char current[EDIT_CURRENT_MAX]; /* the most frequent value; "": none */
	char others[EDIT_CURRENT_MAX];  /* "max (3), 512M (2)" if the groups differ, else "" */
	struct line line;               /* the new value; "": unchanged */
	char problem[512];
};

struct edit_read {
	struct job job;
	struct string_list paths;
	uint32_t present[EDIT_GROUPS_MAX]; /* the hierarchies that contain each group */
	struct edit_row *rows;             /* the result; NULL: out of memory */
	size_t count;
};

/* Reads the first EDIT_GROUPS_MAX targets. NULL: out of memory. */
struct edit_read *edit_read_new(const struct cgw_topology *topology, const struct targets *targets);
