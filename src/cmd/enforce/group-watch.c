/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * group-watch.c - directories and event files that trigger early samples.
 *
 * inotify watches directories, so that new groups get their standing limits at once, and the
 * event files of groups with rules that use them; kernel-events.c handles pressure and v1's
 * memory. An event only triggers a sample: the engine decides by metrics. If the kernel has no
 * more watches, groups rely on the regular samples.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "cmd/enforce/group-watch.h"
#include "cmd/enforce/kernel-events.h"
#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"

#define DIRECTORIES_MAX 20000
#define FILES_MAX       1024

/* One inotify descriptor. The kernel drops watches of removed files and reports IN_IGNORED. */
struct inotify_set {
	struct enforcement *enforcement;
	int fd;
	sd_event_source *source;
	size_t count, max;
	uint64_t delay_ns; /* minimum time since the last sample */
};

struct group_watch {
	struct inotify_set directories, files;
	uint32_t hierarchies; /* mask of hierarchies whose controls the policy limits */
	struct triggers *triggers;
	const struct cgw_topology *seen_topology;
};

static void count_removed(struct inotify_set *set, const char *buffer, size_t length)
{
	for (size_t at = 0; at + sizeof(struct inotify_event) <= length;) {
		struct inotify_event event;

		memcpy(&event, buffer + at, sizeof(event));
		if ((event.mask & IN_IGNORED) && set->count > 0)
			set->count--;
		at += sizeof(event) + event.len;
	}
}

static int on_inotify(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct inotify_set *set = context;
	char buffer[16384];
	ssize_t length;

	while ((length = read(fd, buffer, sizeof(buffer))) > 0)
		count_removed(set, buffer, (size_t)length);
	wakeup_request(&set->enforcement->wakeup, set->delay_ns);
	return 0;
}

static int open_inotify(struct enforcement *enforcement, struct inotify_set *set, size_t max,
			uint64_t delay_ns)
{
	*set = (struct inotify_set){.enforcement = enforcement, .max = max, .delay_ns = delay_ns};
	set->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (set->fd < 0)
		return 0; /* rely on the regular samples */
	return sd_event_add_io(enforcement->event, &set->source, set->fd, EPOLLIN, on_inotify, set);
}

static void close_inotify(struct inotify_set *set)
{
	sd_event_source_disable_unref(set->source);
	cleanup_close(&set->fd);
}

static uint32_t hierarchies_of_limits(const struct enforcement *enforcement)
{
	uint32_t hierarchies = 0;

	for (size_t i = 0; i < cgw_policy_section_count(enforcement->policy); i++) {
		enum cgw_control control;
		const char *value;

		for (size_t j = 0;
		     cgw_policy_assignment(enforcement->policy, i, j, &control, &value) == 0; j++)
			hierarchies |= cgw_control_hierarchies(enforcement->layout, control);
	}
	return hierarchies;
}

int group_watch_open(struct enforcement *enforcement)
{
	struct group_watch *watch = calloc(1, sizeof(*watch));
	int r;

	if (watch == NULL)
		return -ENOMEM;
	enforcement->watch = watch;
	watch->files.fd = -1;
	watch->hierarchies = hierarchies_of_limits(enforcement);
	r = open_inotify(enforcement, &watch->directories, DIRECTORIES_MAX, WAKE_GROUP_DELAY_NS);
	if (r >= 0)
		r = open_inotify(enforcement, &watch->files, FILES_MAX, WAKE_EVENT_DELAY_NS);
	if (r >= 0)
		r = triggers_new(enforcement, &watch->triggers);
	if (r < 0)
		group_watch_close(enforcement);
	return r < 0 ? r : 0;
}

void group_watch_close(struct enforcement *enforcement)
{
	struct group_watch *watch = enforcement->watch;

	if (watch == NULL)
		return;
	triggers_free(watch->triggers);
	close_inotify(&watch->directories);
	close_inotify(&watch->files);
	free(watch);
	enforcement->watch = NULL;
}

/* Through a descriptor, since the kernel accepts no path longer than PATH_MAX. */
static void watch_path(struct enforcement *enforcement, struct inotify_set *set, size_t hierarchy,
		       const char *path, const char *file, uint32_t mask)
{
	CLEANUP(cleanup_close) int fd = -1;

	if (set->fd < 0 || set->count >= set->max ||
	    cgw_group_open(enforcement->layout, hierarchy, path, &fd, NULL) < 0)
		return;
	/* IN_MASK_CREATE: a file that another rule watches already fails with EEXIST. */
	set->count += inotify_add_watch(set->fd, FORMATTED(128, "/proc/self/fd/%d/%s", fd, file),
					mask | IN_MASK_CREATE) >= 0;
}

