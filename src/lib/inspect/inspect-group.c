/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inspect-group.c - processes and namespaces of a group. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/inspect/namespaces.h"
#include "lib/inspect/read-process.h"
#include "lib/kernel/group-cursor.h"

#define PROCESS_MAX_DEFAULT 10000

/* A line of a process list (cgroup.procs, cgroup.threads or tasks). */
struct listed {
	pid_t pid;
	uint32_t group, hierarchies;
};

struct listing {
	struct listed *items;
	size_t count, size;
	size_t out_of_view;
	int error; /* of the first list that could not be read */
	bool read; /* at least one list was read */
};

static void listing_done(struct listing *listing)
{
	free(listing->items);
}

static int add_listed(struct listing *listing, pid_t pid, uint32_t group, uint32_t hierarchies)
{
	if (ARRAY_RESERVE(listing->items, listing->size, listing->count + 1) < 0)
		return -ENOMEM;
	listing->items[listing->count++] = (struct listed){pid, group, hierarchies};
	return 0;
}

static int add_lines(struct listing *listing, const char *text, uint32_t group, size_t hierarchy)
{
	int r = 0;

	while (text != NULL && *text != '\0' && r == 0) {
		long pid = strtol(text, NULL, 10);

		/* The kernel reports 0 for a process outside our PID namespace. */
		if (pid <= 0 || pid > INT_MAX)
			listing->out_of_view++;
		else
			r = add_listed(listing, (pid_t)pid, group, UINT32_C(1) << hierarchy);
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return r;
}

static int list_hierarchy(const struct cgw_layout *layout, const char *path, uint32_t group,
			  size_t hierarchy, bool threads, struct listing *listing)
{
	CLEANUP(cleanup_close) int directory = -1;
	CLEANUP(cleanup_free) char *text = NULL;
	const char *thread_file =
		layout->hierarchies[hierarchy].version == 1 ? "tasks" : "cgroup.threads";
	size_t length;
	int r = cgw_group_open(layout, hierarchy, path, &directory, NULL);

	if (r == 0)
		r = cgw_file_read(layout, directory, threads ? thread_file : "cgroup.procs", &text,
				  &length);
	/* cgroup.procs of a threaded group (v2) is not readable. */
	if (r == -EOPNOTSUPP && !threads)
		r = cgw_file_read(layout, directory, thread_file, &text, &length);
	if (r == -ENOMEM)
		return r;
	if (r < 0 || text == NULL) {
		if (listing->error == 0 && !cgw_error_is_gone(r))
			listing->error = r;
		return 0;
	}
	listing->read = true;
	return add_lines(listing, text, group, hierarchy);
}

static int list_group(const struct cgw_layout *layout, const struct cgw_topology *topology,
		      uint32_t group, bool threads, struct listing *listing)
{
	CLEANUP(cleanup_free) char *path = cgw_topology_path_copy(topology, group);
	int r = 0;

	if (path == NULL)
		return -ENOMEM;
	for (size_t h = 0; h < layout->hierarchy_count && r == 0; h++)
		if (topology->present[group] & UINT32_C(1) << h)
			r = list_hierarchy(layout, path, group, h, threads, listing);
	return r;
}

static int compare_listed(const void *a, const void *b)
{
	const struct listed *first = a, *second = b;

	if (first->pid != second->pid)
		return first->pid < second->pid ? -1 : 1;
	return (first->group > second->group) - (first->group < second->group);
}

/* Keeps one entry per process: its first group and all hierarchies. */
static void merge(struct listing *listing)
{
	size_t count = 0;

	if (listing->count == 0)
		return;
	qsort(listing->items, listing->count, sizeof(*listing->items), compare_listed);
	for (size_t i = 0; i < listing->count; i++) {
		if (count > 0 && listing->items[count - 1].pid == listing->items[i].pid)
			listing->items[count - 1].hierarchies |= listing->items[i].hierarchies;
		else
			listing->items[count++] = listing->items[i];
	}
	listing->count = count;
}

static bool is_alive(const struct cgw_layout *layout, pid_t pid)
{
	return !layout->recorded && (kill(pid, 0) == 0 || errno == EPERM);
}

static int read_processes(const struct process_context *context, const struct listing *listing,
			  bool threads, struct cgw_inspection *inspection)
{
	inspection->processes = calloc(listing->count + 1, sizeof(*inspection->processes));
	if (inspection->processes == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < listing->count; i++) {
		struct cgw_process *process = &inspection->processes[inspection->process_count];
		const struct listed *listed = &listing->items[i];
		int r = process_read(context, listed->pid, threads, process);

		if (r == -ENOMEM)
			return r;
		if (r < 0) {
			/* /proc mounted with hidepid= hides processes that exist. */
			if (is_alive(context->layout, listed->pid))
				inspection->out_of_view++;
			else
				inspection->vanished++;
			continue;
		}
		process->group = listed->group;
		process->hierarchies = listed->hierarchies;
		inspection->process_count++;
	}
	return 0;
}

/* A search for zombies, which are not in process lists. */
struct dead_search {
	const struct process_context *context;
	const struct cgw_topology *topology;
	uint32_t group, end; /* the range of groups that are inspected */
	struct listing *listing;
	size_t listed; /* sorted by pid up to here */
};

static int compare_pid(const void *key, const void *item)
{
	pid_t pid = *(const pid_t *)key, other = ((const struct listed *)item)->pid;

	return (pid > other) - (pid < other);
}

static const struct listed *find_listed(const struct dead_search *search, pid_t pid)
{
	return search->listed == 0 ? NULL
				   : bsearch(&pid, search->listing->items, search->listed,
					     sizeof(*search->listing->items), compare_pid);
}

/* v2 keeps zombies in their group; v1 moves them to the root, so their parent is used. */
static int visit_dead(const struct dead_search *search, pid_t pid)
{
	CLEANUP(cgw_membership_done) struct cgw_membership membership = {0};
	const struct listed *parent;
	pid_t parent_pid;

	if (find_listed(search, pid) != NULL)
		return 0;
	parent_pid = process_dead_parent(search->context, pid);
	if (parent_pid <= 0 || cgw_membership_read(search->context->layout, pid, &membership) < 0)
		return 0;
	for (size_t h = 0; h < membership.count; h++) {
		uint32_t group =
			membership.paths[h] != NULL &&
					search->context->layout->hierarchies[h].version == 2
				? cgw_topology_find(search->topology, membership.paths[h])
				: CGW_NO_GROUP;

		if (group != CGW_NO_GROUP && group >= search->group && group < search->end)
			return add_listed(search->listing, pid, group, UINT32_C(1) << h);
	}
	parent = find_listed(search, parent_pid);
	return parent == NULL
		       ? 0
		       : add_listed(search->listing, pid, parent->group, parent->hierarchies);
}

static int add_dead(const struct process_context *context, const struct cgw_topology *topology,
		    uint32_t group, bool own, const struct process_scan *scan,
		    struct listing *listing)
{
	struct dead_search search = {
		.context = context,
		.topology = topology,
		.group = group,
		.end = group + 1 + (own ? 0 : topology->below[group]),
		.listing = listing,
		.listed = listing->count,
	};
	int r = 0;

	/* A process loses its namespaces before it becomes a zombie. */
	for (size_t i = 0; i < scan->count && r == 0; i++)
		if (scan->items[i].namespaces[CGW_NAMESPACE_MOUNT] == 0)
			r = visit_dead(&search, scan->items[i].pid);
	merge(listing);
	return r;
}

static int count_own(const struct cgw_inspection *inspection, struct namespace_table *table)
{
	for (size_t i = 0; i < inspection->process_count; i++) {
		const struct cgw_process *process = &inspection->processes[i];

		for (enum cgw_namespace_kind kind = 0; kind < CGW_NAMESPACE_COUNT; kind++) {
			struct cgw_namespace *namespace;
			int r;

			if (process->namespaces[kind] == 0)
				continue;
			r = namespace_table_add(table, kind, process->namespaces[kind], &namespace);
			if (r < 0)
				return r;
			if (namespace->processes++ == 0)
			namespace->example_pid = process->pid;
		}
	}
	return 0;
}

/* `scan`: of all processes, or NULL. */
static int read_namespaces(const struct process_context *context, const struct process_scan *scan,
			   struct cgw_inspection *inspection)
{
	CLEANUP(namespace_table_done) struct namespace_table table = {0};
	int r = count_own(inspection, &table);

	if (r == 0 && scan != NULL)
		r = namespace_count_others(context, scan, inspection->processes,
					   inspection->process_count, &table);
	if (r < 0)
		return r;
	inspection->shared = scan != NULL;
	for (size_t i = 0; i < table.count; i++)
		namespace_describe(context, &table.items[i]);
	namespace_sort(table.items, table.count);
	inspection->namespace_count = table.count;
	inspection->namespaces = steal_pointer(&table.items);
	table.count = 0;
	return 0;
}

static int list_all(const struct cgw_layout *layout, const struct cgw_topology *topology,
		    uint32_t group, const struct cgw_inspect_options *options,
		    struct listing *listing)
{
	uint32_t end = group + 1 + (options->own_only ? 0 : topology->below[group]);
	int r = 0;

	for (uint32_t each = group; each < end && r == 0; each++)
		r = list_group(layout, topology, each, options->threads, listing);
	merge(listing);
	return r;
}

int cgw_inspect(const struct cgw_layout *layout, const struct cgw_frame *frame, uint32_t group,
		const struct cgw_inspect_options *options, struct cgw_inspection **ret_inspection,
		struct cgw_diag *diag)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));
	size_t process_max = options->process_max > 0 ? options->process_max : PROCESS_MAX_DEFAULT;
	CLEANUP(listing_done) struct listing listing = {0};
	CLEANUP(process_scan_done) struct process_scan scan = {0};
	CLEANUP(group_cursor_done) struct group_cursor cursor;
	struct process_context context;
	struct cgw_inspection *inspection = calloc(1, sizeof(*inspection));
	bool dead = options->zombies && !options->threads;
	int r = -ENOMEM, scanned = 0;

	group_cursor_init(&cursor, layout);
	if (inspection != NULL)
		inspection->path = cgw_topology_path_copy(topology, group);
	if (inspection == NULL || inspection->path == NULL)
		goto failed;
	inspection->group = group;
	cgw_identity_from_path(inspection->path, &inspection->identity);
	process_context_read(layout, &context);
	context.uses = options->uses;
	memcpy(inspection->host_namespaces, context.host, sizeof(context.host));
	inspection->all_capabilities = context.all_capabilities;
	r = list_all(&cursor.layout, topology, group, options, &listing);
	if (r == 0 && !listing.read && listing.error < 0)
		r = cgw_diag_set(diag, listing.error, "cannot read the group's process list: %s",
				 strerror(-listing.error));
	if (r < 0)
		goto failed;
	if (dead || options->shared)
		scanned = process_scan_read(&context, options->shared, &scan);
	r = scanned == -ENOMEM ? scanned : 0;
	if (r == 0 && dead)
		r = add_dead(&context, topology, group, options->own_only, &scan, &listing);
	if (r < 0)
		goto failed;
	inspection->out_of_view = listing.out_of_view;
	if (listing.count > process_max) {
		inspection->process_omitted = listing.count - process_max;
		listing.count = process_max;
	}
	r = read_processes(&context, &listing, options->threads, inspection);
	if (r == 0)
		r = read_namespaces(&context, options->shared && scanned == 0 ? &scan : NULL,
				    inspection);
	if (r < 0)
		goto failed;
	*ret_inspection = inspection;
	return 0;
failed:
	cgw_inspection_free(inspection);
	return r;
}

struct cgw_inspection *cgw_inspection_free(struct cgw_inspection *inspection)
{
	if (inspection == NULL)
		return NULL;
	for (size_t i = 0; i < inspection->process_count; i++)
		process_done(&inspection->processes[i]);
	free(inspection->processes);
	cgw_namespaces_free(inspection->namespaces, inspection->namespace_count);
	free(inspection->path);
	free(inspection);
	return NULL;
}
