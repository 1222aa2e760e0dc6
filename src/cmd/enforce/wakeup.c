/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * wakeup.c - what wakes the daemon between samples.
 *
 * Directories, by inotify: a group that is made gets its standing limits at once. Files that tell of
 * events, of groups whose rules read such, by inotify too; pressure and v1's memory by trigger.c. Each
 * only brings the next sample forward: what is decided is decided by figures. Where the kernel has no
 * more watches, the samples by the clock remain.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "cmd/enforce/daemon.h"
#include "cmd/enforce/kernel-events.h"
#include "lib/base/cleanup.h"

#define DIRECTORIES_MAX 20000
#define FILES_MAX       1024

/* One inotify descriptor; the kernel takes back what is removed, and says so. */
struct notices {
	struct daemon *daemon;
	int fd;
	sd_event_source *source;
	size_t count, most;
	uint64_t hurry_ns; /* how soon a sample follows */
};

struct watch {
	struct notices directories, files;
	uint32_t hierarchies; /* those in which new groups show that a standing limit is for */
	struct triggers *triggers;
	const struct cgw_topology *followed;
};

static void take_back(struct notices *notices, const char *buffer, size_t length)
{
	for (size_t at = 0; at + sizeof(struct inotify_event) <= length;) {
		struct inotify_event event;

		memcpy(&event, buffer + at, sizeof(event));
		if ((event.mask & IN_IGNORED) && notices->count > 0)
			notices->count--;
		at += sizeof(event) + event.len;
	}
}

static int on_notice(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct notices *notices = context;
	char buffer[16384];
	ssize_t length;

	(void)source;
	(void)events;
	while ((length = read(fd, buffer, sizeof(buffer))) > 0)
		take_back(notices, buffer, (size_t)length);
	daemon_wake(notices->daemon, notices->hurry_ns);
	return 0;
}

static int open_notices(struct daemon *daemon, struct notices *notices, size_t most,
			uint64_t hurry_ns)
{
	*notices = (struct notices){.daemon = daemon, .most = most, .hurry_ns = hurry_ns};
	notices->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (notices->fd < 0)
		return 0; /* by the clock alone */
	return sd_event_add_io(daemon->event, &notices->source, notices->fd, EPOLLIN, on_notice,
			       notices);
}

static void close_notices(struct notices *notices)
{
	sd_event_source_disable_unref(notices->source);
	cleanup_close(&notices->fd);
}

static uint32_t hierarchies_of_control(const struct cgw_layout *layout, enum cgw_control control)
{
	int16_t metric = cgw_control_info(control)->metric;
	const struct cgw_metric_info *info;

	if (metric < 0)
		return 0;
	info = cgw_metric_info((enum cgw_metric)metric);
	for (size_t s = 0; s < info->source_count; s++) {
		int8_t controller = info->sources[s].controller;
		int hierarchy = controller >= 0
					? cgw_layout_find(layout, (enum cgw_controller)controller)
					: cgw_layout_find_v2(layout);

		if (hierarchy >= 0)
			return UINT32_C(1) << hierarchy;
	}
	return 0;
}

static uint32_t hierarchies_of_limits(const struct daemon *daemon)
{
	uint32_t hierarchies = 0;

	for (size_t i = 0; i < cgw_policy_section_count(daemon->policy); i++) {
		enum cgw_control control;
		const char *value;

		for (size_t j = 0;
		     cgw_policy_assignment(daemon->policy, i, j, &control, &value) == 0; j++)
			hierarchies |= hierarchies_of_control(daemon->layout, control);
	}
	return hierarchies;
}

int watch_open(struct daemon *daemon)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	int r;

	if (watch == NULL)
		return -ENOMEM;
	daemon->watch = watch;
	watch->files.fd = -1;
	watch->hierarchies = hierarchies_of_limits(daemon);
	r = open_notices(daemon, &watch->directories, DIRECTORIES_MAX, HURRY_GROUP_NS);
	if (r >= 0)
		r = open_notices(daemon, &watch->files, FILES_MAX, HURRY_EVENT_NS);
	if (r >= 0)
		r = triggers_new(daemon, &watch->triggers);
	if (r < 0)
		watch_close(daemon);
	return r < 0 ? r : 0;
}

