/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy-report.c - reports how a policy applies to a group, as text and JSON. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/base/string-builder.h"
#include "lib/render/value-text.h"
#include "shared/report/policy-report.h"

static bool has_sides(const struct cgw_term *term)
{
	return term->kind != CGW_TERM_TEXT && term->kind != CGW_TERM_SUBJECT;
}

static void print_problem(void *context, const struct cgw_policy_problem *problem)
{
	/* FILE:LINE: first, as compilers do, for editors. */
	fputs(problem->diag.file, stderr);
	if (problem->diag.line > 0)
		fprintf(stderr, ":%u", problem->diag.line);
	fprintf(stderr, ": %s%s\n", problem->warning ? "warning: " : "", problem->diag.text);
}

enum cli_exit policy_report_load(const char *file, const char *directory,
				 struct cgw_policy **ret_policy)
{
	static const struct cgw_policy_reporter reporter = {print_problem, NULL};
	struct cgw_policy *policy = NULL;

	if (cgw_policy_load(file, directory, &reporter, &policy) < 0)
		return CLI_POLICY_INVALID;
	if (ret_policy != NULL)
		*ret_policy = policy;
	else
		cgw_policy_free(policy);
	return CLI_OK;
}

struct daemon_status *policy_report_status(const struct cgw_policy *policy, const char *state)
{
	struct daemon_status *status = NULL;

	if (state == NULL)
		state = cgw_policy_settings(policy)->state;
	(void)daemon_status_read(state != NULL ? state : DAEMON_STATE, &status);
	return status;
}

/* State of the rule on this group in the status. NULL: idle. */
static const struct daemon_instance *instance_of(const struct policy_report *report,
						 const char *rule)
{
	CLEANUP(cleanup_free) char *shown = escape_copy(report->path);

	for (size_t i = 0; shown != NULL && i < report->status->instance_count; i++)
		if (strcmp(report->status->instances[i].rule, rule) == 0 &&
		    strcmp(report->status->instances[i].group, shown) == 0)
			return &report->status->instances[i];
	return NULL;
}

/* A condition as it was evaluated. */
struct condition_trace {
	enum cgw_truth truth;
	size_t member_count; /* scope = sum: of the groups that are added up */
	size_t term_count;
	struct term_trace {
		struct cgw_term term;
		enum cgw_truth truth;
		struct cgw_value value, bound;
	} terms[];
};

/* NULL: out of memory. */
static struct condition_trace *trace_condition(const struct policy_report *report, size_t section,
					       const struct cgw_expression *expression)
{
	CLEANUP(cleanup_free) uint32_t *members = NULL;
	struct cgw_scope scope = {
		.frame = report->frame, .group = report->group, .facts = report->facts};
	size_t count = cgw_expression_term_count(expression);
	struct condition_trace *trace = calloc(1, sizeof(*trace) + count * sizeof(trace->terms[0]));

	if (trace == NULL)
		return NULL;
	(void)cgw_policy_sum_members(report->policy, section, report->frame, report->facts,
				     report->group, &members, &scope.member_count);
	scope.members = members;
	trace->truth = cgw_expression_evaluate(expression, &scope);
	trace->member_count = scope.member_count;
	trace->term_count = count;
	for (size_t i = 0; i < count; i++) {
		struct term_trace *term = &trace->terms[i];

		cgw_expression_term(expression, i, &term->term);
		term->truth = cgw_expression_evaluate_term(expression, i, &scope, &term->value,
							   &term->bound);
	}
	return trace;
}

void policy_report_print_condition(const struct policy_report *report, size_t section,
				   const struct cgw_expression *expression, const char *label,
				   int indent)
{
	CLEANUP(cleanup_free)
	struct condition_trace *trace = trace_condition(report, section, expression);

	if (trace == NULL)
		return;
	printf("%*s%s: %s", indent, "", label, cgw_truth_name(trace->truth));
	if (trace->member_count > 0)
		printf(", sum of %zu groups", trace->member_count);
	putchar('\n');
	for (size_t i = 0; i < trace->term_count; i++) {
		const struct term_trace *term = &trace->terms[i];

		printf("%*s%s: %s", indent + 2, "", term->term.text, cgw_truth_name(term->truth));
		if (has_sides(&term->term))
			printf(" (now %s, threshold %s)",
			       VALUE_TEXT(term->value, term->term.unit, CGW_STYLE_HUMAN),
			       VALUE_TEXT(term->bound, term->term.unit, CGW_STYLE_HUMAN));
		putchar('\n');
	}
}

