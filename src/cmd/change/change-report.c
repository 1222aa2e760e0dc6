/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* change-report.c - applies a plan and reports the results, as text or JSON. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cmd/change/change-report.h"
#include "cmd/change/signal-names.h"
#include "lib/base/cleanup.h"
#include "shared/cli/listing.h"
#include "shared/report/log-change.h"

/* Results of a step without a value, as in "/a: frozen". */
static const struct {
	const char *done, *already, *would;
} kinds[] = {
	[CGW_STEP_SET] = {"set", "already set", "would be set"},
	[CGW_STEP_FREEZE] = {"frozen", "already frozen", "would be frozen"},
	[CGW_STEP_THAW] = {"thawed", "not frozen", "would be thawed"},
	[CGW_STEP_KILL] = {"sent signal", "no processes", "would send signal"},
	[CGW_STEP_CREATE] = {"created", "already exists", "would be created"},
	[CGW_STEP_DELETE] = {"deleted", "does not exist", "would be deleted"},
	[CGW_STEP_MOVE] = {"moved into the group", "already in the group",
			   "would be moved into the group"},
};

enum cli_exit report_status(const struct cgw_result *result, bool dry_run)
{
	switch (result->outcome) {
	case CGW_OUTCOME_PENDING:
	case CGW_OUTCOME_DONE:
	case CGW_OUTCOME_ADJUSTED:
		return dry_run ? CLI_WOULD_CHANGE : CLI_OK;
	case CGW_OUTCOME_UNCHANGED:
		return CLI_OK;
	case CGW_OUTCOME_REFUSED:
		/* Distinguish invalid requests from forbidden ones. */
		return result->error == -EINVAL || result->error == -ERANGE   ? CLI_USAGE
		       : result->error == -ENOENT || result->error == -ESTALE ? CLI_NO_SUCH_GROUP
									      : CLI_REFUSED;
	case CGW_OUTCOME_FAILED:
		return result->error == -EREMOTEIO ? CLI_NOT_KEPT
						   : cli_exit_from_error(result->error);
	default:
		return CLI_FAILED;
	}
}

/* Paths and values, escaped for the terminal. */
struct shown {
	char path[1024], value[600], old_value[600], new_value[600];
};

static void escape_all(const struct cgw_step *step, const struct cgw_result *result,
		       struct shown *shown)
{
	const char *value = step->value != NULL ? step->value : "";

	cgw_escape(shown->path, sizeof(shown->path), step->path, strlen(step->path));
	cgw_escape(shown->value, sizeof(shown->value), value, strlen(value));
	cgw_escape(shown->old_value, sizeof(shown->old_value), result->old_value,
		   strlen(result->old_value));
	cgw_escape(shown->new_value, sizeof(shown->new_value), result->new_value,
		   strlen(result->new_value));
}

/* " (was max, change 12)" */
static void print_previous(const struct cgw_result *result, const struct shown *shown)
{
	bool old = shown->old_value[0] != '\0';

	if (!old && result->change_id == 0)
		return;
	fputs(" (", stdout);
	if (old)
		printf("was %s", shown->old_value);
	if (result->change_id != 0)
		printf("%schange %llu", old ? ", " : "", (unsigned long long)result->change_id);
	putchar(')');
}

static void print_set(const struct cgw_step *step, const struct cgw_result *result, bool dry_run)
{
	const char *key = cgw_control_info(step->control)->key;
	struct shown shown;

	escape_all(step, result, &shown);
	printf("%s: %s", shown.path, key);
	if (result->outcome == CGW_OUTCOME_UNCHANGED) {
		printf(" is already %s",
		       shown.new_value[0] != '\0' ? shown.new_value : shown.value);
	} else if (dry_run) {
		printf(" would become %s",
		       shown.new_value[0] != '\0' ? shown.new_value : shown.value);
		if (shown.old_value[0] != '\0')
			printf(" (now %s)", shown.old_value);
	} else if (result->outcome == CGW_OUTCOME_ADJUSTED) {
		printf(": requested %s, kernel set %s", shown.value, shown.new_value);
		print_previous(result, &shown);
	} else {
		printf(" %s", shown.new_value[0] != '\0' ? shown.new_value : shown.value);
		print_previous(result, &shown);
	}
	putchar('\n');
}

static void print_signal(int signal)
{
	char name[32];

	signal_name(signal, name, sizeof(name));
	printf(" %s", name);
}

