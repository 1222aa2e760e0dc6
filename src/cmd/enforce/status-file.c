/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* status-file.c - write status.json. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/enforce/status-file.h"
#include "lib/base/cleanup.h"
#include "lib/base/file-replacement.h"
#include "lib/base/json-cleanup.h"
#include "lib/base/local-text.h"
#include "shared/cli/daemon-status.h"

#define LISTED_MAX 10000 /* maximum number of instances and of values */

static const char *const mode_names[] = {[CGW_MODE_ENFORCE] = "enforce",
					 [CGW_MODE_DRY_RUN] = "dry-run",
					 [CGW_MODE_OBSERVE] = "observe"};

static const char *section_name(const struct cgw_policy *policy, uint32_t section)
{
	return section != UINT32_MAX ? cgw_policy_section(policy, section).name : "";
}

/* Seconds between two times; NAN if the event has none. */
static double seconds_between(uint64_t from_ns, uint64_t to_ns, uint64_t event_ns)
{
	return event_ns != 0 ? ((double)to_ns - (double)from_ns) / 1e9 : NAN;
}

static json_t *instances(const struct cgw_policy *policy, const struct cgw_engine *engine,
			 uint64_t now_ns)
{
	CLEANUP(cleanup_free)
	struct cgw_instance_state *states = calloc(LISTED_MAX, sizeof(*states));
	json_t *list = json_array();
	size_t count = states != NULL ? cgw_engine_instances(engine, states, LISTED_MAX) : 0;

	for (size_t i = 0; i < count && i < LISTED_MAX; i++) {
		/* Group names are arbitrary bytes, JSON is UTF-8. */
		CLEANUP(cleanup_free) char *group = escape_copy(states[i].path);
		CLEANUP(cleanup_free) char *why = escape_copy(states[i].why);

		json_array_append_new(
			list, daemon_instance_json(&(struct daemon_instance){
				      .rule = section_name(policy, states[i].section),
				      .group = group,
				      .group_id = states[i].group_id,
				      .phase = cgw_phase_name(states[i].phase),
				      .step = states[i].step,
				      .since_seconds = seconds_between(states[i].since_ns, now_ns,
								       states[i].since_ns),
				      .until_seconds = seconds_between(now_ns, states[i].until_ns,
								       states[i].until_ns),
				      .why = why,
			      }));
	}
	return list;
}

static json_t *held_values(const struct cgw_policy *policy, const struct cgw_engine *engine)
{
	CLEANUP(cleanup_free)
	struct cgw_applied_value *values = calloc(LISTED_MAX, sizeof(*values));
	json_t *list = json_array();
	size_t count = values != NULL ? cgw_engine_applied_values(engine, values, LISTED_MAX) : 0;

	for (size_t i = 0; i < count && i < LISTED_MAX; i++) {
		CLEANUP(cleanup_free) char *group = escape_copy(values[i].path);
		bool frozen = values[i].control == CGW_CONTROL_NONE;

		json_array_append_new(
			list,
			daemon_held_json(&(struct daemon_held){
				.group = group,
				.group_id = values[i].group_id,
				.key = frozen ? "frozen" : cgw_control_info(values[i].control)->key,
				.section = section_name(policy, values[i].section),
				.value = frozen ? NULL : values[i].accepted,
				.original = frozen ? NULL : values[i].original,
			}));
	}
	return list;
}

int status_write(const char *directory, const struct cgw_policy *policy,
		 const struct cgw_engine *engine, uint64_t now_ns)
{
	CLEANUP(cleanup_free) char *path = NULL;
	CLEANUP(cleanup_replacement) struct file_replacement file = FILE_REPLACEMENT_NONE;
	CLEANUP(cleanup_json) json_t *root = json_object();
	int r;

	if (root == NULL || asprintf(&path, "%s/status.json", directory) < 0)
		return -ENOMEM;
	json_object_set_new(root, "pid", json_integer(getpid()));
	json_object_set_new(root, "mode",
			    json_string(mode_names[cgw_policy_settings(policy)->mode]));
	json_object_set_new(root, "time", json_integer((json_int_t)time(NULL)));
	json_object_set_new(root, "interval_seconds",
			    json_real((double)cgw_policy_settings(policy)->interval_ns / 1e9));
	json_object_set_new(root, "sections",
			    json_integer((json_int_t)cgw_policy_section_count(policy)));
	json_object_set_new(root, "instances", instances(policy, engine, now_ns));
	json_object_set_new(root, "held", held_values(policy, engine));
	r = replacement_begin_stream(&file, AT_FDCWD, path, 0644, false);
	if (r < 0)
		return r;
	if (json_dumpf(root, file.stream, JSON_INDENT(1)) < 0)
		return -EIO;
	return replacement_commit(&file, false);
}
