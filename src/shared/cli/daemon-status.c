/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* daemon-status.c - parser for the daemon's status.json. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/json-cleanup.h"
#include "lib/base/local-text.h"
#include "lib/base/regular-file.h"
#include "shared/cli/daemon-status.h"

/* The kernel releases the daemon's lock when it exits, even after a crash. */
static int check_running(const char *directory)
{
	CLEANUP(cleanup_close) int fd = -1;

	fd = open_regular_file(AT_FDCWD, FORMATTED(4096, "%s/enforce.lock", directory), O_RDONLY,
			       UINT64_MAX);
	if (fd < 0)
		return fd == -EACCES ? -EACCES : -ESRCH;
	return flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK ? 0 : -ESRCH;
}

static int load_status(const char *directory, json_t **ret_root)
{
	json_error_t error;
	CLEANUP(cleanup_close) int fd = -1;
	json_t *root;
	int r = check_running(directory);

	if (r < 0)
		return r;
	fd = open_regular_file(AT_FDCWD, FORMATTED(4096, "%s/status.json", directory), O_RDONLY,
			       UINT64_MAX);
	if (fd < 0)
		return fd == -ENOENT ? -ESRCH : fd == -EACCES ? -EACCES : -EBADMSG;
	root = json_loadfd(fd, 0, &error);
	if (root == NULL)
		return -EBADMSG;
	*ret_root = root;
	return 0;
}

struct daemon_status *daemon_status_free(struct daemon_status *status)
{
	if (status == NULL)
		return NULL;
	free(status->instances);
	free(status->held);
	json_decref(status->json);
	free(status);
	return NULL;
}

static const char *get_text(const json_t *item, const char *key)
{
	const char *text = json_string_value(json_object_get(item, key));

	return text != NULL ? text : "";
}

static uint64_t get_number(const json_t *item, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(item, key));
}

static double get_seconds(const json_t *item, const char *key)
{
	const json_t *value = json_object_get(item, key);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

static void parse_instances(const json_t *list, struct daemon_status *status)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item) status->instances[status->instance_count++] =
		(struct daemon_instance){
			.rule = get_text(item, "rule"),
			.group = get_text(item, "group"),
			.phase = get_text(item, "phase"),
			.why = get_text(item, "why"),
			.group_id = get_number(item, "group_id"),
			.step = get_number(item, "step"),
			.since_seconds = fabs(get_seconds(item, "since_seconds")),
			.until_seconds = get_seconds(item, "until_seconds"),
		};
}

static void parse_held(const json_t *list, struct daemon_status *status)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item) status->held[status->held_count++] = (struct daemon_held){
		.group = get_text(item, "group"),
		.key = get_text(item, "key"),
		.section = get_text(item, "section"),
		.group_id = get_number(item, "group_id"),
		.value = get_text(item, "value"),
		.original = get_text(item, "original"),
	};
}

int daemon_status_parse(json_t *json, struct daemon_status **ret_status)
{
	const json_t *instances = json_object_get(json, "instances");
	const json_t *held = json_object_get(json, "held");
	struct daemon_status *status = calloc(1, sizeof(*status));

	if (status == NULL) {
		json_decref(json);
		return -ENOMEM;
	}
	status->json = json;
	status->instances = calloc(json_array_size(instances) + 1, sizeof(*status->instances));
	status->held = calloc(json_array_size(held) + 1, sizeof(*status->held));
	if (status->instances == NULL || status->held == NULL) {
		daemon_status_free(status);
		return -ENOMEM;
	}
	status->pid = (pid_t)get_number(json, "pid");
	snprintf(status->mode, sizeof(status->mode), "%s", get_text(json, "mode"));
	status->realtime_s = json_integer_value(json_object_get(json, "time"));
	status->interval_seconds = get_seconds(json, "interval_seconds");
	status->sections = get_number(json, "sections");
	parse_instances(instances, status);
	parse_held(held, status);
	*ret_status = status;
	return 0;
}

int daemon_status_read(const char *directory, struct daemon_status **ret_status)
{
	json_t *json = NULL;
	int r = load_status(directory, &json);

	return r < 0 ? r : daemon_status_parse(json, ret_status);
}

double daemon_status_age(const struct daemon_status *status)
{
	return status->realtime_s > 0 ? (double)(time(NULL) - status->realtime_s) : 0;
}

static json_t *json_seconds(double seconds)
{
	return isnan(seconds) ? json_null() : json_real(seconds);
}

json_t *daemon_instance_json(const struct daemon_instance *instance)
{
	return json_pack("{s:s, s:s, s:I, s:s, s:I, s:o, s:o, s:s}", "rule", instance->rule,
			 "group", instance->group, "group_id", (json_int_t)instance->group_id,
			 "phase", instance->phase, "step", (json_int_t)instance->step,
			 "since_seconds", json_seconds(-instance->since_seconds), "until_seconds",
			 json_seconds(instance->until_seconds), "why", instance->why);
}

json_t *daemon_held_json(const struct daemon_held *held)
{
	bool is_frozen = held->value == NULL;

	return json_pack("{s:s, s:I, s:s, s:s, s:s*, s:s*}", "group", held->group, "group_id",
			 (json_int_t)held->group_id, "key", held->key, "section", held->section,
			 "value", held->value, "original", is_frozen ? NULL : held->original);
}
