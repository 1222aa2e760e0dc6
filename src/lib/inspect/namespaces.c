/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* namespaces.c - namespaces of processes, their details and their users. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/inspect/namespaces.h"
#include "lib/kernel/process-namespaces.h"

static size_t slot_of(const struct namespace_table *table, enum cgw_namespace_kind kind,
		      uint64_t inode)
{
	/* The kernel allocates inodes sequentially, so their low bits are well distributed. */
	size_t slot = (size_t)(inode * CGW_NAMESPACE_COUNT + kind) & (table->slot_count - 1);

	while (table->slots[slot] != 0) {
		const struct cgw_namespace *item = &table->items[table->slots[slot] - 1];

		if (item->kind == kind && item->inode == inode)
			break;
		slot = (slot + 1) & (table->slot_count - 1);
	}
	return slot;
}

static int grow(struct namespace_table *table)
{
	if (ARRAY_RESERVE(table->items, table->size, table->size + 1) < 0)
		return -ENOMEM;
	free(table->slots);
	table->slot_count = 4 * table->size;
	table->slots = calloc(table->slot_count, sizeof(*table->slots));
	if (table->slots == NULL) {
		table->slot_count = 0;
		return -ENOMEM;
	}
	for (size_t i = 0; i < table->count; i++)
		table->slots[slot_of(table, table->items[i].kind, table->items[i].inode)] = i + 1;
	return 0;
}

static struct cgw_namespace *find(const struct namespace_table *table, enum cgw_namespace_kind kind,
				  uint64_t inode)
{
	size_t found = table->slot_count > 0 ? table->slots[slot_of(table, kind, inode)] : 0;

	return found > 0 ? &table->items[found - 1] : NULL;
}

int namespace_table_add(struct namespace_table *table, enum cgw_namespace_kind kind, uint64_t inode,
			struct cgw_namespace **ret_namespace)
{
	struct cgw_namespace *found = find(table, kind, inode);
	int r;

	if (found != NULL) {
		*ret_namespace = found;
		return 0;
	}
	if (table->items == NULL || table->count == table->size || table->slot_count == 0) {
		r = grow(table);
		if (r < 0)
			return r;
	}
	table->items[table->count] = (struct cgw_namespace){.kind = kind, .inode = inode};
	table->slots[slot_of(table, kind, inode)] = table->count + 1;
	*ret_namespace = &table->items[table->count++];
	return 0;
}

static void namespace_done(struct cgw_namespace *namespace)
{
	for (size_t i = 0; namespace->groups != NULL && i < CGW_NAMESPACE_GROUPS_MAX; i++)
		free(namespace->groups[i]); /* unused entries are NULL */
	free(namespace->groups);
	free(namespace->hostname);
	free(namespace->uid_map);
	free(namespace->gid_map);
	free(namespace->offsets);
}

void cgw_namespaces_free(struct cgw_namespace *namespaces, size_t count)
{
	for (size_t i = 0; namespaces != NULL && i < count; i++)
		namespace_done(&namespaces[i]);
	free(namespaces);
}

void namespace_table_done(struct namespace_table *table)
{
	cgw_namespaces_free(table->items, table->count);
	free(table->slots);
	*table = (struct namespace_table){0};
}

/* Adds the path of a group that shares it, once; after CGW_NAMESPACE_GROUPS_MAX only counts. */
static int add_group(struct cgw_namespace *space, const char *path)
{
	uint32_t shown = space->group_count < CGW_NAMESPACE_GROUPS_MAX ? space->group_count
								       : CGW_NAMESPACE_GROUPS_MAX;

	for (uint32_t i = 0; i < shown; i++)
		if (strcmp(space->groups[i], path) == 0)
			return 0;
	/* Past the maximum, a group may be counted once per process. */
	if (shown == CGW_NAMESPACE_GROUPS_MAX) {
		space->group_count++;
		return 0;
	}
	if (space->groups == NULL)
		space->groups = calloc(CGW_NAMESPACE_GROUPS_MAX, sizeof(*space->groups));
	if (space->groups == NULL)
		return -ENOMEM;
	space->groups[shown] = strdup(path);
	if (space->groups[shown] == NULL)
		return -ENOMEM;
	space->group_count++;
	return 0;
}

static int read_hostname(void *context)
{
	char **hostname = context;
	struct utsname name;

	if (uname(&name) < 0)
		return -errno;
	*hostname = strdup(name.nodename);
	return *hostname == NULL ? -ENOMEM : 0;
}

static char *read_text(const struct process_context *context, pid_t pid, const char *name)
{
	char *text;
	size_t length;

	return cgw_proc_read(context->layout, FORMATTED(64, "%d/%s", (int)pid, name), &text,
			     &length) < 0
		       ? NULL
		       : text;
}

void namespace_describe(const struct process_context *context, struct cgw_namespace *namespace)
{
	uint64_t host = context->host[namespace->kind];

	namespace->host = host == 0 ? (struct cgw_number){0, context->host_state[namespace->kind]}
				    : (struct cgw_number){host == namespace->inode, CGW_OK};
	if (namespace->kind == CGW_NAMESPACE_UTS)
		(void)cgw_namespace_run(context->layout, namespace->example_pid, CGW_NAMESPACE_UTS,
					read_hostname, &namespace->hostname);
	if (namespace->kind == CGW_NAMESPACE_USER) {
		namespace->uid_map = read_text(context, namespace->example_pid, "uid_map");
		namespace->gid_map = read_text(context, namespace->example_pid, "gid_map");
	}
	if (namespace->kind == CGW_NAMESPACE_TIME)
	namespace->offsets = read_text(context, namespace->example_pid, "timens_offsets");
}

