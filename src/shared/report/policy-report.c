/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy-report.c - reports how a policy applies to a group, as text and JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/cleanup.h"
#include "shared/report/policy-report.h"
#include <cgward/render.h>

struct value_text {
	char text[32];
};

static struct value_text format_side(struct cgw_value value, enum cgw_unit unit)
{
	struct value_text side;

	cgw_format_value(value, unit, CGW_STYLE_HUMAN, side.text, sizeof(side.text));
	return side;
}

static const char *text_of(const json_t *item, const char *key)
{
	const char *text = json_string_value(json_object_get(item, key));

	return text != NULL ? text : "";
}

static bool has_sides(const struct cgw_term *term)
{
	return term->kind != CGW_TERM_TEXT && term->kind != CGW_TERM_SUBJECT;
}

/* Age of the status in seconds: remaining times in it are shorter by this. */
static double age_of_status(const json_t *status)
{
	json_int_t written = json_integer_value(json_object_get(status, "time"));

	return written > 0 ? (double)(time(NULL) - written) : 0;
}

/* State of the rule on this group in the status. NULL: idle. */
static const json_t *instance_of(const struct policy_report *report, const char *rule)
{
	const json_t *list = json_object_get(report->status, "instances"), *item;
	char shown[4 * 4096];
	size_t i;

	cgw_escape(shown, sizeof(shown), report->path, strlen(report->path));
	json_array_foreach(list, i,
			   item) if (strcmp(text_of(item, "rule"), rule) == 0 &&
				     strcmp(text_of(item, "group"), shown) == 0) return item;
	return NULL;
}

/* Scope to evaluate the conditions of a section. The caller frees `*members`. */
static struct cgw_scope scope_of(const struct policy_report *report, size_t index,
				 uint32_t **members)
{
	struct cgw_scope scope = {
		.frame = report->frame, .group = report->group, .facts = report->facts};

	(void)cgw_policy_sum_members(report->policy, index, report->frame, report->facts,
				     report->group, members, &scope.member_count);
	scope.members = *members;
	return scope;
}

static void print_expression(const struct policy_report *report, size_t index, const char *name,
			     const struct cgw_expression *expression)
{
	CLEANUP(cleanup_free) uint32_t *members = NULL;
	const struct cgw_scope scope = scope_of(report, index, &members);

	printf("    %s = %s: %s", name, cgw_expression_text(expression),
	       cgw_truth_name(cgw_expression_evaluate(expression, &scope)));
	if (scope.member_count > 0)
		printf(", sum of %zu groups", scope.member_count);
	putchar('\n');
	for (size_t i = 0; i < cgw_expression_term_count(expression); i++) {
		struct cgw_value value, bound;
		struct cgw_term term;
		enum cgw_truth truth =
			cgw_expression_evaluate_term(expression, i, &scope, &value, &bound);

		cgw_expression_term(expression, i, &term);
		printf("      %s: %s", term.text, cgw_truth_name(truth));
		if (has_sides(&term))
			printf(" (now %s, threshold %s)", format_side(value, term.unit).text,
			       format_side(bound, term.unit).text);
		putchar('\n');
	}
}

/* What happens at the end of a phase. */
static const char *phase_end(const char *phase)
{
	static const struct {
		const char *phase, *end;
	} rows[] = {{"pending", "acts"}, {"active", "hold ends"}, {"cooldown", "cooldown ends"}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].phase, phase) == 0)
			return rows[i].end;
	return "ends";
}

static void print_instance(const struct policy_report *report, const char *rule)
{
	const json_t *item = instance_of(report, rule);
	double age = age_of_status(report->status);
	const json_t *left = json_object_get(item, "until_seconds");
	char text[32];

	if (report->status == NULL)
		return;
	if (item == NULL) {
		printf("    enforcement: idle\n");
		return;
	}
	printf("    enforcement: %s, step %lld", text_of(item, "phase"),
	       (long long)json_integer_value(json_object_get(item, "step")) + 1);
	(void)cgw_format_duration((age - json_real_value(json_object_get(item, "since_seconds"))) *
					  1e9,
				  text, sizeof(text));
	printf(", for %s", text);
	if (json_is_real(left)) {
		double seconds = json_real_value(left) - age;

		(void)cgw_format_duration((seconds > 0 ? seconds : 0) * 1e9, text, sizeof(text));
		printf("; %s in %s", phase_end(text_of(item, "phase")), text);
	}
	printf("%s%s\n", text_of(item, "why")[0] != '\0' ? ": " : "", text_of(item, "why"));
}

static void print_section(const struct policy_report *report, size_t index, enum cgw_truth selected)
{
	struct cgw_section_info section = cgw_policy_section(report->policy, index);
	enum cgw_control control = CGW_CONTROL_COUNT;
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
		print_instance(report, section.name);
}

static void print_held(const struct policy_report *report)
{
	const json_t *list = json_object_get(report->status, "held"), *item;
	char shown[4 * 4096];
	size_t i;

	cgw_escape(shown, sizeof(shown), report->path, strlen(report->path));
	json_array_foreach(list, i, item)
	{
		if (strcmp(text_of(item, "group"), shown) != 0)
			continue;
		if (strcmp(text_of(item, "key"), "frozen") == 0)
			printf("frozen by %s\n", text_of(item, "section"));
		else
			printf("%s = %s (was %s), set by %s\n", text_of(item, "key"),
			       text_of(item, "value"), text_of(item, "original"),
			       text_of(item, "section"));
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

static json_t *json_condition(const struct policy_report *report, size_t index,
			      const struct cgw_expression *expression)
{
	CLEANUP(cleanup_free) uint32_t *members = NULL;
	const struct cgw_scope scope = scope_of(report, index, &members);
	json_t *terms = json_array();

	if (expression == NULL) {
		json_decref(terms);
		return json_null();
	}
	for (size_t i = 0; i < cgw_expression_term_count(expression); i++) {
		struct cgw_value value = {0}, bound = {0};
		struct cgw_term term;
		enum cgw_truth truth =
			cgw_expression_evaluate_term(expression, i, &scope, &value, &bound);

		cgw_expression_term(expression, i, &term);
		json_array_append_new(terms,
				      json_pack("{s:s, s:s, s:o, s:o}", "text", term.text, "truth",
						cgw_truth_name(truth), "now", json_side(value),
						"against", json_side(bound)));
	}
	return json_pack("{s:s, s:s, s:I, s:o}", "text", cgw_expression_text(expression), "truth",
			 cgw_truth_name(cgw_expression_evaluate(expression, &scope)), "together",
			 (json_int_t)scope.member_count, "terms", terms);
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
	enum cgw_control control = CGW_CONTROL_COUNT;
	struct cgw_diag diag = {0};
	const char *value;
	bool refused;

	(void)cgw_policy_assignment(report->policy, index, 0, &control, &value);
	refused = section.kind != CGW_SECTION_PROTECT &&
		  cgw_policy_check_protected(report->policy, report->frame, report->facts,
					     report->group, control, &diag) < 0;
	return json_pack(
		"{s:s, s:s, s:s, s:i, s:s, s:o, s:s?, s:o, s:o, s:o?}", "kind",
		cgw_section_kind_name(section.kind), "name", section.name, "file", section.file,
		"line", (int)section.line, "selected", cgw_truth_name(selected), "sets",
		json_sets(report, index), "refused", refused ? diag.text : NULL, "when",
		json_condition(report, index, section.when), "until",
		json_condition(report, index, section.until), "enforcement",
		json_deep_copy(section.kind == CGW_SECTION_RULE ? instance_of(report, section.name)
								: NULL));
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
