/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* status-file.c - write status.json. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/enforce/status-file.h"
#include "lib/base/cleanup.h"
#include "lib/base/escape-copy.h"

#define LISTED_MAX 10000 /* maximum number of instances and of values */

static const char *const mode_names[] = {[CGW_MODE_ENFORCE] = "enforce",
					 [CGW_MODE_DRY_RUN] = "dry-run",
					 [CGW_MODE_OBSERVE] = "observe"};

/* Group names are arbitrary bytes, JSON is UTF-8. */
static json_t *escaped(const char *text)
{
	CLEANUP(cleanup_free) char *copy = escape_copy(text);

	return copy != NULL ? json_string(copy) : NULL;
}

static const char *section_name(const struct cgw_policy *policy, uint32_t section)
{
	return section != UINT32_MAX ? cgw_policy_section(policy, section).name : "";
}

/* Seconds from now, negative in the past; null if `at_ns` is 0. */
static json_t *seconds_to(uint64_t at_ns, uint64_t now_ns)
{
	if (at_ns == 0)
		return json_null();
	return json_real(((double)at_ns - (double)now_ns) / 1e9);
}

static json_t *instances(const struct cgw_policy *policy, const struct cgw_engine *engine,
			 uint64_t now_ns)
{
	CLEANUP(cleanup_free)
	struct cgw_instance_state *states = calloc(LISTED_MAX, sizeof(*states));
	json_t *list = json_array();
	size_t count = states != NULL ? cgw_engine_instances(engine, states, LISTED_MAX) : 0;

	for (size_t i = 0; i < count && i < LISTED_MAX; i++) {
		json_t *item = json_object();

		json_object_set_new(item, "rule",
				    json_string(section_name(policy, states[i].section)));
		json_object_set_new(item, "group", escaped(states[i].path));
		json_object_set_new(item, "group_id", json_integer((json_int_t)states[i].group_id));
		json_object_set_new(item, "phase", json_string(cgw_phase_name(states[i].phase)));
		json_object_set_new(item, "step", json_integer(states[i].step));
		json_object_set_new(item, "since_seconds", seconds_to(states[i].since_ns, now_ns));
		json_object_set_new(item, "until_seconds", seconds_to(states[i].until_ns, now_ns));
		json_object_set_new(item, "why", escaped(states[i].why));
		json_array_append_new(list, item);
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
		bool frozen = values[i].control == CGW_CONTROL_COUNT;
		json_t *item = json_object();

		json_object_set_new(item, "group", escaped(values[i].path));
		json_object_set_new(item, "group_id", json_integer((json_int_t)values[i].group_id));
		json_object_set_new(
			item, "key",
			json_string(frozen ? "frozen" : cgw_control_info(values[i].control)->key));
		json_object_set_new(item, "section",
				    json_string(section_name(policy, values[i].section)));
		if (!frozen) {
			json_object_set_new(item, "value", json_string(values[i].accepted));
			json_object_set_new(item, "original", json_string(values[i].original));
		}
		json_array_append_new(list, item);
	}
	return list;
}

int status_write(const char *directory, const struct cgw_policy *policy,
		 const struct cgw_engine *engine, uint64_t now_ns)
{
	CLEANUP(cleanup_free) char *path = NULL;
	CLEANUP(cleanup_free) char *new = NULL;
	json_t *root;
	int r = 0;

	if (asprintf(&path, "%s/status.json", directory) < 0)
		path = NULL;
	if (path == NULL || asprintf(&new, "%s.new", path) < 0)
		new = NULL;
	root = new != NULL ? json_object() : NULL;
	if (root == NULL)
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
	if (json_dump_file(root, new, JSON_INDENT(1)) < 0)
		r = -EIO;
	else if (rename(new, path) < 0)
		r = -errno;
	json_decref(root);
	return r;
}