static int compare(const void *a, const void *b)
{
	const struct cgw_namespace *first = a, *second = b;
	uint64_t first_host = first->host.state == CGW_OK ? first->host.value : 0;
	uint64_t second_host = second->host.state == CGW_OK ? second->host.value : 0;

	if (first->kind != second->kind)
		return first->kind < second->kind ? -1 : 1;
	if (first_host != second_host)
		return first_host > second_host ? -1 : 1;
	if (first->processes != second->processes)
		return first->processes > second->processes ? -1 : 1;
	return (first->inode > second->inode) - (first->inode < second->inode);
}

void namespace_sort(struct cgw_namespace *namespaces, size_t count)
{
	if (count > 0)
		qsort(namespaces, count, sizeof(*namespaces), compare);
}

/* The arguments of process_scan_read() for scan_process(). */
struct scan_request {
	const struct cgw_layout *layout;
	bool all_kinds;
	struct process_scan *scan;
};

static int scan_process(void *context, pid_t pid)
{
	const struct scan_request *request = context;
	struct process_scan *scan = request->scan;
	struct scanned_process *item;

	if (ARRAY_RESERVE(scan->items, scan->size, scan->count + 1) < 0)
		return -ENOMEM;
	item = &scan->items[scan->count++];
	*item = (struct scanned_process){.pid = pid};
	if (request->all_kinds) {
		struct process_namespaces namespaces;

		process_namespaces_read(request->layout, pid, &namespaces);
		memcpy(item->namespaces, namespaces.inode, sizeof(item->namespaces));
	} else {
		(void)cgw_namespace_of(request->layout, pid, CGW_NAMESPACE_MOUNT,
				       &item->namespaces[CGW_NAMESPACE_MOUNT]);
	}
	return 0;
}

int process_scan_read(const struct process_context *context, bool all_kinds,
		      struct process_scan *ret_scan)
{
	struct scan_request request = {context->layout, all_kinds, ret_scan};

	return cgw_proc_each(context->layout, ".", scan_process, &request);
}

void process_scan_done(struct process_scan *scan)
{
	free(scan->items);
}

/* Counts processes into a table. */
struct census {
	const struct process_context *context;
	struct namespace_table *table;
	bool all; /* add namespaces that are not in the table */
};

static int compare_pid(const void *key, const void *item)
{
	pid_t pid = *(const pid_t *)key, other = ((const struct cgw_process *)item)->pid;

	return (pid > other) - (pid < other);
}

static int count_namespace(const struct census *census, enum cgw_namespace_kind kind,
			   const struct scanned_process *process, const char *path)
{
	uint64_t inode = process->namespaces[kind];
	struct cgw_namespace *namespace;
	int r;

	if (inode == 0)
		return 0;
	namespace = find(census->table, kind, inode);
	if (namespace == NULL && !census->all)
		return 0;
	if (namespace == NULL) {
		r = namespace_table_add(census->table, kind, inode, &namespace);
		if (r < 0)
			return r;
	}
	if (census->all) {
		namespace->processes++;
		if (namespace->example_pid == 0 || process->pid < namespace->example_pid)
		namespace->example_pid = process->pid;
	} else {
		namespace->other_processes++;
	}
	return path != NULL ? add_group(namespace, path) : 0;
}

static int count_process(const struct census *census, const struct scanned_process *process)
{
	CLEANUP(cgw_membership_done) struct cgw_membership membership = {0};
	const struct cgw_layout *layout = census->context->layout;
	const char *path;
	int r = 0;

	if (cgw_membership_read(layout, process->pid, &membership) < 0)
		return 0;
	path = cgw_membership_main_path(layout, &membership);
	for (enum cgw_namespace_kind i = 0; i < CGW_NAMESPACE_COUNT && r == 0; i++)
		r = count_namespace(census, i, process, path);
	return r;
}

int namespace_count_others(const struct process_context *context, const struct process_scan *scan,
			   const struct cgw_process *own, size_t own_count,
			   struct namespace_table *table)
{
	struct census census = {context, table, false};
	int r = 0;

	for (size_t i = 0; i < scan->count && r == 0; i++)
		if (own_count == 0 ||
		    bsearch(&scan->items[i].pid, own, own_count, sizeof(*own), compare_pid) == NULL)
			r = count_process(&census, &scan->items[i]);
	return r;
}

int cgw_namespaces_read(const struct cgw_layout *layout, struct cgw_namespace **ret_namespaces,
			size_t *ret_count)
{
	CLEANUP(namespace_table_done) struct namespace_table table = {0};
	CLEANUP(process_scan_done) struct process_scan scan = {0};
	struct process_context context;
	const struct census census = {&context, &table, true};
	int r;

	process_context_read(layout, &context);
	r = process_scan_read(&context, true, &scan);
	for (size_t i = 0; i < scan.count && r == 0; i++)
		r = count_process(&census, &scan.items[i]);
	if (r < 0)
		return r;
	for (size_t i = 0; i < table.count; i++)
		namespace_describe(&context, &table.items[i]);
	namespace_sort(table.items, table.count);
	*ret_count = table.count;
	*ret_namespaces = steal_pointer(&table.items);
	table.count = 0;
	return 0;
}
