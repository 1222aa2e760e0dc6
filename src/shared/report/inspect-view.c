/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inspect-view.c - values derived from two inspections of a group, for all formats. */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "shared/report/inspect-view.h"

static const struct cgw_process *same_before(const struct view *view,
					     const struct cgw_process *process)
{
	const struct cgw_process *processes = view->before != NULL ? view->before->processes : NULL;
	size_t at, count = view->before != NULL ? view->before->process_count : 0;

	ARRAY_SEARCH(at, count, processes[at].pid < process->pid);
	return at < count && processes[at].pid == process->pid &&
			       processes[at].start_ticks == process->start_ticks
		       ? &processes[at]
		       : NULL;
}

struct cgw_value view_cpu(const struct view *view, const struct cgw_process *process)
{
	const struct cgw_process *before = same_before(view, process);

	if (before == NULL || view->seconds <= 0 || process->cpu_ns < before->cpu_ns)
		return (struct cgw_value){.state = CGW_WARMUP};
	return (struct cgw_value){
		.state = CGW_OK,
		.real = (double)(process->cpu_ns - before->cpu_ns) / 1e7 / view->seconds,
	};
}

struct cgw_value view_use(const struct view *view, const struct cgw_process *process,
			  enum cgw_process_use use)
{
	const struct cgw_process *before = same_before(view, process);

	return cgw_process_use_value(use, before != NULL ? &before->use[use] : NULL,
				     &process->use[use], view->seconds);
}

struct cgw_value view_traffic(const struct view_network *network, size_t interface, bool sent)
{
	const struct cgw_interface *now = &network->now->interfaces[interface];
	double seconds;

	for (size_t i = 0; network->before != NULL && i < network->before->count; i++) {
		const struct cgw_interface *before = &network->before->interfaces[i];
		uint64_t then = sent ? before->sent_bytes : before->received_bytes;
		uint64_t bytes = sent ? now->sent_bytes : now->received_bytes;

		if (before->index != now->index || strcmp(before->name, now->name) != 0)
			continue;
		seconds = (double)(network->now->read_ns - network->before->read_ns) / 1e9;
		if (seconds <= 0 || bytes < then)
			break;
		return (struct cgw_value){.state = CGW_OK,
					  .real = (double)(bytes - then) / seconds};
	}
	return (struct cgw_value){.state = CGW_WARMUP};
}

static bool is_within(const char *path, const char *group)
{
	size_t length = strlen(group);

	if (strcmp(group, "/") == 0)
		return true;
	return strncmp(path, group, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

int view_other_groups(const struct view *view, const struct cgw_process *process, char **ret_text)
{
	const struct cgw_membership *membership = &process->membership;
	char *text = strdup("");

	for (size_t i = 0; text != NULL && i < membership->count; i++) {
		const struct cgw_hierarchy *hierarchy = &view->layout->hierarchies[i];
		char *longer;

		if (membership->paths[i] == NULL ||
		    is_within(membership->paths[i], view->now->path))
			continue;
		/* In hierarchies without the group, its processes are usually in the root. */
		if (strcmp(membership->paths[i], "/") == 0)
			continue;
		if (asprintf(&longer, "%s%s%s:%s", text, *text != '\0' ? ", " : "",
			     hierarchy->label, membership->paths[i]) < 0)
			longer = NULL;
		free(text);
		text = longer;
	}
	*ret_text = text;
	return text == NULL ? -ENOMEM : 0;
}

const char *view_user(const struct view *view, uint32_t uid, char *buffer, size_t size)
{
	struct passwd entry, *user = NULL;
	char strings[4096];

	if (view->names && uid != CGW_NO_ID)
		(void)getpwuid_r(uid, &entry, strings, sizeof(strings), &user);

	if (uid == CGW_NO_ID)
		snprintf(buffer, size, "-");
	else if (user != NULL)
		cgw_escape(buffer, size, user->pw_name, strlen(user->pw_name));
	else
		snprintf(buffer, size, "%u", uid);
	return buffer;
}

enum cgw_privilege view_privilege(const struct view *view)
{
	enum cgw_privilege most = CGW_PRIVILEGE_UNKNOWN;

	for (size_t i = 0; i < view->now->process_count; i++) {
		enum cgw_privilege each =
			cgw_process_privilege(view->now, &view->now->processes[i]);

		most = each > most ? each : most;
	}
	return most;
}

static bool same_number(struct cgw_number a, struct cgw_number b)
{
	return a.state == b.state && (a.state != CGW_OK || a.value == b.value);
}

bool view_same_confinement(const struct view *view, const struct cgw_process *a,
			   const struct cgw_process *b)
{
	const struct cgw_confinement *first = &a->confinement, *second = &b->confinement;

	for (size_t i = 0; i < CGW_RLIMIT_COUNT; i++)
		if (!same_number(first->limits[i].soft, second->limits[i].soft) ||
		    !same_number(first->limits[i].hard, second->limits[i].hard))
			return false;
	return memcmp(first->capabilities, second->capabilities, sizeof(first->capabilities)) ==
		       0 &&
	       first->seccomp == second->seccomp &&
	       first->seccomp_filters == second->seccomp_filters &&
	       first->no_new_privileges == second->no_new_privileges &&
	       first->oom_score_adjust == second->oom_score_adjust &&
	       strcmp(first->label, second->label) == 0 && strcmp(first->root, second->root) == 0 &&
	       strcmp(first->root_type, second->root_type) == 0 && a->hidden == b->hidden &&
	       cgw_process_privilege(view->now, a) == cgw_process_privilege(view->now, b);
}

/* Further network namespaces are listed, but not read. */
#define NETWORK_MAX 16

int view_read_networks(struct view *view, const struct cgw_inspection *inspection)
{
	view->networks = calloc(NETWORK_MAX, sizeof(*view->networks));
	if (view->networks == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < inspection->namespace_count; i++) {
		const struct cgw_namespace *namespace = &inspection->namespaces[i];
		struct view_network *network = &view->networks[view->network_count];

		if (namespace->kind != CGW_NAMESPACE_NETWORK || view->network_count == NETWORK_MAX)
			continue;
		network->namespace = namespace;
		network->error =
			cgw_network_read(view->layout, namespace->example_pid, &network->now);
		if (network->error == 0 && network->now->inode != namespace->inode) {
			/* The process has entered another namespace meanwhile. */
			network->now = cgw_network_free(network->now);
			network->error = -ESTALE;
		}
		view->network_count++;
	}
	return 0;
}

void view_networks_done(struct view *view)
{
	for (size_t i = 0; i < view->network_count; i++) {
		cgw_network_free(view->networks[i].before);
		cgw_network_free(view->networks[i].now);
	}
	free(view->networks);
	view->networks = NULL;
	view->network_count = 0;
}

int view_read_networks_again(struct view *view, struct view *before)
{
	int r = view_read_networks(view, view->now);

	for (size_t i = 0; i < view->network_count; i++)
		for (size_t j = 0; j < before->network_count; j++)
			if (view->networks[i].now != NULL && before->networks[j].now != NULL &&
			    view->networks[i].now->inode == before->networks[j].now->inode) {
				view->networks[i].before = before->networks[j].now;
				before->networks[j].now = NULL;
			}
	return r;
}