static void print_other(const struct cgw_step *step, const struct cgw_result *result, bool dry_run)
{
	struct shown shown;

	escape_all(step, result, &shown);
	printf("%s: ", shown.path);
	if (step->kind == CGW_STEP_MOVE)
		printf("process %ld ", (long)step->pid);
	if (result->outcome == CGW_OUTCOME_UNCHANGED)
		fputs(kinds[step->kind].already, stdout);
	else
		fputs(dry_run ? kinds[step->kind].would : kinds[step->kind].done, stdout);
	if (step->kind == CGW_STEP_KILL && result->outcome != CGW_OUTCOME_UNCHANGED)
		print_signal(step->signal);
	if (!dry_run && result->change_id != 0)
		printf(" (change %llu)", (unsigned long long)result->change_id);
	putchar('\n');
}

/* "/a: memory.max=2G: the reason", or the fate of a step after another step failed. */
static void print_failure(const struct change_command *command, const struct cgw_step *step,
			  const struct cgw_result *result)
{
	struct cgw_diag diag = result->diag;
	const char *reason = diag.text;
	struct shown shown;
	char what[768];

	escape_all(step, result, &shown);
	if (step->kind == CGW_STEP_SET)
		snprintf(what, sizeof(what), "%s=%s", cgw_control_info(step->control)->key,
			 shown.value);
	else
		snprintf(what, sizeof(what), "%s", cgw_step_kind_name(step->kind));
	if (reason[0] == '\0')
		reason = result->error < 0 ? strerror(-result->error)
					   : cgw_outcome_name(result->outcome);
	if (result->outcome == CGW_OUTCOME_ROLLED_BACK)
		cli_error(command->context, "%s: %s: rolled back", shown.path, what);
	else if (result->outcome == CGW_OUTCOME_NOT_TRIED)
		cli_error(command->context, "%s: %s: not attempted", shown.path, what);
	else if (result->outcome == CGW_OUTCOME_INCONSISTENT)
		cli_error(command->context,
			  "%s: %s: APPLIED, AND ROLLBACK FAILED: %s (previous value: %s)",
			  shown.path, what, reason,
			  shown.old_value[0] != '\0' ? shown.old_value : "unknown");
	else if (diag.text[0] != '\0') /* names the group and the action */
		cli_error(command->context, "%s", reason);
	else
		cli_error(command->context, "%s: %s: %s", shown.path, what, reason);
}

static bool has_succeeded(enum cgw_outcome outcome, bool dry_run)
{
	return outcome == CGW_OUTCOME_DONE || outcome == CGW_OUTCOME_ADJUSTED ||
	       outcome == CGW_OUTCOME_UNCHANGED || (dry_run && outcome == CGW_OUTCOME_PENDING);
}

static void print_step(const struct change_command *command, const struct cgw_step *step,
		       const struct cgw_result *result)
{
	bool dry_run = command->options.dry_run;

	if (!has_succeeded(result->outcome, dry_run)) {
		print_failure(command, step, result);
		return;
	}
	if (!command->quiet || dry_run) {
		if (step->kind == CGW_STEP_SET)
			print_set(step, result, dry_run);
		else
			print_other(step, result, dry_run);
	}
	if (dry_run && result->outcome != CGW_OUTCOME_UNCHANGED && result->how[0] != '\0')
		printf("  %s\n", result->how);
	/* Success with a remark, for example that a limit of an ancestor is lower. */
	if (result->diag.text[0] != '\0' && result->outcome != CGW_OUTCOME_ADJUSTED)
		cli_error(command->context, "note: %s", result->diag.text);
}

/* Text of the library, which has already escaped all names. */
static json_t *json_sentence(const char *text)
{
	return text[0] != '\0' ? json_string(text) : json_null();
}

static json_t *integer_if(bool known, uint64_t number)
{
	return known ? json_integer((json_int_t)number) : NULL;
}

