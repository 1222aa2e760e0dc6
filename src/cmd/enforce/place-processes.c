/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* place-processes.c - processes by user, command and program into the groups where they belong. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "cmd/enforce/log.h"
#include "cmd/enforce/place-processes.h"
#include "cmd/enforce/proc-connector.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define PF_KTHREAD 0x00200000U /* of /proc/PID/stat */
#define LOOK_NS    UINT64_C(30000000000)

/* What was looked at already: sorted by pid. */
struct seen {
	pid_t pid;
	uint64_t mark; /* of its command and user: other ones are another process */
};

struct looked {
	struct seen *seen;
	size_t count, capacity;
};

struct places {
	struct daemon *daemon;
	struct looked looked;
	struct proc_connector *births; /* NULL: the kernel does not tell us */
	uint64_t looked_ns;            /* monotonic; 0: all are to be looked at */
};

static uint64_t mix(uint64_t mark, const char *text)
{
	for (; *text != '\0'; text++)
		mark = (mark ^ (unsigned char)*text) * UINT64_C(1099511628211);
	return mark;
}

/* Its name, who it is, when it began: from /proc/PID/stat and status. 0 where it is gone. */
static uint64_t mark_of(const struct cgw_layout *layout, pid_t pid)
{
	CLEANUP(cleanup_free) char *stat = NULL;
	CLEANUP(cleanup_free) char *status = NULL;
	uint64_t mark = UINT64_C(1469598103934665603);
	char file[32], *at;
	size_t length;

	(void)snprintf(file, sizeof(file), "%d/stat", (int)pid);
	if (cgw_proc_read(layout, file, &stat, &length) < 0)
		return 0;
	(void)snprintf(file, sizeof(file), "%d/status", (int)pid);
	if (cgw_proc_read(layout, file, &status, &length) < 0)
		return 0;
	at = strrchr(stat, ')');
	/* The fields behind the name: its start is the 20th of them. */
	for (int field = 0; at != NULL && field < 20; field++)
		at = strchr(at + 1, ' ');
	if (at != NULL) {
		at[1 + strcspn(at + 1, " ")] = '\0';
		mark = mix(mark, at);
	}
	status[strcspn(status, "\n")] = '\0'; /* "Name:" */
	mark = mix(mark, status);
	at = strstr(status + strlen(status) + 1, "Uid:");
	if (at != NULL) {
		at[strcspn(at, "\n")] = '\0';
		mark = mix(mark, at);
	}
	return mark | 1;
}

