/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* remote-change.c - changes to groups of a remote host, by cgward commands there over ssh. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/local-text.h"
#include "lib/base/string-builder.h"
#include "shared/cli/cli.h"
#include "tui/action/change-job.h"

/* Lines of a command's dry run that are shown. */
#define LINES_MAX 16
#define WHY       "by hand, in cgward top --host"
/* Longer than the commands' own timeout of ten seconds, since logging in may be slow. */
#define TIMEOUT_NS (60 * NS_PER_S)

/* The command checks the IDs in each hierarchy, since a path may now name another group. */
static int add_ids(struct string_list *arguments, const struct targets *targets)
{
	CLEANUP(string_builder_free) struct string_builder ids = {0};
	int r;

	for (size_t i = 0; i < targets->count; i++) {
		if (targets->items[i].id_list[0] == '\0')
			return 0;
		string_builder_printf(&ids, "%s%s", i > 0 ? "," : "", targets->items[i].id_list);
	}
	r = string_list_add(arguments, "--if-id");
	return r < 0 ? r : string_list_take(arguments, string_builder_steal(&ids));
}

static int add_number(struct string_list *arguments, const char *option, uint64_t number)
{
	int r = option != NULL ? string_list_add(arguments, option) : 0;

	return r < 0 ? r : string_list_add(arguments, FORMATTED(24, "%" PRIu64, number));
}

/* "freeze", "--why", ..., "--", "/a": the options up to "--", then the operands. */
static int add_step(struct string_list *arguments, const struct change_job *change)
{
	const struct change_step *step = &change->steps[0];
	const struct targets *targets = &change->targets;
	int r = string_list_add(arguments, "--why");

	if (r == 0)
		r = string_list_add(arguments, WHY);
	if (r == 0)
		r = add_ids(arguments, targets);
	if (r == 0 && step->kind == CGW_STEP_SET)
		r = string_list_add(arguments, "--enable");
	if (r == 0 && step->kind == CGW_STEP_KILL)
		r = add_number(arguments, "--signal", (uint64_t)step->signal);
	if (r == 0 && step->recursive)
		r = string_list_add(arguments, "--recursive");
	if (r == 0)
		r = string_list_add(arguments, "--");
	if (r == 0 && step->kind == CGW_STEP_MOVE)
		r = add_number(arguments, NULL, (uint64_t)step->pid);
	for (size_t i = 0; i < targets->count && r == 0; i++)
		r = string_list_add(arguments, targets->items[i].path);
	for (size_t i = 0; i < change->step_count && r == 0; i++)
		if (change->steps[i].value != NULL)
			r = string_list_add(arguments, change->steps[i].value);
	return r;
}

/* `format`, unless NULL, goes after the name of the command. */
static int make_arguments(const struct change_job *change, const char *format,
			  struct string_list *arguments)
{
	int r = string_list_add(arguments, change->undo != NULL
						   ? "undo"
						   : cgw_step_kind_name(change->steps[0].kind));

	if (r == 0 && format != NULL)
		r = string_list_add(arguments, format);
	if (r < 0)
		return r;
	return change->undo != NULL ? add_number(arguments, "--transaction", change->undo[0])
				    : add_step(arguments, change);
}

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

/* What the command did, from its JSON document. */
static int read_document(struct change_job *change)
{
	json_t *root = json_loads(change->answer.text, JSON_REJECT_DUPLICATES, NULL), *step;
	const json_t *steps = json_object_get(root, "steps");
	char text[256] = "";
	size_t i;

	if (!json_is_array(steps)) {
		json_decref(root);
		return -EBADMSG;
	}
	change->transaction = (uint64_t)json_integer_value(json_object_get(root, "transaction"));
	json_array_foreach(steps, i, step)
	{
		const char *message = json_string_value(json_object_get(step, "message"));
		bool failed = json_object_get(step, "error") != NULL;

		change->reversible |= json_is_true(json_object_get(step, "reversible"));
		if (failed && message != NULL && text[0] == '\0')
			cgw_escape(text, sizeof(text), message, strlen(message));
	}
	if (text[0] == '\0' && json_array_size(steps) == 1)
		format_step(json_array_get(steps, 0), text, sizeof(text));
	else if (text[0] == '\0')
		snprintf(text, sizeof(text), "%zu changes", json_array_size(steps));
	json_decref(root);
	snprintf(change->diag.text, sizeof(change->diag.text), "%s", text);
	return 0;
}

