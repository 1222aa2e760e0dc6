/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * watch.c - what wakes the daemon between samples.
 *
 * Directories, by inotify: a group that is made gets its standing limits at once. memory.events,
 * pids.events and cgroup.events of groups that rules select by path. Pressure, by triggers of the
 * kernel, of the machine and of such groups. Each only brings the next sample forward: what is decided
 * is decided by figures. Where the kernel has no more watches, the samples by the clock remain.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "enforce/daemon.h"
#include "enforce/say.h"

#define DIRECTORIES_MAX 20000
#define FILES_MAX       1024
#define TRIGGERS_MAX    64

/* Directories are watched in one hierarchy: the first with a controller that standing limits use. */
struct watch {
	int inotify_fd;
	sd_event_source *source;
	sd_event_source *triggers[TRIGGERS_MAX];
	size_t trigger_count;
	size_t directories, files;
	int hierarchy; /* -1: no standing limits */
	const struct cgw_topology *followed;
};

static int on_inotify(sd_event_source *source, int fd, uint32_t events, void *context)
{
	char buffer[16384];

	(void)source;
	(void)events;
	while (read(fd, buffer, sizeof(buffer)) > 0)
		;
	daemon_hurry(context);
	return 0;
}

static int on_pressure(sd_event_source *source, int fd, uint32_t events, void *context)
{
	(void)fd;
	if (events & EPOLLERR)
		return sd_event_source_set_enabled(source, SD_EVENT_OFF); /* its group went */
	daemon_hurry(context);
	return 0;
}

/* 150 ms of waiting within 2 seconds, the window that wants no capability. */
static void add_trigger(struct daemon *daemon, int directory, const char *file)
{
	static const char trigger[] = "some 150000 2000000";
	struct watch *watch = daemon->watch;
	sd_event_source *source = NULL;
	int fd;

	if (watch->trigger_count == TRIGGERS_MAX)
		return;
	fd = openat(directory, file, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	/* With its terminator: the kernel writes over the last byte. */
	if (write(fd, trigger, sizeof(trigger)) < 0 ||
	    sd_event_add_io(daemon->event, &source, fd, EPOLLPRI, on_pressure, daemon) < 0) {
		close(fd);
		return;
	}
	(void)sd_event_source_set_io_fd_own(source, true);
	watch->triggers[watch->trigger_count++] = source;
}

/* The hierarchy in which new groups show that a standing limit is for. */
static int hierarchy_of_limits(const struct daemon *daemon)
{
	for (size_t i = 0; i < cgw_policy_section_count(daemon->policy); i++) {
		enum cgw_control control;
		const char *value;
		int metric, hierarchy;

		if (cgw_policy_section(daemon->policy, i).kind != CGW_SECTION_LIMIT ||
		    cgw_policy_assignment(daemon->policy, i, 0, &control, &value) < 0)
			continue;
		metric = cgw_control_info(control)->metric;
		if (metric < 0)
			continue;
		for (size_t s = 0; s < cgw_metric_info((enum cgw_metric)metric)->source_count;
		     s++) {
			int8_t controller =
				cgw_metric_info((enum cgw_metric)metric)->sources[s].controller;

			hierarchy = controller >= 0
					    ? cgw_layout_find(daemon->layout,
							      (enum cgw_controller)controller)
					    : cgw_layout_v2(daemon->layout);
			if (hierarchy >= 0)
				return hierarchy;
		}
	}
	return -1;
}

/* Whether a condition reads the machine's pressure of that resource. */
static bool asks_host_pressure(const struct cgw_expression *expression, const char *resource)
{
	char prefix[64];

	(void)snprintf(prefix, sizeof(prefix), "host.pressure.%s.", resource);
	for (size_t i = 0; i < cgw_expression_term_count(expression); i++) {
		struct cgw_term term;

		cgw_expression_term(expression, i, &term);
		if (strncmp(term.key, prefix, strlen(prefix)) == 0)
			return true;
	}
	return false;
}

static void add_host_triggers(struct daemon *daemon)
{
	static const char *const resources[] = {"cpu", "memory", "io"};

	for (size_t r = 0; r < ARRAY_SIZE(resources); r++)
		for (size_t i = 0; i < cgw_policy_section_count(daemon->policy); i++) {
			struct cgw_section_info section = cgw_policy_section(daemon->policy, i);
			char file[32];

			if (section.when == NULL || !asks_host_pressure(section.when, resources[r]))
				continue;
			(void)snprintf(file, sizeof(file), "pressure/%s", resources[r]);
			add_trigger(daemon, daemon->layout->proc_fd, file);
			break;
		}
}

int watch_open(struct daemon *daemon)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	int r;

	if (watch == NULL)
		return -ENOMEM;
	daemon->watch = watch;
	watch->hierarchy = hierarchy_of_limits(daemon);
	watch->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->inotify_fd < 0)
		return 0; /* by the clock alone */
	r = sd_event_add_io(daemon->event, &watch->source, watch->inotify_fd, EPOLLIN, on_inotify,
			    daemon);
	if (r < 0) {
		watch_close(daemon);
		return r;
	}
	add_host_triggers(daemon);
	return 0;
}