static const struct seen *find_seen(const struct looked *looked, pid_t pid)
{
	size_t low = 0, high = looked->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (looked->seen[middle].pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < looked->count && looked->seen[low].pid == pid ? &looked->seen[low] : NULL;
}

static bool is_there(const struct daemon *daemon, pid_t pid, const char *to)
{
	struct cgw_membership membership = {0};
	bool there = false;

	if (cgw_membership_read(daemon->layout, pid, &membership) < 0)
		return true; /* gone */
	for (size_t i = 0; i < membership.count; i++)
		there = there ||
			(membership.paths[i] != NULL && strcmp(membership.paths[i], to) == 0);
	cgw_membership_done(&membership);
	return there;
}

static void move(struct daemon *daemon, const struct cgw_section_info *section, pid_t pid)
{
	const struct cgw_policy_settings *settings = cgw_policy_settings(daemon->policy);
	char who[80];
	const struct cgw_limit_options options = {
		.backend = settings->backend,
		.no_undo = true,
		.journal = undo_store_directory(daemon->store),
		.who = who,
		.why = "placed",
	};
	const struct cgw_step create = {.kind = CGW_STEP_CREATE, .path = section->to};
	const struct cgw_step step = {.kind = CGW_STEP_MOVE, .path = section->to, .pid = pid};
	struct cgw_plan *plan = NULL;
	struct cgw_diag diag = {0};
	int r;

	(void)snprintf(who, sizeof(who), "place %.60s", section->name);
	r = cgw_plan_new(daemon->layout, &options, &plan);
	if (r == 0 && section->create)
		r = cgw_plan_add(plan, &create, &diag);
	if (r == 0)
		r = cgw_plan_add(plan, &step, &diag);
	if (r == 0)
		r = cgw_plan_apply(plan);
	for (size_t i = 0; r < 0 && plan != NULL && i < cgw_plan_count(plan); i++)
		if (cgw_plan_result(plan, i)->diag.text[0] != '\0')
			diag = cgw_plan_result(plan, i)->diag;
	cgw_plan_free(plan);
	if (r == 0)
		log_event(LOG_NOTICE, "%s: process %d moved to %s", section->name, (int)pid,
			  section->to);
	else if (r != -ESRCH)
		log_event(LOG_WARNING, "%s: process %d cannot be moved to %s: %s", section->name,
			  (int)pid, section->to, diag.text[0] != '\0' ? diag.text : strerror(-r));
}

/* Threads of the kernel stay where they are. */
static bool is_kernel(const struct cgw_layout *layout, pid_t pid)
{
	CLEANUP(cleanup_free) char *stat = NULL;
	unsigned flags = 0;
	char file[32], *at;
	size_t length;

	(void)snprintf(file, sizeof(file), "%d/stat", (int)pid);
	if (cgw_proc_read(layout, file, &stat, &length) < 0)
		return false;
	at = strrchr(stat, ')');
	/* NOLINTNEXTLINE(cert-err34-c): the kernel's numbers fit */
	return at != NULL && sscanf(at, ") %*c %*d %*d %*d %*d %*d %u", &flags) == 1 &&
	       (flags & PF_KTHREAD) != 0;
}

/* Nothing is moved out of a group that is protected; the root protects nobody who is in it. */
static bool is_protected(const struct daemon *daemon, pid_t pid, struct cgw_diag *diag)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(daemon->frame));
	struct cgw_membership membership = {0};
	bool guarded = false;

	if (cgw_membership_read(daemon->layout, pid, &membership) < 0)
		return false; /* gone */
	for (size_t i = 0; !guarded && i < membership.count; i++) {
		const char *path = membership.paths[i];
		uint32_t group = path != NULL ? cgw_topology_find(topology, path) : CGW_NO_GROUP;

		guarded = group != CGW_NO_GROUP && strcmp(path, "/") != 0 &&
			  cgw_policy_check_protected(daemon->policy, daemon->frame, &daemon->facts,
						     group, CGW_CONTROL_COUNT, diag) < 0;
	}
	cgw_membership_done(&membership);
	return guarded;
}

struct process {
	const struct cgw_layout *layout;
	pid_t pid;
};

static enum cgw_truth asked(void *context, enum cgw_subject subject, const char *pattern)
{
	const struct process *process = context;

	return facts_process(process->layout, process->pid, subject, pattern);
}

/* The first section that selects it, as in the file. */
static void place(struct daemon *daemon, pid_t pid)
{
	struct process process = {daemon->layout, pid};
	bool act = daemon->store != NULL &&
		   cgw_policy_settings(daemon->policy)->mode == CGW_MODE_ENFORCE;
	struct cgw_diag diag = {0};

	for (size_t i = 0; i < cgw_policy_section_count(daemon->policy); i++) {
		struct cgw_section_info section = cgw_policy_section(daemon->policy, i);

		if (section.kind != CGW_SECTION_PLACE ||
		    cgw_policy_place_matches(daemon->policy, i, asked, &process) != CGW_TRUE)
			continue;
		if (is_there(daemon, pid, section.to) || is_kernel(daemon->layout, pid))
			return;
		if (is_protected(daemon, pid, &diag))
			log_event(LOG_NOTICE, "%s: process %d stays where it is: %s", section.name,
				  (int)pid, diag.text);
		else if (act)
			move(daemon, &section, pid);
		else
			log_event(LOG_NOTICE, "would: %s: process %d to %s", section.name, (int)pid,
				  section.to);
		return;
	}
}