/* Line `i` of the output, escaped; false past the last line. */
static bool output_line(const struct change_job *change, size_t i, char *buffer, size_t size)
{
	const char *at = change->answer.text;

	for (; at != NULL && i > 0; i--) {
		at = strchr(at, '\n');
		at = at != NULL ? at + 1 : NULL;
	}
	if (at == NULL || *at == '\0')
		return false;
	cgw_escape(buffer, size, at, strcspn(at, "\n"));
	return true;
}

static void remote_run(struct job *job)
{
	struct change_job *change = (struct change_job *)job;
	const char *ssh[REMOTE_SSH_ARGUMENTS_MAX + 1];
	CLEANUP(cleanup_free) char *words = NULL;
	struct remote_command_request request = {
		.host = change->targets.host, .ssh = ssh, .timeout_ns = TIMEOUT_NS};
	bool is_change = change->arguments.count == 0 && !change->dry_run;

	if (change->arguments.count == 0)
		change->error = make_arguments(change, change->dry_run ? "--dry-run" : "--json",
					       &change->arguments);
	request.arguments = (const char *const *)change->arguments.items;
	if (change->error == 0)
		change->error =
			remote_ssh_parse_command(change->targets.ssh, &words, ssh, &change->diag);
	if (change->error == 0)
		change->error = remote_command_run(&request, &change->answer, &change->diag);
	if (change->error < 0 || change->dry_run)
		return;
	if (is_change && change->undo != NULL)
		change->undone = change->undo[0];
	/* The text for the status line. */
	if (!is_change || read_document(change) < 0)
		(void)output_line(change, 0, change->diag.text, sizeof(change->diag.text));
	if (change->answer.status == CLI_OK)
		return;
	change->error = -EREMOTEIO;
	if (change->answer.message[0] != '\0')
		snprintf(change->diag.text, sizeof(change->diag.text), "%s",
			 change->answer.message);
	else if (change->diag.text[0] == '\0')
		snprintf(change->diag.text, sizeof(change->diag.text), "the command failed");
}

static void remote_describe(const struct change_job *change, struct window *window)
{
	CLEANUP(string_list_free) struct string_list arguments = {0};
	CLEANUP(string_builder_free) struct string_builder line = {0};

	string_builder_add(&line, "On host ");
	string_builder_add_escaped(&line, change->targets.host);
	string_builder_add(&line, ":");
	window_add(window, ROLE_STRONG, string_builder_text(&line));
	string_builder_truncate(&line, 0);
	string_builder_add(&line, "cgward");
	(void)make_arguments(change, NULL, &arguments);
	for (size_t i = 0; i < arguments.count; i++) {
		string_builder_add(&line, " ");
		string_builder_add_escaped(&line, arguments.items[i]);
	}
	window_add(window, ROLE_KEY, string_builder_text(&line));
}

/* A dry run on the host. */
static struct job *remote_preview(const struct app *app, const struct change_job *change)
{
	struct change_job *preview = change_job_copy(change, "Previewing");

	if (preview == NULL)
		return NULL;
	change_job_set_dry_run(preview);
	return &preview->job;
}

/* Shows the dry run; disables Enter if it fails or changes nothing. */
static void remote_show(struct window *window, struct job *job)
{
	const struct change_job *change = (const struct change_job *)job;
	const struct remote_command_result *answer = &change->answer;
	char line[512];

	if (change->error < 0) {
		window_add(window, ROLE_BAD, change->diag.text);
		window_refuse(window);
		return;
	}
	for (size_t i = 0; i < LINES_MAX && output_line(change, i, line, sizeof(line)); i++)
		window_add(window, ROLE_TEXT, line);
	if (output_line(change, LINES_MAX, line, sizeof(line)))
		window_add(window, ROLE_DIM, "and more");
	if (answer->status == CLI_WOULD_CHANGE)
		return;
	window_add(window, answer->status == CLI_OK ? ROLE_DIM : ROLE_BAD,
		   answer->message[0] != '\0' ? answer->message
		   : answer->status == CLI_OK ? "Nothing to change."
					      : "The command would fail on this host.");
	window_refuse(window);
}

static unsigned remote_report(struct app *app, struct change_job *change)
{
	return app_show_message(app, ROLE_GOOD, "%s: %s", ESCAPED(128, change->targets.host),
				change->diag.text[0] != '\0' ? change->diag.text : "done");
}

const struct change_backend remote_changes = {
	.run = remote_run,
	.describe = remote_describe,
	.preview = remote_preview,
	.show = remote_show,
	.report = remote_report,
};
