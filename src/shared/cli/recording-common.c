/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* recording-common.c - common to the commands that write or read recordings. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "shared/cli/recording-common.h"

/*
 * Adds the default metrics, whose size does not depend on the workload. Process lists grow with the
 * number of processes, and per-CPU usage dominates a recording on a large machine. Metrics that
 * slow down every context switch are measured only if they are named.
 */
static void add_default_metrics(struct cgw_metric_set *set, bool all)
{
	for (enum cgw_metric metric = 0; metric < CGW_METRIC_COUNT; metric++) {
		enum cgw_cost cost = cgw_metric_info(metric)->cost;

		if (cost != CGW_TRACE &&
		    (all || (cost != CGW_LIST && metric != CGW_M_CPU_USAGE_PERCPU)))
			cgw_metric_set_add(set, metric);
	}
}

int recording_metrics(const char *columns, struct cgw_metric_set *set, struct cgw_diag *diag)
{
	const char *keys = columns != NULL ? columns : "+";
	CLEANUP(cleanup_free) char *copy = strdup(keys + (keys[0] == '+'));
	char *key, *rest;

	if (copy == NULL)
		return -ENOMEM;
	if (keys[0] == '+')
		add_default_metrics(set, false);
	for (key = strtok_r(copy, ", ", &rest); key != NULL; key = strtok_r(NULL, ", ", &rest)) {
		struct cgw_field field;
		int r;

		if (strcmp(key, "all") == 0) {
			add_default_metrics(set, true);
			continue;
		}
		r = cgw_field_parse(key, &field, diag);
		if (r < 0)
			return r;
		cgw_field_metrics(field, set);
	}
	return 0;
}

size_t recording_owner(void *context, const struct cgw_topology *topology, uint32_t group,
		       char *buffer, size_t size)
{
	const struct cgw_layout *layout = context;
	char path[4096];
	struct stat status;
	int length = 0;

	if (cgw_topology_path(topology, group, path, sizeof(path)) >= sizeof(path))
		return 0;
	for (uint32_t h = 0; h < topology->hierarchy_count; h++) {
		CLEANUP(cleanup_close) int fd = -1;

		if (!(topology->present[group] & UINT32_C(1) << h) ||
		    cgw_group_open(layout, h, path, &fd, NULL) < 0)
			continue;
		if (fstat(fd, &status) == 0)
			length = snprintf(buffer, size, "uid=%u\ngid=%u\n", (unsigned)status.st_uid,
					  (unsigned)status.st_gid);
		break;
	}
	return length > 0 ? (size_t)length : 0;
}

char *recording_boot_id(const struct cgw_layout *layout)
{
	char *text;
	size_t length;

	if (cgw_proc_read(layout, "sys/kernel/random/boot_id", &text, &length) < 0)
		return strdup("");
	text[strcspn(text, "\n")] = '\0';
	return text;
}

enum cli_exit recording_report_damage(const struct cli_context *context,
				      const struct cgw_replay *replay, enum cli_exit status)
{
	size_t count;
	const struct cgw_damage *damage = cgw_replay_damage(replay, &count);

	for (size_t i = 0; i < count; i++)
		cli_error(context, "%s: skipped %llu bytes at offset %llu: %s",
			  ESCAPED(512, damage[i].file), (unsigned long long)damage[i].length,
			  (unsigned long long)damage[i].offset, damage[i].what);
	return status == CLI_OK && count > 0 ? CLI_PARTLY : status;
}
