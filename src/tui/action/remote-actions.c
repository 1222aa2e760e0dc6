/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* remote-actions.c - freezing, killing, limits and the rest on other hosts: asked with the host's name, done by verbs there. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "shared/cli/cli.h"
#include "tui/action/confirm.h"
#include "tui/action/group-actions.h"
#include "tui/action/remote-actions.h"
#include "tui/action/ssh-job.h"

/* What is shown of what a verb would do. */
#define LINES_MAX 16
#define WHY       "by hand, in cgward top --host"

static void cleanup_targets(struct remote_targets *targets)
{
	remote_targets_done(targets);
}

static void cleanup_words(struct remote_arguments *words)
{
	remote_arguments_done(words);
}

static void say_host(const char *host, char *buffer, size_t size)
{
	(void)cgw_escape(buffer, size, host, strlen(host));
}

/* What the verb says that it would do; nothing is asked any more where it would not. */
static void tell(struct confirm *confirm, struct job *job)
{
	const struct ssh_job *far = ssh_job_from(job);
	const struct remote_command_result *answer;
	const char *reason;
	char line[512];

	if (ssh_job_result(far, &answer, &reason) < 0) {
		confirm_add(confirm, ROLE_BAD, reason);
		confirm_refuse(confirm);
		return;
	}
	for (size_t i = 0; i < LINES_MAX && ssh_job_line(far, i, line, sizeof(line)); i++)
		confirm_add(confirm, ROLE_TEXT, line);
	if (ssh_job_line(far, LINES_MAX, line, sizeof(line)))
		confirm_add(confirm, ROLE_DIM, "and more");
	if (answer->status == CLI_WOULD_CHANGE)
		return;
	confirm_add(confirm, answer->status == CLI_OK ? ROLE_DIM : ROLE_BAD,
		    answer->message[0] != '\0' ? answer->message
		    : answer->status == CLI_OK ? "Nothing would change."
					       : "It would not be done there.");
	confirm_refuse(confirm);
}

static unsigned done(struct app *app, struct job *job)
{
	const struct ssh_job *far = ssh_job_from(job);
	const struct remote_command_result *answer;
	const char *reason;
	char host[128], line[256] = "";

	say_host(ssh_job_host(far), host, sizeof(host));
	if (ssh_job_result(far, &answer, &reason) < 0)
		return REACTION_BEEP | app_show_message(app, ROLE_BAD, "%s: %s", host, reason);
	(void)ssh_job_line(far, 0, line, sizeof(line));
	if (answer->status == CLI_OK)
		return app_show_message(app, ROLE_GOOD, "%s: %s", host,
					line[0] != '\0' ? line : "done");
	return REACTION_BEEP | app_show_message(app, ROLE_BAD, "%s: %s", host,
						answer->message[0] != '\0' ? answer->message
						: line[0] != '\0'          ? line
									   : "it was not done");
}

/* Takes the words over. */
static unsigned ask(struct app *app, const char *title, const char *name, const char *host,
		    const struct remote_arguments *words)
{
	struct ssh_job *act = ssh_job_new(app, name, host, words, NULL);
	struct ssh_job *look = ssh_job_new(app, "Asking", host, words, "--dry-run");
	struct confirm *confirm;
	char shown[128], line[640];

	if (act == NULL || look == NULL) {
		if (act != NULL)
			ssh_job_as_job(act)->free(ssh_job_as_job(act));
		if (look != NULL)
			ssh_job_as_job(look)->free(ssh_job_as_job(look));
		return app_show_message(app, ROLE_BAD, "out of memory");
	}
	ssh_job_as_job(act)->acts = true;
	ssh_job_as_job(act)->done = done;
	confirm = confirm_new(title, ssh_job_as_job(act));
	say_host(host, shown, sizeof(shown));
	(void)snprintf(line, sizeof(line), "On host %s:", shown);
	confirm_add(confirm, ROLE_STRONG, line);
	remote_arguments_format(words, line, sizeof(line));
	confirm_add(confirm, ROLE_KEY, line);
	confirm_preview(confirm, ssh_job_as_job(look), tell);
	return open_confirm(app, confirm);
}

/* Names may have become another's since they were seen: the verb shall look. */
static void add_ids(struct remote_arguments *words, const struct remote_targets *targets)
{
	char text[FAR_GROUPS_MAX * sizeof("18446744073709551615,")];
	size_t used = 0;

	for (size_t i = 0; i < targets->count; i++) {
		if (targets->ids[i] == 0)
			return;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%" PRIu64,
					 i > 0 ? "," : "", targets->ids[i]);
	}
	remote_arguments_add(words, "--if-id");
	remote_arguments_add(words, text);
}

