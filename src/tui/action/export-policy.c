/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* export-policy.c - appends the current limits of groups to a policy file, as [limit] sections. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cgward/policy.h>

#include "lib/base/cleanup.h"
#include "lib/base/regular-file.h"
#include "lib/policy/export-limits.h"
#include "shared/cli/daemon-status.h"
#include "tui/action/group-actions.h"
#include "tui/action/targets.h"
#include "tui/core/window.h"

/* A larger file is not a policy. */
#define FILE_MAX (UINT64_C(4) << 20)

/* One job, run twice: to preview the text, and after confirmation to write it. */
struct export
{
	struct job job;
	struct targets targets;
	char file[1024];
	char *text;      /* to append */
	size_t left_out; /* groups whose path cannot be written in a policy */
	int error;
	char problem[400];
};

static void free_export(struct job *job)
{
	struct export *export = (struct export *)job;

	targets_done(&export->targets);
	free(export->text);
	free(export);
}

static int fail(struct export *export, int error, const char *what)
{
	export->error = error;
	snprintf(export->problem, sizeof(export->problem), "%.200s: %s", what,
		 regular_file_error_text(error));
	return error;
}

/* The current text, "" if the file does not exist. */
static int read_file(struct export *export, char **ret_text)
{
	CLEANUP(cleanup_close)
	int fd = open_regular_file(AT_FDCWD, export->file, O_RDONLY | O_NOFOLLOW, FILE_MAX);
	struct stat status;
	char *text;
	ssize_t length;

	if (fd < 0 && fd != -ENOENT)
		return fail(export, fd, export->file);
	if (fd >= 0 && fstat(fd, &status) < 0)
		return fail(export, -errno, export->file);
	text = calloc(1, (fd >= 0 ? (size_t)status.st_size : 0) + 1);
	if (text == NULL)
		return fail(export, -ENOMEM, export->file);
	length = fd >= 0 ? read(fd, text, (size_t)status.st_size) : 0;
	if (length < 0) {
		int error = -errno;

		free(text);
		return fail(export, error, export->file);
	}
	*ret_text = text;
	return 0;
}

static void record_problem(void *context, const struct cgw_policy_problem *problem)
{
	struct export *export = context;

	if (!problem->warning && export->problem[0] == '\0')
		snprintf(export->problem, sizeof(export->problem),
			 "the file would not be a valid policy: line %u: %.300s",
			 problem->diag.line, problem->diag.text);
}

/* Checks that the file remains a valid policy. */
static int check(struct export *export)
{
	const struct cgw_policy_reporter reporter = {record_problem, export};
	CLEANUP(cleanup_free) char *before = NULL;
	CLEANUP(cleanup_free) char *whole = NULL;
	struct cgw_policy *policy = NULL;
	int length, r = read_file(export, &before);

	if (r < 0)
		return r;
	length = asprintf(&whole, "%s\n%s", before, export->text);
	if (length < 0) {
		whole = NULL;
		return fail(export, -ENOMEM, export->file);
	}
	r = cgw_policy_parse(export->file, whole, (size_t)length, &reporter, &policy);
	cgw_policy_free(policy);
	export->error = r;
	return r;
}

static void run_preview(struct job *job)
{
	struct export *export = (struct export *)job;

	for (size_t i = 0; i < export->targets.count; i++) {
		CLEANUP(cleanup_free) char *section = NULL;
		char *longer;
		int r = export_section(job->layout, export->targets.items[i].path, &section);

		export->left_out += r == -EINVAL;
		if (r < 0)
			continue;
		if (asprintf(&longer, "%s%s%s", export->text != NULL ? export->text : "",
			     export->text != NULL ? "\n" : "", section) < 0)
			continue;
		free(export->text);
		export->text = longer;
	}
	if (export->text != NULL)
		check(export);
}

static void run_write(struct job *job)
{
	struct export *export = (struct export *)job;
	CLEANUP(cleanup_close) int fd = -1;
	size_t length = strlen(export->text);

	/* The file may have changed since the preview. */
	if (check(export) < 0)
		return;
	fd = open(export->file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0) {
		fail(export, -errno, export->file);
		return;
	}
	/* A single write, so that readers see all of it or nothing. */
	if (write(fd, export->text, length) != (ssize_t)length || fsync(fd) < 0)
		fail(export, errno != 0 ? -errno : -EIO, export->file);
}

static unsigned write_done(struct app *app, struct job *job)
{
	const struct export *export = (const struct export *)job;

	if (export->error < 0)
		return REACTION_BEEP |
		       app_show_message(app, ROLE_BAD, "cannot export: %s", export->problem);
	return app_show_message(app, ROLE_GOOD,
				"written to %s; reload cgward enforce (SIGHUP) to apply it",
				export->file);
}

/* Reuses the object as the job that writes. */
static unsigned ask_to_write(struct app *app, struct export *export)
{
	struct window *window;
	char line[300];
	const char *at = export->text;

	export->job.run = run_write;
	export->job.done = write_done;
	export->job.acts = true;
	export->job.name = "Writing";
	window = window_ask("Export limits to a policy", &export->job);
	snprintf(line, sizeof(line), "Append to %.250s:", export->file);
	window_add(window, ROLE_TEXT, line);
	while (*at != '\0') {
		size_t length = strcspn(at, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)length, at);
		window_add(window, ROLE_STRONG, line[0] != '\0' ? line : " ");
		at += length + (at[length] == '\n');
	}
	if (export->left_out > 0) {
		snprintf(line, sizeof(line),
			 "%zu group%s left out: path cannot be written in a policy",
			 export->left_out, export->left_out == 1 ? "" : "s");
		window_add(window, ROLE_WARM, line);
	}
	return window_open(app, window);
}

static unsigned preview_done(struct app *app, struct job *job)
{
	struct export *export = (struct export *)job;

	if (export->text == NULL)
		return app_show_message(
			app, ROLE_TEXT, "%s",
			export->left_out > 0
				? "cannot export: the path cannot be written in a policy"
				: "nothing to export: all limits are at the kernel's defaults");
	if (export->error < 0)
		return REACTION_BEEP |
		       app_show_message(app, ROLE_BAD, "cannot export: %s", export->problem);
	job->kept = true;
	return ask_to_write(app, export);
}

static bool file_accept(struct app *app, const char *text, unsigned *ret_reactions)
{
	struct export *export;

	*ret_reactions = REACTION_NONE;
	if (text[0] != '/') {
		*ret_reactions = app_show_message(app, ROLE_WARM, "expected an absolute path") |
				 REACTION_BEEP;
		return false;
	}
	export = calloc(1, sizeof(*export));
	if (export == NULL || targets_collect(app, false, &export->targets) < 0) {
		free(export);
		*ret_reactions = REACTION_BEEP;
		return true;
	}
	snprintf(export->file, sizeof(export->file), "%s", text);
	export->job = (struct job){.run = run_preview,
				   .done = preview_done,
				   .free = free_export,
				   .name = "Reading limits"};
	*ret_reactions = app_post_job(app, NULL, &export->job);
	return true;
}

unsigned open_export(struct app *app)
{
	static const struct prompt prompt = {.title = "Export limits to", .accept = file_accept};

	return app_group(app) == CGW_NO_GROUP
		       ? REACTION_BEEP
		       : open_prompt(app, &prompt, DAEMON_POLICY_DIRECTORY "/by-hand.conf");
}