void watch_close(struct daemon *daemon)
{
	struct watch *watch = daemon->watch;

	if (watch == NULL)
		return;
	triggers_free(watch->triggers);
	close_notices(&watch->directories);
	close_notices(&watch->files);
	free(watch);
	daemon->watch = NULL;
}

static void watch_path(struct notices *notices, const struct cgw_hierarchy *hierarchy,
		       const char *path, const char *file, uint32_t mask)
{
	char name[4096 + 512];

	if (notices->fd < 0 || notices->count >= notices->most)
		return;
	if ((size_t)snprintf(name, sizeof(name), "%s%s%s%s", hierarchy->mountpoint, path,
			     file != NULL ? "/" : "", file != NULL ? file : "") >= sizeof(name))
		return;
	/* One that is watched already, by another rule, keeps its watch. */
	notices->count += inotify_add_watch(notices->fd, name, mask | IN_MASK_CREATE) >= 0;
}

/* Files that tell of events, where a rule reads such. */
static void watch_events(struct daemon *daemon, const struct cgw_term *term, const char *path)
{
	static const struct {
		const char *key, *file;
	} files[] = {
		{"memory.events.", "memory.events"}, {"memory.swap.events.", "memory.swap.events"},
		{"pids.events.", "pids.events"},     {"cgroup.populated", "cgroup.events"},
		{"cgroup.frozen", "cgroup.events"},
	};
	int v2 = cgw_layout_find_v2(daemon->layout);
	char key[128];

	if (v2 < 0 || term->kind != CGW_TERM_FIELD)
		return;
	(void)cgw_field_key(term->field, key, sizeof(key));
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (strncmp(key, files[i].key, strlen(files[i].key)) == 0)
			watch_path(&daemon->watch->files, &daemon->layout->hierarchies[v2], path,
				   files[i].file, IN_MODIFY);
}

static void watch_rules(struct daemon *daemon, uint32_t group, const char *path)
{
	for (size_t i = 0; i < cgw_policy_section_count(daemon->policy); i++) {
		struct cgw_section_info section = cgw_policy_section(daemon->policy, i);

		if (section.when == NULL ||
		    cgw_policy_section_matches(daemon->policy, i, daemon->frame, &daemon->facts,
					       group) != CGW_TRUE)
			continue;
		for (size_t t = 0; t < cgw_expression_term_count(section.when); t++) {
			struct cgw_term term;

			cgw_expression_term(section.when, t, &term);
			watch_events(daemon, &term, path);
			triggers_add(daemon->watch->triggers, i, t, group, path);
		}
	}
}

static void watch_directory(struct daemon *daemon, const struct cgw_topology *topology,
			    uint32_t group, const char *path)
{
	struct watch *watch = daemon->watch;

	for (uint32_t h = 0; h < topology->hierarchy_count; h++)
		if (topology->present[group] & watch->hierarchies & UINT32_C(1) << h)
			watch_path(&watch->directories, &daemon->layout->hierarchies[h], path, NULL,
				   IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
}

void watch_follow(struct daemon *daemon)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(daemon->frame));
	struct watch *watch = daemon->watch;
	bool first = watch != NULL && watch->followed == NULL, more = false;
	char path[4096];

	if (watch == NULL)
		return;
	triggers_follow(watch->triggers);
	if (watch->followed == topology)
		return;
	watch->followed = topology;
	for (uint32_t group = 0; group < topology->count; group++) {
		bool is_new = first || (cgw_frame_flags(daemon->frame, group) &
					(CGW_ROW_NEW | CGW_ROW_RECREATED));

		if (!is_new ||
		    cgw_topology_path(topology, group, path, sizeof(path)) >= sizeof(path))
			continue;
		watch_directory(daemon, topology, group, path);
		watch_rules(daemon, group, path);
		more = true;
	}
	/* What was made in a new directory before it was watched. */
	if (more && !first && watch->hierarchies != 0)
		daemon_wake(daemon, HURRY_GROUP_NS);
}