static void print_expression(const struct policy_report *report, size_t section, const char *name,
			     const struct cgw_expression *expression)
{
	struct string_builder label = {0};

	string_builder_printf(&label, "%s = %s", name, cgw_expression_text(expression));
	policy_report_print_condition(report, section, expression, string_builder_text(&label), 4);
	string_builder_free(&label);
}

void policy_report_append_progress(struct string_builder *text,
				   const struct daemon_instance *instance, double age_seconds)
{
	double left = instance->until_seconds - age_seconds;
	bool acts = strcmp(instance->phase, cgw_phase_name(CGW_PHASE_PENDING)) == 0;
	size_t start = text->length;
	char time[32];

	if (!isnan(instance->since_seconds)) {
		cgw_format_duration((age_seconds + instance->since_seconds) * 1e9, time,
				    sizeof(time));
		string_builder_printf(text, "for %s", time);
	}
	if (!isnan(left)) {
		cgw_format_duration((left > 0 ? left : 0) * 1e9, time, sizeof(time));
		string_builder_printf(text, "%s%s in %s", text->length > start ? "; " : "",
				      acts ? "acts" : "ends", time);
	}
}

/* ", step N, for TIME; WHAT in TIME: REASON" */
static void print_progress(const struct daemon_instance *instance, double age_seconds)
{
	CLEANUP(string_builder_free) struct string_builder text = {0};

	policy_report_append_progress(&text, instance, age_seconds);
	printf(", step %llu%s%s%s%s\n", (unsigned long long)instance->step + 1,
	       text.length > 0 ? ", " : "", string_builder_text(&text),
	       instance->why[0] != '\0' ? ": " : "", instance->why);
}

void policy_report_print_instance(const struct daemon_instance *instance, double age_seconds)
{
	printf("%-10s %s on %s", instance->phase, instance->rule, instance->group);
	print_progress(instance, age_seconds);
}

static void print_enforcement(const struct policy_report *report, const char *rule)
{
	const struct daemon_instance *instance;

	if (report->status == NULL)
		return;
	instance = instance_of(report, rule);
	printf("    enforcement: %s", instance != NULL ? instance->phase : "idle\n");
	if (instance != NULL)
		print_progress(instance, daemon_status_age(report->status));
}

static void print_section(const struct policy_report *report, size_t index, enum cgw_truth selected)
{
	struct cgw_section_info section = cgw_policy_section(report->policy, index);
	enum cgw_control control = CGW_CONTROL_NONE;
	struct cgw_diag diag = {0};
	const char *value;

	printf("[%s %s] (%s:%u)%s\n", cgw_section_kind_name(section.kind), section.name,
	       section.file, section.line,
	       selected == CGW_UNKNOWN ? ": unknown whether it applies to this group" : "");
	for (size_t i = 0; cgw_policy_assignment(report->policy, index, i, &control, &value) == 0;
	     i++)
		printf("    %s = %s\n", cgw_control_info(control)->key, value);
	if (section.kind == CGW_SECTION_PROTECT)
		return;
	if (cgw_policy_check_protected(report->policy, report->frame, report->facts, report->group,
				       control, &diag) < 0)
		printf("    would be refused: %s\n", diag.text);
	if (section.when != NULL)
		print_expression(report, index, "when", section.when);
	if (section.until != NULL)
		print_expression(report, index, "until", section.until);
	if (section.kind == CGW_SECTION_RULE)
		print_enforcement(report, section.name);
}

static void print_held(const struct policy_report *report)
{
	CLEANUP(cleanup_free) char *shown = escape_copy(report->path);

	if (report->status == NULL || shown == NULL)
		return;
	for (size_t i = 0; i < report->status->held_count; i++) {
		const struct daemon_held *held = &report->status->held[i];

		if (strcmp(held->group, shown) != 0)
			continue;
		if (strcmp(held->key, "frozen") == 0)
			printf("frozen by %s\n", held->section);
		else
			printf("%s = %s (was %s), set by %s\n", held->key, held->value,
			       held->original, held->section);
	}
}

