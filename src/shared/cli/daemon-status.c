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
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/regular-file.h"
#include "shared/cli/daemon-status.h"

static void cleanup_json(json_t **json)
{
	json_decref(*json);
}

/* The kernel releases the daemon's lock when it exits, even after a crash. */
static int check_running(const char *directory)
{
	char path[4096];
	CLEANUP(cleanup_close) int fd = -1;

	(void)snprintf(path, sizeof(path), "%s/enforce.lock", directory);
	fd = open_regular_file(AT_FDCWD, path, O_RDONLY, UINT64_MAX);
	if (fd < 0)
		return fd == -EACCES ? -EACCES : -ESRCH;
	return flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK ? 0 : -ESRCH;
}

static int load_status(const char *directory, json_t **ret_root)
{
	char path[4096];
	json_error_t error;
	CLEANUP(cleanup_close) int fd = -1;
	json_t *root;
	int r = check_running(directory);

	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), "%s/status.json", directory);
	fd = open_regular_file(AT_FDCWD, path, O_RDONLY, UINT64_MAX);
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
	for (size_t i = 0; i < status->instance_count; i++) {
		free(status->instances[i].rule);
		free(status->instances[i].group);
		free(status->instances[i].phase);
		free(status->instances[i].why);
	}
	for (size_t i = 0; i < status->held_count; i++) {
		free(status->held[i].group);
		free(status->held[i].key);
		free(status->held[i].section);
		free(status->held[i].value);
		free(status->held[i].original);
	}
	free(status->instances);
	free(status->held);
	free(status);
	return NULL;
}

/* Copies a member's text, "" if it is absent. */
static char *copy_text(const json_t *item, const char *key)
{
	const char *text = json_string_value(json_object_get(item, key));
	size_t length = text != NULL ? strlen(text) : 0;
	char *copy = malloc(length + 1);

	if (copy != NULL)
		memcpy(copy, text != NULL ? text : "", length + 1);
	return copy;
}

static double get_seconds(const json_t *item, const char *key)
{
	const json_t *value = json_object_get(item, key);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

static int parse_instances(const json_t *list, struct daemon_status *status)
{
	const json_t *item;
	size_t i;

	status->instances = calloc(json_array_size(list) + 1, sizeof(*status->instances));
	if (status->instances == NULL)
		return -ENOMEM;
	json_array_foreach(list, i, item)
	{
		struct daemon_instance *instance = &status->instances[status->instance_count++];

		*instance = (struct daemon_instance){
			.rule = copy_text(item, "rule"),
			.group = copy_text(item, "group"),
			.phase = copy_text(item, "phase"),
			.why = copy_text(item, "why"),
			.step = (uint64_t)json_integer_value(json_object_get(item, "step")),
			.since_seconds = fabs(get_seconds(item, "since_seconds")),
			.until_seconds = get_seconds(item, "until_seconds"),
		};
		if (instance->rule == NULL || instance->group == NULL || instance->phase == NULL ||
		    instance->why == NULL)
			return -ENOMEM;
	}
	return 0;
}

static int parse_held(const json_t *list, struct daemon_status *status)
{
	const json_t *item;
	size_t i;

	status->held = calloc(json_array_size(list) + 1, sizeof(*status->held));
	if (status->held == NULL)
		return -ENOMEM;
	json_array_foreach(list, i, item)
	{
		struct daemon_held *held = &status->held[status->held_count++];

		*held = (struct daemon_held){
			.group = copy_text(item, "group"),
			.key = copy_text(item, "key"),
			.section = copy_text(item, "section"),
			.value = copy_text(item, "value"),
			.original = copy_text(item, "original"),
		};
		if (held->group == NULL || held->key == NULL || held->section == NULL ||
		    held->value == NULL || held->original == NULL)
			return -ENOMEM;
	}
	return 0;
}

int daemon_status_read(const char *directory, struct daemon_status **ret_status)
{
	CLEANUP(cleanup_json) json_t *root = NULL;
	struct daemon_status *status;
	const char *mode;
	int r = load_status(directory, &root);

	if (r < 0)
		return r;
	status = calloc(1, sizeof(*status));
	if (status == NULL)
		return -ENOMEM;
	status->pid = (pid_t)json_integer_value(json_object_get(root, "pid"));
	mode = json_string_value(json_object_get(root, "mode"));
	(void)snprintf(status->mode, sizeof(status->mode), "%s", mode != NULL ? mode : "");
	status->realtime_s = json_integer_value(json_object_get(root, "time"));
	status->interval_seconds = get_seconds(root, "interval_seconds");
	status->sections = (uint64_t)json_integer_value(json_object_get(root, "sections"));
	r = parse_instances(json_object_get(root, "instances"), status);
	if (r == 0)
		r = parse_held(json_object_get(root, "held"), status);
	if (r < 0) {
		daemon_status_free(status);
		return r;
	}
	*ret_status = status;
	return 0;
}

int daemon_status_text(const char *directory, char **ret_text)
{
	CLEANUP(cleanup_json) json_t *root = NULL;
	int r = load_status(directory, &root);

	if (r < 0)
		return r;
	*ret_text = json_dumps(root, JSON_INDENT(2));
	return *ret_text == NULL ? -ENOMEM : 0;
}
