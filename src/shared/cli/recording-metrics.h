/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* recording-metrics.h - what goes into a recording of this machine, whoever keeps it. */
#ifndef CGWARD_SHARED_CLI_RECORDING_METRICS_H
#define CGWARD_SHARED_CLI_RECORDING_METRICS_H

#include <cgward/model.h>

/*
 * The metrics of "KEY,KEY,...". NULL: the usual ones, and a list that starts with '+' adds to those;
 * "all" is every one. -ENOENT or -EINVAL with the reason.
 */
int recording_metrics(const char *columns, struct cgw_metric_set *set, struct cgw_diag *diag);
/* For struct cgw_recorder_options: who owns the group's directory. The context is the layout. */
size_t recording_owner(void *context, const struct cgw_topology *topology, uint32_t group,
		       char *buffer, size_t size);
/* The identifier of this boot, "" where there is none; the caller frees it. */
char *recording_boot_id(const struct cgw_layout *layout);

#endif