/* Whether the section may apply to the group. [place] sections apply to processes. */
static bool applies(const struct policy_report *report, size_t index, enum cgw_truth *ret_selected)
{
	if (cgw_policy_section(report->policy, index).kind == CGW_SECTION_PLACE)
		return false;
	*ret_selected = cgw_policy_section_matches(report->policy, index, report->frame,
						   report->facts, report->group);
	return *ret_selected != CGW_FALSE;
}

void policy_report_print(const struct policy_report *report)
{
	struct cgw_diag diag = {0};
	enum cgw_truth selected;
	bool any = false;

	if (cgw_protect_check(report->layout, report->path, &diag) < 0)
		printf("  %s\n", diag.text);
	print_held(report);
	for (size_t i = 0; i < cgw_policy_section_count(report->policy); i++)
		if (applies(report, i, &selected)) {
			print_section(report, i, selected);
			any = true;
		}
	if (!any)
		printf("no policy section applies\n");
	if (report->status == NULL)
		printf("enforcement is not running\n");
}

static json_t *json_side(struct cgw_value value)
{
	if (value.state == CGW_MAX)
		return json_string("max");
	return value.state == CGW_OK ? json_real(value.real) : json_null();
}

static json_t *json_condition(const struct policy_report *report, size_t section,
			      const struct cgw_expression *expression)
{
	CLEANUP(cleanup_free) struct condition_trace *trace = NULL;
	json_t *terms;

	if (expression == NULL)
		return json_null();
	trace = trace_condition(report, section, expression);
	if (trace == NULL)
		return NULL;
	terms = json_array();
	for (size_t i = 0; i < trace->term_count; i++) {
		const struct term_trace *term = &trace->terms[i];

		json_array_append_new(
			terms, json_pack("{s:s, s:s, s:o, s:o}", "text", term->term.text, "truth",
					 cgw_truth_name(term->truth), "now", json_side(term->value),
					 "against", json_side(term->bound)));
	}
	return json_pack("{s:s, s:s, s:I, s:o}", "text", cgw_expression_text(expression), "truth",
			 cgw_truth_name(trace->truth), "together", (json_int_t)trace->member_count,
			 "terms", terms);
}

static json_t *json_sets(const struct policy_report *report, size_t index)
{
	json_t *sets = json_object();
	enum cgw_control control;
	const char *value;

	for (size_t i = 0; cgw_policy_assignment(report->policy, index, i, &control, &value) == 0;
	     i++)
		json_object_set_new(sets, cgw_control_info(control)->key, json_string(value));
	return sets;
}

static json_t *json_section(const struct policy_report *report, size_t index,
			    enum cgw_truth selected)
{
	struct cgw_section_info section = cgw_policy_section(report->policy, index);
	enum cgw_control control = CGW_CONTROL_NONE;
	struct cgw_diag diag = {0};
	const struct daemon_instance *instance = NULL;
	const char *value;
	bool refused;

	if (section.kind == CGW_SECTION_RULE && report->status != NULL)
		instance = instance_of(report, section.name);

	(void)cgw_policy_assignment(report->policy, index, 0, &control, &value);
	refused = section.kind != CGW_SECTION_PROTECT &&
		  cgw_policy_check_protected(report->policy, report->frame, report->facts,
					     report->group, control, &diag) < 0;
	return json_pack("{s:s, s:s, s:s, s:i, s:s, s:o, s:s?, s:o, s:o, s:o?}", "kind",
			 cgw_section_kind_name(section.kind), "name", section.name, "file",
			 section.file, "line", (int)section.line, "selected",
			 cgw_truth_name(selected), "sets", json_sets(report, index), "refused",
			 refused ? diag.text : NULL, "when",
			 json_condition(report, index, section.when), "until",
			 json_condition(report, index, section.until), "enforcement",
			 instance != NULL ? daemon_instance_json(instance) : NULL);
}

json_t *policy_report_json(const struct policy_report *report)
{
	json_t *list = json_array();
	enum cgw_truth selected;

	for (size_t i = 0; i < cgw_policy_section_count(report->policy); i++)
		if (applies(report, i, &selected))
			json_array_append_new(list, json_section(report, i, selected));
	return list;
}