/* Watches the event file behind the term's metric. */
static void watch_events(struct enforcement *enforcement, const struct cgw_term *term,
			 const char *path, uint32_t hierarchies)
{
	static const struct {
		const char *key, *file;
	} files[] = {
		{"memory.events.", "memory.events"}, {"memory.swap.events.", "memory.swap.events"},
		{"pids.events.", "pids.events"},     {"cgroup.populated", "cgroup.events"},
		{"cgroup.frozen", "cgroup.events"},
	};
	int v2 = cgw_layout_find_v2(enforcement->layout);
	char key[128];

	if (v2 < 0 || !(hierarchies & UINT32_C(1) << v2) || term->kind != CGW_TERM_FIELD)
		return;
	cgw_field_key(term->field, key, sizeof(key));
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (strncmp(key, files[i].key, strlen(files[i].key)) == 0)
			watch_path(enforcement, &enforcement->watch->files, (size_t)v2, path,
				   files[i].file, IN_MODIFY);
}

static void watch_rules(struct enforcement *enforcement, uint32_t group, const char *path,
			uint32_t hierarchies)
{
	for (size_t i = 0; i < cgw_policy_section_count(enforcement->policy); i++) {
		struct cgw_section_info section = cgw_policy_section(enforcement->policy, i);

		if (section.when == NULL ||
		    cgw_policy_section_matches(enforcement->policy, i, enforcement->frame,
					       &enforcement->facts, group) != CGW_TRUE)
			continue;
		for (size_t t = 0; t < cgw_expression_term_count(section.when); t++) {
			struct cgw_term term;

			cgw_expression_term(section.when, t, &term);
			watch_events(enforcement, &term, path, hierarchies);
			triggers_add(enforcement->watch->triggers, i, t, group, path, hierarchies);
		}
	}
}

/* Hierarchies in which the group is new: on v1 it appears in one after the other. */
static uint32_t new_in(const struct cgw_frame *frame, bool first, uint32_t group)
{
	uint32_t present = cgw_snapshot_topology(cgw_frame_now(frame))->present[group];
	uint32_t old = cgw_frame_previous(frame, group);

	if (first || old == CGW_NO_GROUP ||
	    (cgw_frame_flags(frame, group) & (CGW_ROW_NEW | CGW_ROW_RECREATED)))
		return present;
	return present & ~cgw_snapshot_topology(cgw_frame_before(frame))->present[old];
}

/*
 * On v2 the files of a controller appear in all children when it is enabled in their parent, which
 * causes no event in their directories.
 */
static void watch_controllers(struct enforcement *enforcement, const struct cgw_topology *topology,
			      uint32_t parent)
{
	CLEANUP(cleanup_free) char *path = cgw_topology_path_copy(topology, parent);
	int v2 = cgw_layout_find_v2(enforcement->layout);

	if (path != NULL && v2 >= 0 && (enforcement->watch->hierarchies & UINT32_C(1) << v2))
		watch_path(enforcement, &enforcement->watch->directories, (size_t)v2, path,
			   "cgroup.subtree_control", IN_MODIFY);
}

static void watch_group(struct enforcement *enforcement, const struct cgw_topology *topology,
			uint32_t group, uint32_t hierarchies)
{
	CLEANUP(cleanup_free) char *path = cgw_topology_path_copy(topology, group);

	if (path == NULL)
		return;
	for (uint32_t h = 0; h < topology->hierarchy_count; h++)
		if (hierarchies & enforcement->watch->hierarchies & UINT32_C(1) << h)
			watch_path(enforcement, &enforcement->watch->directories, h, path, ".",
				   IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
	watch_rules(enforcement, group, path, hierarchies);
}

void group_watch_update(struct enforcement *enforcement)
{
	const struct cgw_topology *topology =
		cgw_snapshot_topology(cgw_frame_now(enforcement->frame));
	struct group_watch *watch = enforcement->watch;
	bool first = watch != NULL && watch->seen_topology == NULL, more = false;
	uint32_t parent = CGW_NO_GROUP;

	if (watch == NULL)
		return;
	triggers_update(watch->triggers);
	if (watch->seen_topology == topology)
		return;
	for (uint32_t group = 0; group < topology->count; group++) {
		uint32_t hierarchies = new_in(enforcement->frame, first, group);

		if (hierarchies == 0)
			continue;
		/* Siblings are mostly adjacent. */
		if (topology->parent[group] != parent && topology->parent[group] != CGW_NO_GROUP)
			watch_controllers(enforcement, topology, topology->parent[group]);
		parent = topology->parent[group];
		watch_group(enforcement, topology, group, hierarchies);
		more = true;
	}
	watch->seen_topology = topology;
	/* Find groups created in a new directory before it was watched. */
	if (more && !first && watch->hierarchies != 0)
		wakeup_request(&enforcement->wakeup, WAKE_GROUP_DELAY_NS);
}
