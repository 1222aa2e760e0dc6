/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* remote-actions.c - dialogs for actions on remote groups, run by cgward commands over ssh. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "shared/cli/cli.h"
#include "tui/action/confirm.h"
#include "tui/action/group-actions.h"
#include "tui/action/remote-actions.h"
#include "tui/action/remote-change.h"
#include "tui/action/ssh-job.h"
#include "tui/action/targets.h"

/* Lines of a command's dry run that are shown. */
#define LINES_MAX 16
#define WHY       "by hand, in cgward top --host"

static void cleanup_targets(struct remote_targets *targets)
{
	remote_targets_done(targets);
}

static void cleanup_arguments(struct remote_arguments *arguments)
{
	remote_arguments_done(arguments);
}

static void format_host(const char *host, char *buffer, size_t size)
{
	cgw_escape(buffer, size, host, strlen(host));
}

/* Shows the dry run; disables Enter if it fails or changes nothing. */
static void show_preview(struct confirm *confirm, struct job *job)
{
	const struct ssh_job *remote = ssh_job_from(job);
	const struct remote_command_result *answer;
	const char *reason;
	char line[512];

	if (ssh_job_result(remote, &answer, &reason) < 0) {
		confirm_add(confirm, ROLE_BAD, reason);
		confirm_refuse(confirm);
		return;
	}
	for (size_t i = 0; i < LINES_MAX && ssh_job_line(remote, i, line, sizeof(line)); i++)
		confirm_add(confirm, ROLE_TEXT, line);
	if (ssh_job_line(remote, LINES_MAX, line, sizeof(line)))
		confirm_add(confirm, ROLE_DIM, "and more");
	if (answer->status == CLI_WOULD_CHANGE)
		return;
	confirm_add(confirm, answer->status == CLI_OK ? ROLE_DIM : ROLE_BAD,
		    answer->message[0] != '\0' ? answer->message
		    : answer->status == CLI_OK ? "Nothing to change."
					       : "The command would fail on this host.");
	confirm_refuse(confirm);
}

static unsigned done(struct app *app, struct job *job)
{
	const struct ssh_job *remote = ssh_job_from(job);
	const struct remote_command_result *answer;
	struct remote_change change;
	const char *reason;
	char host[128], line[256] = "";

	format_host(ssh_job_host(remote), host, sizeof(host));
	if (ssh_job_result(remote, &answer, &reason) < 0)
		return REACTION_BEEP | app_show_message(app, ROLE_BAD, "%s: %s", host, reason);
	if (remote_change_parse(answer->text, &change) == 0) {
		snprintf(line, sizeof(line), "%s", change.text);
		if (answer->status == CLI_OK && change.reversible)
			app_remember_change(app, ssh_job_host(remote), change.transaction);
	} else {
		ssh_job_line(remote, 0, line, sizeof(line));
	}
	if (answer->status == CLI_OK)
		return app_show_message(app, ROLE_GOOD, "%s: %s", host,
					line[0] != '\0' ? line : "done");
	return REACTION_BEEP | app_show_message(app, ROLE_BAD, "%s: %s", host,
						answer->message[0] != '\0' ? answer->message
						: line[0] != '\0'          ? line
									   : "the command failed");
}

/* The change that was undone is no longer the last one of this session. */
static unsigned undo_done(struct app *app, struct job *job)
{
	const struct ssh_job *remote = ssh_job_from(job);
	const struct remote_command_result *answer;
	const char *host = ssh_job_host(remote), *reason;

	if (ssh_job_result(remote, &answer, &reason) == 0 && answer->status == CLI_OK)
		for (size_t i = app->change_count; i-- > 0;)
			if (strcmp(app->changes[i].host, host) == 0) {
				app_forget_change(app, host, app->changes[i].transaction);
				break;
			}
	return done(app, job);
}

