/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inspect-text.c - prints the report of a group as text. */
#include <errno.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/base/string-builder.h"
#include "lib/kernel/namespace-root.h"
#include "shared/cli/text-table.h"
#include "shared/report/inspect-text-parts.h"

static void print_value(const struct view *view, const char *name, const char *text, FILE *out)
{
	if (*text == '\0')
		return;
	fprintf(out, "  %-14s %s\n", name, ESCAPED(1100, text));
}

static void print_identity(const struct view *view, FILE *out)
{
	const struct cgw_identity *identity = &view->now->identity;
	const struct cgw_names *names = &view->resolved;

	fprintf(out, "  %-14s %s", "kind", cgw_identity_kind_name(identity->kind));
	if (identity->below > 0)
		fprintf(out, ", %u level%s above this group", identity->below,
			identity->below == 1 ? "" : "s");
	fputc('\n', out);
	print_value(view, "name", names->name, out);
	print_value(view, "image", names->image, out);
	print_value(view, "pod name", names->pod, out);
	print_value(view, "namespace", names->pod_namespace, out);
	print_value(view, "role", names->role, out);
	for (enum cgw_identity_part i = 0; i < CGW_PART_COUNT; i++)
		print_value(view, cgw_identity_part_name(i), identity->text[i], out);
	print_value(view, "name source", names->source, out);
	print_value(view, "no name", names->problem, out);
}

static void print_count(size_t count, const char *what, FILE *out)
{
	if (count > 0)
		fprintf(out, ", %zu %s", count, what);
}

static void print_summary(const struct view *view, FILE *out)
{
	const struct cgw_inspection *now = view->now;
	size_t zombies = 0, inits = 0, hidden = 0;

	for (size_t i = 0; i < now->process_count; i++) {
		zombies += now->processes[i].state == 'Z';
		inits += now->processes[i].init;
		hidden += now->processes[i].hidden != 0;
	}
	fprintf(out, "  %-14s %zu", view->threads ? "threads" : "processes", now->process_count);
	print_count(zombies, "zombie", out);
	print_count(inits, "PID namespace init", out);
	print_count(now->process_omitted, "not read (too many)", out);
	print_count(now->vanished, "exited during inspection", out);
	print_count(now->out_of_view, "not visible (PID namespace or hidepid)", out);
	print_count(hidden, "not fully readable (permission denied)", out);
	fputc('\n', out);
}

static void print_bound_row(const struct view *view, const struct cgw_bound *bound,
			    struct table *table)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(view->frame));
	const struct cgw_metric_info *limit = cgw_metric_info(bound->limit);
	char device[4 * sizeof(bound->device)];
	struct text_cell cell;

	table_row(table);
	table_name(table, bound->resource);
	cgw_escape(device, sizeof(device), bound->device, strlen(bound->device));
	table_cell(table, "%s%s%s",
		   bound->bound.state == CGW_MAX ? "UNLIMITED"
		   : bound->bound.state == CGW_ABSENT
			   ? "unavailable"
			   : text_number(view, bound->bound, bound->unit, &cell),
		   device[0] != '\0' ? " on " : "", device);
	table_cell(table, "%s",
		   text_number(view, bound->use, cgw_metric_info(bound->use_metric)->unit, &cell));
	table_cell(table, "%s", bound->bound.state == CGW_OK ? limit->key : "-");
	if (bound->set_by == CGW_NO_GROUP) {
		table_cell(table, "-");
	} else {
		CLEANUP(cleanup_free) char *path = cgw_topology_path_copy(topology, bound->set_by);

		table_name(table, path != NULL ? path : "?");
	}
}

static void print_list(const char *name, const char *list, FILE *out)
{
	fprintf(out, "  %-14s %s\n", name, *list != '\0' ? list : "none");
}

/* Risks for the rest of the machine: missing limits, namespaces of the host, privileges. */
static void print_verdict(const struct view *view, const struct cgw_bound *bounds, size_t count,
			  FILE *out)
{
	CLEANUP(string_builder_free) struct string_builder unlimited = {0};
	CLEANUP(string_builder_free) struct string_builder host = {0};

	for (size_t i = 0; i < count; i++)
		if (bounds[i].bound.state == CGW_MAX || bounds[i].bound.state == CGW_ABSENT)
			string_builder_printf(&unlimited, "%s%s", unlimited.length > 0 ? " " : "",
					      bounds[i].resource);
	for (size_t i = 0; i < view->now->namespace_count; i++) {
		const struct cgw_namespace *namespace = &view->now->namespaces[i];

		if (namespace->host.state == CGW_OK && namespace->host.value)
			string_builder_printf(&host, "%s%s", host.length > 0 ? " " : "",
					      cgw_namespace_name(namespace->kind));
	}
	print_list("unlimited", string_builder_text(&unlimited), out);
	if (!root_is_of_machine(view->layout))
		print_list("not visible", "limits of groups above /", out);
	if (view->now->process_count == 0)
		return;
	print_list("host ns", string_builder_text(&host), out);
	print_list("privilege", cgw_privilege_name(view_privilege(view)), out);
}

static int print_limits(const struct view *view, FILE *out)
{
	struct cgw_bound bounds[CGW_BOUND_MAX];
	size_t count = cgw_bounds(view->frame, view->group, bounds);
	struct table table;

	fprintf(out, "\nLIMITS\n");
	print_verdict(view, bounds, count, out);
	table_start(&table, out, "RESOURCE|>LIMIT|>USED|KEY|SET BY", view->width);
	for (size_t i = 0; i < count; i++)
		print_bound_row(view, &bounds[i], &table);
	return table_end(&table);
}

int show_text(const struct view *view, FILE *out)
{
	CLEANUP(cleanup_free) char *path = escape_copy(view->now->path);
	int r = 0;

	if (path == NULL)
		return -ENOMEM;
	fprintf(out, "%s\n", path);
	if (view->sections & SECTION_IDENTITY)
		print_identity(view, out);
	print_summary(view, out);
	if (view->sections & SECTION_LIMITS)
		r = print_limits(view, out);
	if (r == 0 && view->sections & SECTION_PROCESSES && view->now->process_count > 0)
		r = text_processes(view, out);
	if (r == 0 && view->sections & SECTION_NAMESPACES)
		r = text_namespaces(view, out);
	if (r == 0 && view->sections & SECTION_CONFINEMENT)
		text_confinement(view, out);
	if (r == 0 && view->sections & SECTION_NETWORK)
		r = text_network(view, out);
	if (r == 0 && view->sections & SECTION_WAITS)
		r = text_waits(view, out);
	return r;
}
