/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inspect-target.h - finds and samples the group to inspect. */
#pragma once

#include <cgward/model.h>

#include "shared/cli/cli.h"

struct inspect_target {
	struct cli_context *context;
	struct cgw_layout *layout;
	struct cgw_sampler *sampler;
	struct cgw_frame *frame;
	char *path;
	uint32_t group; /* in the last sample of the frame */
};

/*
 * Finds the group `name` and takes one sample of it, its ancestors and unless `only_group` its
 * descendants. On failure, prints the error and returns the exit status.
 */
enum cli_exit inspect_target_open(struct inspect_target *target, struct cli_context *context,
				  const char *name, const struct cgw_metric_set *metrics,
				  bool only_group);
/* Takes another sample after `after_ns`. */
enum cli_exit inspect_target_sample_again(struct inspect_target *target, uint64_t after_ns);
void inspect_target_done(struct inspect_target *target);

int explain_run(struct cli_context *context, int argc, char **argv);