/* The arguments are copied. */
static unsigned ask_then(struct app *app, const char *title, const char *name, const char *host,
			 const struct remote_arguments *arguments,
			 unsigned (*when_done)(struct app *app, struct job *job))
{
	struct ssh_job *action = ssh_job_new(app, name, host, arguments, "--json");
	struct ssh_job *preview = ssh_job_new(app, "Previewing", host, arguments, "--dry-run");
	struct confirm *confirm;
	char shown[128], line[640];

	if (action == NULL || preview == NULL) {
		if (action != NULL)
			ssh_job_as_job(action)->free(ssh_job_as_job(action));
		if (preview != NULL)
			ssh_job_as_job(preview)->free(ssh_job_as_job(preview));
		return app_show_message(app, ROLE_BAD, "out of memory");
	}
	ssh_job_as_job(action)->acts = true;
	ssh_job_as_job(action)->done = when_done;
	confirm = confirm_new(title, ssh_job_as_job(action));
	format_host(host, shown, sizeof(shown));
	snprintf(line, sizeof(line), "On host %s:", shown);
	confirm_add(confirm, ROLE_STRONG, line);
	remote_arguments_format(arguments, line, sizeof(line));
	confirm_add(confirm, ROLE_KEY, line);
	confirm_preview(confirm, ssh_job_as_job(preview), show_preview);
	return open_confirm(app, confirm);
}

static unsigned ask(struct app *app, const char *title, const char *name, const char *host,
		    const struct remote_arguments *arguments)
{
	return ask_then(app, title, name, host, arguments, done);
}

/* The command checks the IDs, since a path may now name another group. */
static void add_ids(struct remote_arguments *arguments, const struct remote_targets *targets)
{
	char text[REMOTE_TARGETS_MAX * sizeof("18446744073709551615,")];
	size_t used = 0;

	for (size_t i = 0; i < targets->count; i++) {
		if (targets->ids[i] == 0)
			return;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%" PRIu64,
					 i > 0 ? "," : "", targets->ids[i]);
	}
	remote_arguments_add(arguments, "--if-id");
	remote_arguments_add(arguments, text);
}

/* The command and its options, up to "--"; the caller appends the operands. */
static void begin_command(struct remote_arguments *arguments, const char *verb,
			  const struct remote_targets *targets, const char *option,
			  const char *value)
{
	remote_arguments_add(arguments, verb);
	remote_arguments_add(arguments, "--why");
	remote_arguments_add(arguments, WHY);
	if (targets != NULL)
		add_ids(arguments, targets);
	if (option != NULL)
		remote_arguments_add(arguments, option);
	if (value != NULL)
		remote_arguments_add(arguments, value);
	remote_arguments_add(arguments, "--");
}

static void add_paths(struct remote_arguments *arguments, const struct remote_targets *targets)
{
	for (size_t i = 0; i < targets->count; i++)
		remote_arguments_add(arguments, targets->paths[i]);
}

struct remote_command {
	const char *title, *name, *verb, *option, *value;
};

static unsigned run_on_groups(struct app *app, const struct remote_command *command)
{
	CLEANUP(cleanup_targets) struct remote_targets targets = {.count = 0};
	CLEANUP(cleanup_arguments) struct remote_arguments arguments = {.count = 0};

	if (remote_targets_collect(app, &targets) < 0)
		return REACTION_BEEP;
	begin_command(&arguments, command->verb, &targets, command->option, command->value);
	add_paths(&arguments, &targets);
	return ask(app, command->title, command->name, targets.host, &arguments);
}

static unsigned kill_accept(struct app *app, int value)
{
	char number[16];
	const struct remote_command command = {"Kill", "Killing", "kill", "--signal", number};

	if (targets_have_changed(app))
		return REACTION_BEEP | REACTION_DRAW;
	snprintf(number, sizeof(number), "%d", value);
	return run_on_groups(app, &command);
}

static unsigned delete_groups(struct app *app)
{
	struct remote_targets targets;
	struct remote_command command = {"Remove", "Removing", "delete", NULL, NULL};

	if (remote_targets_collect(app, &targets) < 0)
		return REACTION_BEEP;
	command.option = targets.have_children ? "--recursive" : NULL;
	remote_targets_done(&targets);
	return run_on_groups(app, &command);
}