/* A verb with its options, behind which the operands follow; `targets`: the groups that it is about. */
static void begin(struct remote_arguments *words, const char *verb,
		  const struct remote_targets *targets, const char *option, const char *value)
{
	remote_arguments_add(words, verb);
	remote_arguments_add(words, "--why");
	remote_arguments_add(words, WHY);
	if (targets != NULL)
		add_ids(words, targets);
	if (option != NULL)
		remote_arguments_add(words, option);
	if (value != NULL)
		remote_arguments_add(words, value);
	remote_arguments_add(words, "--");
}

static void add_paths(struct remote_arguments *words, const struct remote_targets *targets)
{
	for (size_t i = 0; i < targets->count; i++)
		remote_arguments_add(words, targets->paths[i]);
}

struct kind {
	const char *title, *name, *verb, *option, *value;
};

static unsigned on_groups(struct app *app, const struct kind *kind)
{
	CLEANUP(cleanup_targets) struct remote_targets targets = {.count = 0};
	CLEANUP(cleanup_words) struct remote_arguments words = {.count = 0};

	if (remote_targets_collect(app, &targets) < 0)
		return REACTION_BEEP;
	begin(&words, kind->verb, &targets, kind->option, kind->value);
	add_paths(&words, &targets);
	return ask(app, kind->title, kind->name, targets.host, &words);
}

static unsigned kill_accept(struct app *app, int value)
{
	char number[16];
	const struct kind kind = {"Kill", "Killing", "kill", "--signal", number};

	(void)snprintf(number, sizeof(number), "%d", value);
	return on_groups(app, &kind);
}

static unsigned delete_groups(struct app *app)
{
	struct remote_targets targets;
	struct kind kind = {"Delete", "Removing", "delete", NULL, NULL};

	if (remote_targets_collect(app, &targets) < 0)
		return REACTION_BEEP;
	kind.option = targets.have_children ? "--recursive" : NULL;
	remote_targets_done(&targets);
	return on_groups(app, &kind);
}

static bool new_accept(struct app *app, const char *text, unsigned *ret_reactions)
{
	CLEANUP(cleanup_targets) struct remote_targets targets = {.count = 0};
	CLEANUP(cleanup_words) struct remote_arguments words = {.count = 0};
	char path[4352];

	if (text[0] == '\0' || strchr(text, '/') != NULL || strcmp(text, ".") == 0 ||
	    strcmp(text, "..") == 0) {
		*ret_reactions =
			app_show_message(app, ROLE_WARM, "a name without \"/\"") | REACTION_BEEP;
		return text[0] == '\0';
	}
	*ret_reactions = REACTION_BEEP;
	if (remote_targets_collect(app, &targets) < 0)
		return true;
	if (snprintf(path, sizeof(path), "%s/%s",
		     strcmp(targets.paths[0], "/") == 0 ? "" : targets.paths[0],
		     text) >= (int)sizeof(path))
		return true;
	begin(&words, "create", NULL, NULL, NULL);
	remote_arguments_add(&words, path);
	*ret_reactions = ask(app, "New group", "Making", targets.host, &words);
	return true;
}

static bool move_accept(struct app *app, const char *text, unsigned *ret_reactions)
{
	CLEANUP(cleanup_targets) struct remote_targets targets = {.count = 0};
	CLEANUP(cleanup_words) struct remote_arguments words = {.count = 0};

	if (text[0] == '\0' || strspn(text, "0123456789") != strlen(text)) {
		*ret_reactions =
			app_show_message(app, ROLE_WARM, "the number of a process") | REACTION_BEEP;
		return false;
	}
	*ret_reactions = REACTION_BEEP;
	if (remote_targets_collect(app, &targets) < 0)
		return true;
	begin(&words, "move", &targets, NULL, NULL);
	remote_arguments_add(&words, text);
	remote_arguments_add(&words, targets.paths[0]);
	*ret_reactions = ask(app, "Move", "Moving", targets.host, &words);
	return true;
}

/* "memory.max=2G io.max.rbps=\"8:0 10M\"" apart; false where a word sets nothing. */
static bool add_assignments(struct remote_arguments *words, const char *text)
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
		remote_arguments_add(words, word);
		some = true;
	}
	return some;
}

