/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* explain.c - of one group: which sections are for it, and what each condition comes to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "enforce/view.h"
#include <cgward/render.h>

static void print_side(struct cgw_value value, enum cgw_unit unit)
{
	char text[32];

	cgw_format_value(value, unit, CGW_STYLE_HUMAN, text, sizeof(text));
	printf("%s", text);
}

static void print_expression(const struct view *view, const char *name,
			     const struct cgw_expression *expression, uint32_t group)
{
	const struct cgw_scope scope = {view->frame, group, NULL, &view->facts};

	printf("    %s = %s: %s\n", name, cgw_expression_text(expression),
	       cgw_truth_name(cgw_expression_evaluate(expression, &scope)));
	for (size_t i = 0; i < cgw_expression_term_count(expression); i++) {
		struct cgw_value value, bound;
		struct cgw_term term;
		enum cgw_truth truth =
			cgw_expression_evaluate_term(expression, i, &scope, &value, &bound);

		cgw_expression_term(expression, i, &term);
		printf("      %s: %s", term.text, cgw_truth_name(truth));
		if (term.kind != CGW_TERM_TEXT && term.kind != CGW_TERM_SUBJECT) {
			printf(" (now ");
			print_side(value, term.unit);
			printf(", against ");
			print_side(bound, term.unit);
			putchar(')');
		}
		putchar('\n');
	}
}

static void explain_section(const struct view *view, size_t index, uint32_t group)
{
	struct cgw_section_info section = cgw_policy_section(view->policy, index);
	enum cgw_truth selected =
		cgw_policy_selects(view->policy, index, view->frame, &view->facts, group);
	enum cgw_control control = CGW_CONTROL_COUNT;
	struct cgw_diag diag = {0};
	const char *value;

	if (section.kind == CGW_SECTION_PLACE || selected == CGW_FALSE)
		return;
	printf("[%s %s] (%s:%u)%s\n", cgw_section_kind_name(section.kind), section.name,
	       section.file, section.line,
	       selected == CGW_UNKNOWN ? ": not known whether it is for this group" : "");
	for (size_t i = 0; cgw_policy_assignment(view->policy, index, i, &control, &value) == 0;
	     i++)
		printf("    %s = %s\n", cgw_control_info(control)->key, value);
	if (section.kind == CGW_SECTION_PROTECT)
		return;
	if (cgw_policy_protects(view->policy, view->frame, &view->facts, group, control, &diag) < 0)
		printf("    would be refused: %s\n", diag.text);
	if (section.when != NULL)
		print_expression(view, "when", section.when, group);
	if (section.until != NULL)
		print_expression(view, "until", section.until, group);
}

enum cli_exit view_explain(const struct cli_context *context, const struct view *view,
			   const char *what)
{
	CLEANUP(cleanup_free) char *path = NULL;
	struct cgw_diag diag = {0};
	uint32_t group;
	char shown[4 * 4096];
	int r = cgw_group_find(view->layout, what, &path, &diag);

	if (r < 0) {
		cli_diag(context, &diag);
		return cli_exit_from_error(r);
	}
	group = cgw_topology_find(cgw_snapshot_topology(cgw_frame_now(view->frame)), path);
	if (group == CGW_NO_GROUP) {
		cli_error(context, "the group went away");
		return CLI_NO_SUCH_GROUP;
	}
	printf("%s\n", view_path(view, group, shown, sizeof(shown)));
	if (cgw_protect_check(view->layout, path, &diag) < 0)
		printf("  %s\n", diag.text);
	for (size_t i = 0; i < cgw_policy_section_count(view->policy); i++)
		explain_section(view, i, group);
	return CLI_OK;
}