static bool new_accept(struct app *app, const char *text, unsigned *ret_reactions)
{
	CLEANUP(cleanup_targets) struct remote_targets targets = {.count = 0};
	CLEANUP(cleanup_arguments) struct remote_arguments arguments = {.count = 0};
	char path[4352];

	if (text[0] == '\0' || strchr(text, '/') != NULL || strcmp(text, ".") == 0 ||
	    strcmp(text, "..") == 0) {
		*ret_reactions = app_show_message(app, ROLE_WARM, "expected a name without '/'") |
				 REACTION_BEEP;
		return text[0] == '\0';
	}
	*ret_reactions = REACTION_BEEP;
	if (targets_have_changed(app) || remote_targets_collect(app, &targets) < 0)
		return true;
	if (snprintf(path, sizeof(path), "%s/%s",
		     strcmp(targets.paths[0], "/") == 0 ? "" : targets.paths[0],
		     text) >= (int)sizeof(path))
		return true;
	begin_command(&arguments, "create", NULL, NULL, NULL);
	remote_arguments_add(&arguments, path);
	*ret_reactions = ask(app, "New group", "Creating", targets.host, &arguments);
	return true;
}

static bool move_accept(struct app *app, const char *text, unsigned *ret_reactions)
{
	CLEANUP(cleanup_targets) struct remote_targets targets = {.count = 0};
	CLEANUP(cleanup_arguments) struct remote_arguments arguments = {.count = 0};

	if (text[0] == '\0' || strspn(text, "0123456789") != strlen(text)) {
		*ret_reactions = app_show_message(app, ROLE_WARM, "invalid PID") | REACTION_BEEP;
		return false;
	}
	*ret_reactions = REACTION_BEEP;
	if (targets_have_changed(app) || remote_targets_collect(app, &targets) < 0)
		return true;
	begin_command(&arguments, "move", &targets, NULL, NULL);
	remote_arguments_add(&arguments, text);
	remote_arguments_add(&arguments, targets.paths[0]);
	*ret_reactions = ask(app, "Move", "Moving", targets.host, &arguments);
	return true;
}

/* Splits "memory.max=2G io.max.rbps=\"8:0 10M\""; false if a word is not an assignment. */
static bool add_assignments(struct remote_arguments *arguments, const char *text)
{
	char word[512];
	bool some = false;

	while (*(text += strspn(text, " ")) != '\0') {
		bool quoted = false;
		size_t used = 0;

		for (; *text != '\0' && (quoted || *text != ' '); text++) {
			if (*text == '"')
				quoted = !quoted;
			else if (used + 1 < sizeof(word))
				word[used++] = *text;
		}
		word[used] = '\0';
		if (quoted || word[0] == '/' || strchr(word, '=') == NULL)
			return false;
		remote_arguments_add(arguments, word);
		some = true;
	}
	return some;
}

static bool set_accept(struct app *app, const char *text, unsigned *ret_reactions)
{
	CLEANUP(cleanup_targets) struct remote_targets targets = {.count = 0};
	CLEANUP(cleanup_arguments) struct remote_arguments arguments = {.count = 0};

	*ret_reactions = REACTION_BEEP;
	if (targets_have_changed(app) || remote_targets_collect(app, &targets) < 0)
		return true;
	begin_command(&arguments, "set", &targets, "--enable", NULL);
	add_paths(&arguments, &targets);
	if (!add_assignments(&arguments, text)) {
		*ret_reactions |=
			app_show_message(app, ROLE_WARM, "e.g. memory.max=2G pids.max=100");
		return false;
	}
	*ret_reactions = ask(app, "Limits", "Setting", targets.host, &arguments);
	return true;
}