void watch_close(struct daemon *daemon)
{
	struct watch *watch = daemon->watch;

	if (watch == NULL)
		return;
	for (size_t i = 0; i < watch->trigger_count; i++)
		sd_event_source_disable_unref(watch->triggers[i]);
	sd_event_source_disable_unref(watch->source);
	cleanup_close(&watch->inotify_fd);
	free(watch);
	daemon->watch = NULL;
}

static void watch_path(struct watch *watch, const struct cgw_hierarchy *hierarchy, const char *path,
		       const char *file, uint32_t mask)
{
	char name[4096 + 512];
	size_t *count = file != NULL ? &watch->files : &watch->directories;

	if (*count >= (file != NULL ? FILES_MAX : DIRECTORIES_MAX))
		return;
	if ((size_t)snprintf(name, sizeof(name), "%s%s%s%s", hierarchy->mountpoint, path,
			     file != NULL ? "/" : "", file != NULL ? file : "") >= sizeof(name))
		return;
	*count += inotify_add_watch(watch->inotify_fd, name, mask) >= 0;
}

/* Files that tell of events, and pressure, where a rule that selects the group reads such. */
static void watch_rules(struct daemon *daemon, uint32_t group, const char *path)
{
	static const struct {
		const char *key, *file;
		bool trigger;
	} files[] = {
		{"memory.events.", "memory.events", false},
		{"pids.events.", "pids.events", false},
		{"cgroup.populated", "cgroup.events", false},
		{"memory.pressure.", "memory.pressure", true},
		{"cpu.pressure.", "cpu.pressure", true},
		{"io.pressure.", "io.pressure", true},
	};
	int v2 = cgw_layout_v2(daemon->layout);

	for (size_t i = 0; v2 >= 0 && i < cgw_policy_section_count(daemon->policy); i++) {
		struct cgw_section_info section = cgw_policy_section(daemon->policy, i);

		if (section.when == NULL || cgw_policy_selects(daemon->policy, i, daemon->frame,
							       &daemon->facts, group) != CGW_TRUE)
			continue;
		for (size_t t = 0; t < cgw_expression_term_count(section.when); t++) {
			struct cgw_term term;
			char key[128];

			cgw_expression_term(section.when, t, &term);
			if (term.kind != CGW_TERM_FIELD)
				continue;
			(void)cgw_field_key(term.field, key, sizeof(key));
			for (size_t f = 0; f < ARRAY_SIZE(files); f++) {
				CLEANUP(cleanup_close) int fd = -1;

				if (strncmp(key, files[f].key, strlen(files[f].key)) != 0)
					continue;
				if (!files[f].trigger)
					watch_path(daemon->watch, &daemon->layout->hierarchies[v2],
						   path, files[f].file, IN_MODIFY);
				else if (cgw_group_open(daemon->layout, (size_t)v2, path, &fd,
							NULL) == 0)
					add_trigger(daemon, fd, files[f].file);
			}
		}
	}
}

void watch_follow(struct daemon *daemon)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(daemon->frame));
	struct watch *watch = daemon->watch;
	bool first = watch != NULL && watch->followed == NULL;
	char path[4096];

	if (watch == NULL || watch->inotify_fd < 0 || watch->followed == topology)
		return;
	watch->followed = topology;
	for (uint32_t group = 0; group < topology->count; group++) {
		bool is_new = first || (cgw_frame_flags(daemon->frame, group) &
					(CGW_ROW_NEW | CGW_ROW_RECREATED));

		if (!is_new ||
		    cgw_topology_path(topology, group, path, sizeof(path)) >= sizeof(path))
			continue;
		if (watch->hierarchy >= 0 && topology->present[group] & UINT32_C(1)
										<< watch->hierarchy)
			watch_path(watch, &daemon->layout->hierarchies[watch->hierarchy], path,
				   NULL, IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
		watch_rules(daemon, group, path);
	}
}
