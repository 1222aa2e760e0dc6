/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* recording-metrics.h - metrics, group owners and boot ID for a recording of this machine. */
#ifndef CGWARD_SHARED_CLI_RECORDING_METRICS_H
#define CGWARD_SHARED_CLI_RECORDING_METRICS_H

#include <cgward/model.h>

/*
 * Parses "KEY,KEY,..." into metrics. NULL selects the default metrics, a list that starts with '+'
 * adds to them, and "all" selects every metric. -ENOENT or -EINVAL with the reason.
 */
int recording_metrics(const char *columns, struct cgw_metric_set *set, struct cgw_diag *diag);
/* Callback of struct cgw_recorder_options: the owner of the group. The context is the layout. */
size_t recording_owner(void *context, const struct cgw_topology *topology, uint32_t group,
		       char *buffer, size_t size);
/* The boot ID of the kernel, or "" if it cannot be read; the caller frees it. */
char *recording_boot_id(const struct cgw_layout *layout);

#endif