/* The last action of this session on the host, not that of another user. */
static unsigned undo(struct app *app)
{
	CLEANUP(cleanup_targets) struct remote_targets targets = {.count = 0};
	CLEANUP(cleanup_arguments) struct remote_arguments arguments = {.count = 0};
	char host[128], number[24];
	uint64_t last = 0;

	if (remote_targets_collect(app, &targets) < 0)
		return REACTION_BEEP;
	for (size_t i = 0; i < app->change_count; i++)
		if (strcmp(app->changes[i].host, targets.host) == 0)
			last = app->changes[i].transaction;
	format_host(targets.host, host, sizeof(host));
	if (last == 0)
		return app_show_message(app, ROLE_TEXT, "%s: nothing to undo in this session",
					host);
	snprintf(number, sizeof(number), "%" PRIu64, last);
	remote_arguments_add(&arguments, "undo");
	remote_arguments_add(&arguments, "--transaction");
	remote_arguments_add(&arguments, number);
	return ask_then(app, "Undo the last change", "Undoing", targets.host, &arguments,
			undo_done);
}

static unsigned journal_done(struct app *app, struct job *job)
{
	const struct ssh_job *remote = ssh_job_from(job);
	const struct remote_command_result *answer;
	struct reader *reader;
	const char *reason;
	char host[128], line[512];

	format_host(ssh_job_host(remote), host, sizeof(host));
	if (ssh_job_result(remote, &answer, &reason) < 0 || answer->status != CLI_OK)
		return REACTION_BEEP |
		       app_show_message(app, ROLE_BAD, "%s: %s", host,
					reason[0] != '\0' ? reason : answer->message);
	reader = reader_new("Journal of a remote host");
	reader_add(reader, ROLE_STRONG, "", host);
	for (size_t i = 0; ssh_job_line(remote, i, line, sizeof(line)); i++)
		reader_add(reader, ROLE_TEXT, "", line);
	return open_reader(app, reader);
}

static unsigned journal(struct app *app)
{
	CLEANUP(cleanup_targets) struct remote_targets targets = {.count = 0};
	CLEANUP(cleanup_arguments) struct remote_arguments arguments = {.count = 0};
	struct ssh_job *remote;

	if (remote_targets_collect(app, &targets) < 0)
		return REACTION_BEEP;
	remote_arguments_add(&arguments, "log");
	remote_arguments_add(&arguments, "--count");
	remote_arguments_add(&arguments, "100");
	remote = ssh_job_new(app, "Reading the journal", targets.host, &arguments, NULL);
	if (remote == NULL)
		return app_show_message(app, ROLE_BAD, "out of memory");
	ssh_job_as_job(remote)->done = journal_done;
	return app_post_job(app, NULL, ssh_job_as_job(remote));
}

static unsigned open_remote_prompt(struct app *app, const struct prompt *prompt)
{
	struct remote_targets targets;

	/* Reports an unsuitable target before the user types anything. */
	if (remote_targets_collect(app, &targets) < 0)
		return REACTION_BEEP;
	remote_targets_done(&targets);
	targets_remember(app);
	return open_prompt(app, prompt, "");
}

unsigned change_remote_groups(struct app *app, enum action action)
{
	static const struct remote_command freeze = {"Freeze", "Freezing", "freeze", NULL, NULL};
	static const struct remote_command thaw = {"Thaw", "Thawing", "thaw", NULL, NULL};
	static const struct prompt set = {.title = "Set KEY=VALUE…", .accept = set_accept};
	static const struct prompt create = {.title = "New group", .accept = new_accept};
	static const struct prompt move = {.title = "Move a process (PID) into this group",
					   .accept = move_accept};

	switch (action) {
	case ACTION_FREEZE:
		return run_on_groups(app, &freeze);
	case ACTION_THAW:
		return run_on_groups(app, &thaw);
	case ACTION_KILL:
		return app_group(app) == CGW_NO_GROUP ? REACTION_BEEP
						      : open_signals(app, kill_accept);
	case ACTION_EDIT:
		return open_remote_prompt(app, &set);
	case ACTION_NEW:
		return open_remote_prompt(app, &create);
	case ACTION_MOVE:
		return open_remote_prompt(app, &move);
	case ACTION_DELETE:
		return delete_groups(app);
	case ACTION_UNDO:
		return undo(app);
	case ACTION_JOURNAL:
		return journal(app);
	default:
		return app_show_message(app, ROLE_WARM,
					"not available for remote groups: run it on the host") |
		       REACTION_BEEP;
	}
}
