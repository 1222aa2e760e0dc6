/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* remote-change.c - what a command on a remote host has changed, from its JSON document. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include <cgward/base.h>

#include "tui/action/remote-change.h"

/* The remote host is not trusted: its text is escaped, though it should be already. */
static void format_step(const json_t *step, char *buffer, size_t size)
{
	const char *group = json_string_value(json_object_get(step, "group"));
	const char *key = json_string_value(json_object_get(step, "key"));
	const char *action = json_string_value(json_object_get(step, "action"));
	const char *outcome = json_string_value(json_object_get(step, "outcome"));
	const char *old = json_string_value(json_object_get(step, "old"));
	const char *new = json_string_value(json_object_get(step, "new"));
	char text[1024];

	if (key != NULL)
		snprintf(text, sizeof(text), "%s of %s: %s → %s", key, group != NULL ? group : "?",
			 old != NULL ? old : "-", new != NULL ? new : "-");
	else
		snprintf(text, sizeof(text), "%s %s: %s", action != NULL ? action : "?",
			 group != NULL ? group : "?", outcome != NULL ? outcome : "?");
	cgw_escape(buffer, size, text, strlen(text));
}

int remote_change_parse(const char *document, struct remote_change *ret_change)
{
	struct remote_change change = {0};
	json_t *root = json_loads(document, JSON_REJECT_DUPLICATES, NULL), *step;
	const json_t *steps = json_object_get(root, "steps");
	size_t i;

	if (!json_is_array(steps)) {
		json_decref(root);
		return -EBADMSG;
	}
	change.transaction = (uint64_t)json_integer_value(json_object_get(root, "transaction"));
	json_array_foreach(steps, i, step)
	{
		const char *message = json_string_value(json_object_get(step, "message"));
		bool failed = json_object_get(step, "error") != NULL;

		change.reversible |= json_is_true(json_object_get(step, "reversible"));
		if (failed && message != NULL && change.text[0] == '\0')
			cgw_escape(change.text, sizeof(change.text), message, strlen(message));
	}
	if (change.text[0] == '\0' && json_array_size(steps) == 1)
		format_step(json_array_get(steps, 0), change.text, sizeof(change.text));
	else if (change.text[0] == '\0')
		snprintf(change.text, sizeof(change.text), "%zu changes", json_array_size(steps));
	json_decref(root);
	*ret_change = change;
	return 0;
}
