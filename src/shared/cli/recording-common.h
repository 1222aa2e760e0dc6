/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* recording-common.h - common to the commands that write or read recordings. */
#pragma once

#include <cgward/recording.h>

#include "lib/base/cleanup.h"
#include "shared/cli/cli.h"

/*
 * Parses "KEY,KEY,..." into metrics. NULL selects the default metrics, a list that starts with '+'
 * adds to them, and "all" selects every metric but those that
 * are traced. -ENOENT or -EINVAL with the reason.
 */
int recording_metrics(const char *columns, struct cgw_metric_set *set, struct cgw_diag *diag);
/* Callback of struct cgw_recorder_options: the owner of the group. The context is the layout. */
size_t recording_owner(void *context, const struct cgw_topology *topology, uint32_t group,
		       char *buffer, size_t size);
/* The boot ID of the kernel, or "" if it cannot be read; the caller frees it. */
char *recording_boot_id(const struct cgw_layout *layout);

/*
 * Reports the damaged parts of a recording that a command skipped. Call it last: parts are found
 * damaged when they are read. Success becomes CLI_PARTLY.
 */
enum cli_exit recording_report_damage(const struct cli_context *context,
				      const struct cgw_replay *replay, enum cli_exit status);

DEFINE_CLEANUP(cleanup_replay, struct cgw_replay *, cgw_replay_free)