static bool has_places(const struct cgw_policy *policy)
{
	for (size_t i = 0; i < cgw_policy_section_count(policy); i++)
		if (cgw_policy_section(policy, i).kind == CGW_SECTION_PLACE)
			return true;
	return false;
}

static int by_pid(const void *a, const void *b)
{
	const struct seen *first = a, *second = b;

	return first->pid < second->pid ? -1 : first->pid > second->pid;
}

static int note(struct looked *now, pid_t pid, uint64_t mark)
{
	if (now->count == now->capacity) {
		size_t capacity = 2 * now->capacity + 256;
		struct seen *seen = reallocarray(now->seen, capacity, sizeof(*seen));

		if (seen == NULL)
			return -ENOMEM;
		now->seen = seen;
		now->capacity = capacity;
	}
	now->seen[now->count++] = (struct seen){pid, mark};
	return 0;
}

/* One by one, as they stand in /proc. */
static int look_at_all(struct daemon *daemon, DIR *directory, struct looked *now)
{
	for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		const struct seen *seen;
		uint64_t mark;
		int r;

		if (pid <= 1)
			continue;
		mark = mark_of(daemon->layout, pid);
		seen = find_seen(&daemon->places->looked, pid);
		if (mark != 0 && (seen == NULL || seen->mark != mark))
			place(daemon, pid);
		r = note(now, pid, mark);
		if (r < 0)
			return r;
	}
	return 0;
}

static void on_born(void *context, pid_t pid)
{
	place(context, pid);
}

static void on_lost(void *context)
{
	struct daemon *daemon = context;

	if (daemon->places->looked_ns != 0)
		log_event(LOG_INFO, "some new processes were not told of: all are looked at");
	daemon->places->looked_ns = 0;
	daemon_wake(daemon, HURRY_EVENT_NS);
}

void place_open(struct daemon *daemon)
{
	const struct proc_connector_callbacks calls = {on_born, on_lost, daemon};
	int r;

	if (!has_places(daemon->policy))
		return;
	daemon->places = calloc(1, sizeof(*daemon->places));
	if (daemon->places == NULL)
		return;
	if (daemon->event == NULL)
		return; /* one pass, without a loop */
	r = proc_connector_open(daemon->event, &calls, &daemon->places->births);
	if (r < 0)
		log_event(
			LOG_INFO,
			"the kernel does not tell of new processes (%s): all are looked at at each "
			"sample",
			strerror(-r));
}

int place_processes(struct daemon *daemon)
{
	struct places *places;
	struct looked now = {0};
	DIR *directory;
	int fd, r;

	if (daemon->places == NULL)
		place_open(daemon);
	places = daemon->places;
	if (places == NULL)
		return has_places(daemon->policy) ? -ENOMEM : 0;
	if (places->births != NULL && places->looked_ns != 0 &&
	    clock_now_ns() - places->looked_ns < LOOK_NS)
		return 0;
	places->looked_ns = clock_now_ns(); /* what is lost from now on is looked for again */
	fd = openat(daemon->layout->proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	directory = fd >= 0 ? fdopendir(fd) : NULL;
	if (directory == NULL) {
		r = -errno;
		cleanup_close(&fd);
		return r;
	}
	r = look_at_all(daemon, directory, &now);
	closedir(directory);
	if (now.count > 1)
		qsort(now.seen, now.count, sizeof(*now.seen), by_pid);
	free(places->looked.seen);
	places->looked = now;
	return r;
}

void place_done(struct daemon *daemon)
{
	if (daemon->places == NULL)
		return;
	proc_connector_close(daemon->places->births);
	free(daemon->places->looked.seen);
	free(daemon->places);
	daemon->places = NULL;
}
