/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inspect-target.h - the group that is looked into: found, and sampled. */
#ifndef CGWARD_CMD_INSPECT_INSPECT_TARGET_H
#define CGWARD_CMD_INSPECT_INSPECT_TARGET_H

#include <cgward/model.h>

#include "shared/cli/cli.h"

struct subject {
	struct cli_context *context;
	struct cgw_layout *layout;
	struct cgw_sampler *sampler;
	struct cgw_frame *frame;
	char *path;
	uint32_t group; /* of the frame's newest sample */
};

/*
 * Finds the group that `what` means and takes one sample of it, of all above it and of all beneath.
 * Says what is wrong and returns the status to end with otherwise.
 */
enum cli_exit subject_open(struct subject *subject, struct cli_context *context, const char *what,
			   const struct cgw_metric_set *wanted);
/* One more sample, `after_ns` later. */
enum cli_exit subject_sample_again(struct subject *subject, uint64_t after_ns);
void subject_done(struct subject *subject);

#endif