static json_t *json_step(const struct cgw_step *step, const struct cgw_result *result)
{
	bool set = step->kind == CGW_STEP_SET, journalled = result->change_id != 0;

	return json_pack(
		"{s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:s*, s:o*, s:o*, s:o*, s:s*, s:o*, s:o*}",
		"group", json_escaped(step->path), "action", cgw_step_kind_name(step->kind),
		"outcome", cgw_outcome_name(result->outcome), "old",
		json_escaped(result->old_value), "new", json_escaped(result->new_value), "how",
		json_sentence(result->how), "message", json_sentence(result->diag.text), "key",
		set ? cgw_control_info(step->control)->key : NULL, "asked",
		set ? json_escaped(step->value) : NULL, "pid",
		integer_if(step->kind == CGW_STEP_MOVE, (uint64_t)step->pid), "signal",
		integer_if(step->kind == CGW_STEP_KILL, (uint64_t)step->signal), "error",
		result->error < 0 ? strerrorname_np(-result->error) : NULL, "change",
		integer_if(journalled, result->change_id), "reversible",
		journalled ? json_boolean(result->reversible) : NULL);
}

/* {"dry_run": false, "status": 0, "steps": [...]} */
static enum cli_exit print_json(const struct change_command *command, json_t *steps,
				enum cli_exit status)
{
	uint64_t transaction = command->plan != NULL ? cgw_plan_transaction(command->plan) : 0;
	json_t *document = json_pack(
		"{s:i, s:s, s:b, s:i, s:o, s:o*}", "schema", CLI_JSON_SCHEMA, "cgward",
		cgw_version(), "dry_run", (int)command->options.dry_run, "status", (int)status,
		"steps", steps, "transaction", integer_if(transaction != 0, transaction));

	if (json_print(document, stdout, JSON_INDENT(1) | JSON_PRESERVE_ORDER) == 0)
		return status;
	return cli_error(command->context, "%s", strerror(ENOMEM));
}

/* Failure outranks "would change", which outranks success. */
static enum cli_exit worse(enum cli_exit status, enum cli_exit other)
{
	if (status == CLI_OK || (status == CLI_WOULD_CHANGE && other != CLI_OK))
		return other;
	return status;
}

static bool is_cause(const struct cgw_result *result)
{
	return result->outcome == CGW_OUTCOME_FAILED || result->outcome == CGW_OUTCOME_REFUSED ||
	       result->outcome == CGW_OUTCOME_INCONSISTENT;
}

/* Logs a step, and prints it or with --json adds it to the list. */
static enum cli_exit report_step(const struct change_command *command, const struct cgw_step *step,
				 const struct cgw_result *result, json_t *list)
{
	log_change(step, result, &command->options);
	if (command->json)
		json_array_append_new(list, json_step(step, result));
	else
		print_step(command, step, result);
	return report_status(result, command->options.dry_run);
}

/* `error` is the return value of cgw_plan_apply(). */
static enum cli_exit report_plan(const struct change_command *command, int error)
{
	enum cli_exit status = CLI_OK, causes = CLI_OK;
	json_t *steps = command->json ? json_array() : NULL;

	for (size_t i = 0; i < cgw_plan_count(command->plan); i++) {
		const struct cgw_step *step = cgw_plan_step(command->plan, i);
		const struct cgw_result *result = cgw_plan_result(command->plan, i);
		enum cli_exit step_status = report_step(command, step, result, steps);

		status = worse(status, step_status);
		if (is_cause(result))
			causes = result->outcome == CGW_OUTCOME_INCONSISTENT
					 ? CLI_FAILED
					 : worse(causes, step_status);
	}
	/* Steps that were rolled back do not determine the exit status: the cause does. */
	if (causes != CLI_OK)
		status = causes;
	else if (error < 0)
		status = cli_exit_from_error(error);
	if (error < 0 && causes == CLI_OK)
		cli_error(command->context, "%s", strerror(-error));
	return command->json ? print_json(command, steps, status) : status;
}

enum cli_exit change_apply(struct change_command *command)
{
	sigset_t blocked, before;
	enum cli_exit status;
	int r;

	/*
	 * A half-applied plan is worse than a short delay: block signals until the plan is applied
	 * or rolled back, and reported. Every step has a timeout.
	 */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGHUP);
	sigaddset(&blocked, SIGQUIT);
	sigaddset(&blocked, SIGTSTP);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	r = cgw_plan_apply(command->plan);
	status = report_plan(command, r);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}

enum cli_exit report_steps(const struct change_command *command, const struct cgw_step *steps,
			   const struct cgw_result *results, size_t count)
{
	enum cli_exit status = CLI_OK;
	json_t *list = command->json ? json_array() : NULL;

	for (size_t i = 0; i < count; i++)
		status = worse(status, report_step(command, &steps[i], &results[i], list));
	return command->json ? print_json(command, list, status) : status;
}