static bool set_accept(struct app *app, const char *text, unsigned *ret_reactions)
{
	CLEANUP(cleanup_targets) struct remote_targets targets = {.count = 0};
	CLEANUP(cleanup_words) struct remote_arguments words = {.count = 0};

	*ret_reactions = REACTION_BEEP;
	if (remote_targets_collect(app, &targets) < 0)
		return true;
	begin(&words, "set", &targets, "--enable", NULL);
	add_paths(&words, &targets);
	if (!add_assignments(&words, text)) {
		*ret_reactions |= app_show_message(app, ROLE_WARM,
						   "memory.max=2G pids.max=100, or one of "
						   "them");
		return false;
	}
	*ret_reactions = ask(app, "Limits", "Setting", targets.host, &words);
	return true;
}

static unsigned undo(struct app *app)
{
	CLEANUP(cleanup_targets) struct remote_targets targets = {.count = 0};
	CLEANUP(cleanup_words) struct remote_arguments words = {.count = 0};

	if (remote_targets_collect(app, &targets) < 0)
		return REACTION_BEEP;
	remote_arguments_add(&words, "undo");
	return ask(app, "Take back the last change", "Taking back", targets.host, &words);
}

static unsigned journal_done(struct app *app, struct job *job)
{
	const struct ssh_job *far = ssh_job_from(job);
	const struct remote_command_result *answer;
	struct reader *reader;
	const char *reason;
	char host[128], line[512];

	say_host(ssh_job_host(far), host, sizeof(host));
	if (ssh_job_result(far, &answer, &reason) < 0 || answer->status != CLI_OK)
		return REACTION_BEEP |
		       app_show_message(app, ROLE_BAD, "%s: %s", host,
					reason[0] != '\0' ? reason : answer->message);
	reader = reader_new("Journal of another host");
	reader_add(reader, ROLE_STRONG, "", host);
	for (size_t i = 0; ssh_job_line(far, i, line, sizeof(line)); i++)
		reader_add(reader, ROLE_TEXT, "", line);
	return open_reader(app, reader);
}

static unsigned journal(struct app *app)
{
	CLEANUP(cleanup_targets) struct remote_targets targets = {.count = 0};
	CLEANUP(cleanup_words) struct remote_arguments words = {.count = 0};
	struct ssh_job *far;

	if (remote_targets_collect(app, &targets) < 0)
		return REACTION_BEEP;
	remote_arguments_add(&words, "log");
	remote_arguments_add(&words, "--count");
	remote_arguments_add(&words, "100");
	far = ssh_job_new(app, "Reading the journal", targets.host, &words, NULL);
	if (far == NULL)
		return app_show_message(app, ROLE_BAD, "out of memory");
	ssh_job_as_job(far)->done = journal_done;
	return app_post_job(app, NULL, ssh_job_as_job(far));
}

static unsigned type_for(struct app *app, const struct prompt *prompt)
{
	struct remote_targets targets;

	/* What cannot be done is said before something is typed for it. */
	if (remote_targets_collect(app, &targets) < 0)
		return REACTION_BEEP;
	remote_targets_done(&targets);
	return open_prompt(app, prompt, "");
}

unsigned change_elsewhere(struct app *app, enum action action)
{
	static const struct kind freeze = {"Freeze", "Freezing", "freeze", NULL, NULL};
	static const struct kind thaw = {"Thaw", "Thawing", "thaw", NULL, NULL};
	static const struct prompt set = {.title = "Set KEY=VALUE…", .accept = set_accept};
	static const struct prompt create = {.title = "New group", .accept = new_accept};
	static const struct prompt move = {.title = "Move here process", .accept = move_accept};

	switch (action) {
	case ACTION_FREEZE:
		return on_groups(app, &freeze);
	case ACTION_THAW:
		return on_groups(app, &thaw);
	case ACTION_KILL:
		return app_group(app) == CGW_NO_GROUP ? REACTION_BEEP
						      : open_signals(app, kill_accept);
	case ACTION_EDIT:
		return type_for(app, &set);
	case ACTION_NEW:
		return type_for(app, &create);
	case ACTION_MOVE:
		return type_for(app, &move);
	case ACTION_DELETE:
		return delete_groups(app);
	case ACTION_UNDO:
		return undo(app);
	case ACTION_JOURNAL:
		return journal(app);
	default:
		return app_show_message(app, ROLE_WARM,
					"only on the host itself: its files are there") |
		       REACTION_BEEP;
	}
}
