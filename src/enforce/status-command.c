/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* status-command.c - `cgward status`: where the rules of the running enforcement stand. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/options.h"
#include "enforce/enforce.h"
#include <cgward/render.h>

enum { OPTION_STATE = CLI_OPTION_LONG };

static const struct cli_option options[] = {
	{'J', "json", NULL, false, "print the status as JSON"},
	{OPTION_STATE, "state", "DIR", false, "of the enforcement that keeps its state there"},
	CLI_COMMON_OPTIONS,
};

static const struct cli_command_help help = {
	.usage = "cgward status [OPTION...]",
	.text = "Shows what the running `cgward enforce` holds, and where each rule stands on "
		"each\n"
		"group: pending, active, cooling down, blocked, and until when.",
	.options = options,
};

/* The daemon holds a lock as long as it lives, however it ends. */
static bool is_running(const char *directory)
{
	char path[4096];
	CLEANUP(cleanup_close) int fd = -1;

	(void)snprintf(path, sizeof(path), "%s/enforce.lock", directory);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

static const char *text_of(const json_t *item, const char *key)
{
	const char *text = json_string_value(json_object_get(item, key));

	return text != NULL ? text : "";
}

static void duration_of(const json_t *item, const char *key, char *buffer, size_t size)
{
	const json_t *seconds = json_object_get(item, key);

	buffer[0] = '\0';
	if (json_is_real(seconds))
		cgw_format_duration(json_real_value(seconds) * 1e9, buffer, size);
}

static void print_status(const json_t *root)
{
	const json_t *list = json_object_get(root, "instances"), *item;
	size_t i;

	printf("enforcing (%s), process %lld, %lld sections\n", text_of(root, "mode"),
	       (long long)json_integer_value(json_object_get(root, "pid")),
	       (long long)json_integer_value(json_object_get(root, "sections")));
	json_array_foreach(list, i, item)
	{
		char left[32];

		duration_of(item, "until_seconds", left, sizeof(left));
		printf("%-10s %s on %s, step %lld%s%s%s%s\n", text_of(item, "phase"),
		       text_of(item, "rule"), text_of(item, "group"),
		       (long long)json_integer_value(json_object_get(item, "step")) + 1,
		       left[0] != '\0' ? ", for " : "", left,
		       text_of(item, "why")[0] != '\0' ? ": " : "", text_of(item, "why"));
	}
	list = json_object_get(root, "held");
	json_array_foreach(list, i, item)
		printf("%-10s %s %s %s (was %s) by %s\n", "held", text_of(item, "group"),
		       text_of(item, "key"), text_of(item, "value"), text_of(item, "original"),
		       text_of(item, "section"));
}

int status_run(struct cli_context *context, int argc, char **argv)
{
	const char *directory = ENFORCE_STATE, *value;
	char path[4096];
	bool as_json = false;
	enum cli_exit status;
	json_error_t error;
	json_t *root;
	int code;

	while ((code = cli_next_option(context, &help, argc, argv, &value, &status)) > 0) {
		as_json = as_json || code == 'J';
		if (code == OPTION_STATE)
			directory = value;
	}
	if (code < 0)
		return (int)status;
	(void)snprintf(path, sizeof(path), "%s/status.json", directory);
	root = json_load_file(path, 0, &error);
	if (root == NULL || !is_running(directory)) {
		json_decref(root);
		cli_error(context, "no cgward enforce is running (%s)", directory);
		return CLI_NO_SUCH_GROUP;
	}
	if (as_json) {
		json_dumpf(root, stdout, JSON_INDENT(2));
		putchar('\n');
	} else {
		print_status(root);
	}
	json_decref(root);
	return CLI_OK;
}
