/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* place-processes.c - move processes into groups by user, command and executable. */
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
#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/local-text.h"

#define PF_KTHREAD       0x00200000U /* flag in /proc/PID/stat */
#define SCAN_INTERVAL_NS (30 * NS_PER_S)

/* Processes of the last scan, sorted by PID. */
struct seen {
	pid_t pid;
	uint64_t fingerprint; /* changes with command and user: check the process again */
};

struct seen_list {
	struct seen *items;
	size_t count, capacity;
};

struct places {
	struct enforcement *enforcement;
	struct seen_list seen;
	struct proc_connector *connector; /* NULL: unavailable */
	uint64_t scanned_ns;              /* monotonic; 0: scan at the next sample */
};

static uint64_t hash_text(uint64_t fingerprint, const char *text)
{
	for (; *text != '\0'; text++)
		fingerprint = (fingerprint ^ (unsigned char)*text) * UINT64_C(1099511628211);
	return fingerprint;
}

/* Hash of name, user IDs and start time of the process; 0 if it is gone. */
static uint64_t read_fingerprint(const struct cgw_layout *layout, pid_t pid)
{
	CLEANUP(cleanup_free) char *stat = NULL;
	CLEANUP(cleanup_free) char *status = NULL;
	uint64_t fingerprint = UINT64_C(1469598103934665603);
	char file[32], *at;
	size_t length;

	snprintf(file, sizeof(file), "%d/stat", (int)pid);
	if (cgw_proc_read(layout, file, &stat, &length) < 0)
		return 0;
	snprintf(file, sizeof(file), "%d/status", (int)pid);
	if (cgw_proc_read(layout, file, &status, &length) < 0)
		return 0;
	at = strrchr(stat, ')');
	/* The start time is the 20th field after the name. */
	for (int field = 0; at != NULL && field < 20; field++)
		at = strchr(at + 1, ' ');
	if (at != NULL) {
		at[1 + strcspn(at + 1, " ")] = '\0';
		fingerprint = hash_text(fingerprint, at);
	}
	status[strcspn(status, "\n")] = '\0'; /* "Name:" */
	fingerprint = hash_text(fingerprint, status);
	at = strstr(status + strlen(status) + 1, "Uid:");
	if (at != NULL) {
		at[strcspn(at, "\n")] = '\0';
		fingerprint = hash_text(fingerprint, at);
	}
	return fingerprint | 1;
}

static const struct seen *find_seen(const struct seen_list *seen, pid_t pid)
{
	size_t at;

	ARRAY_SEARCH(at, seen->count, seen->items[at].pid < pid);
	return at < seen->count && seen->items[at].pid == pid ? &seen->items[at] : NULL;
}

static bool is_member(const struct enforcement *enforcement, pid_t pid, const char *to)
{
	struct cgw_membership membership = {0};
	bool found = false;

	if (cgw_membership_read(enforcement->layout, pid, &membership) < 0)
		return true; /* gone */
	for (size_t i = 0; i < membership.count; i++)
		found = found ||
			(membership.paths[i] != NULL && strcmp(membership.paths[i], to) == 0);
	cgw_membership_done(&membership);
	return found;
}

static void move(struct enforcement *enforcement, const struct cgw_section_info *section, pid_t pid)
{
	const struct cgw_policy_settings *settings = cgw_policy_settings(enforcement->policy);
	char who[80];
	const struct cgw_limit_options options = {
		.backend = settings->backend,
		.no_undo = true,
		.journal = undo_store_directory(enforcement->store),
		.who = who,
		.why = "placed",
	};
	const struct cgw_step create = {.kind = CGW_STEP_CREATE, .path = section->to};
	const struct cgw_step step = {.kind = CGW_STEP_MOVE, .path = section->to, .pid = pid};
	struct cgw_plan *plan = NULL;
	struct cgw_diag diag = {0};
	int r;

	snprintf(who, sizeof(who), "place %.60s", section->name);
	r = cgw_plan_new(enforcement->layout, &options, &plan);
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
		log_event(LOG_WARNING, "%s: cannot move process %d to %s: %s", section->name,
			  (int)pid, section->to, diag.text[0] != '\0' ? diag.text : strerror(-r));
}

static bool is_kernel_thread(const struct cgw_layout *layout, pid_t pid)
{
	CLEANUP(cleanup_free) char *stat = NULL;
	unsigned flags = 0;
	char *at;
	size_t length;

	if (cgw_proc_read(layout, FORMATTED(32, "%d/stat", (int)pid), &stat, &length) < 0)
		return false;
	at = strrchr(stat, ')');
	/* NOLINTNEXTLINE(cert-err34-c): the kernel's numbers fit */
	return at != NULL && sscanf(at, ") %*c %*d %*d %*d %*d %*d %u", &flags) == 1 &&
	       (flags & PF_KTHREAD) != 0;
}

/* Processes are not moved out of a protected group, except out of the root. */
static bool is_protected(const struct enforcement *enforcement, pid_t pid, struct cgw_diag *diag)
{
	const struct cgw_topology *topology =
		cgw_snapshot_topology(cgw_frame_now(enforcement->frame));
	struct cgw_membership membership = {0};
	bool guarded = false;

	if (cgw_membership_read(enforcement->layout, pid, &membership) < 0)
		return false; /* gone */
	for (size_t i = 0; !guarded && i < membership.count; i++) {
		const char *path = membership.paths[i];
		uint32_t group = path != NULL ? cgw_topology_find(topology, path) : CGW_NO_GROUP;

		guarded = group != CGW_NO_GROUP && strcmp(path, "/") != 0 &&
			  cgw_policy_check_protected(enforcement->policy, enforcement->frame,
						     &enforcement->facts, group, CGW_CONTROL_NONE,
						     diag) < 0;
	}
	cgw_membership_done(&membership);
	return guarded;
}

struct process {
	const struct cgw_layout *layout;
	pid_t pid;
};

static enum cgw_truth match_process(void *context, enum cgw_subject subject, const char *pattern)
{
	const struct process *process = context;

	return facts_process(process->layout, process->pid, subject, pattern);
}

/* Applies the first matching section in file order. */
static void place_process(struct enforcement *enforcement, pid_t pid)
{
	struct process process = {enforcement->layout, pid};
	bool act = enforcement->store != NULL &&
		   cgw_policy_settings(enforcement->policy)->mode == CGW_MODE_ENFORCE;
	struct cgw_diag diag = {0};

	for (size_t i = 0; i < cgw_policy_section_count(enforcement->policy); i++) {
		struct cgw_section_info section = cgw_policy_section(enforcement->policy, i);

		if (section.kind != CGW_SECTION_PLACE ||
		    cgw_policy_place_matches(enforcement->policy, i, match_process, &process) !=
			    CGW_TRUE)
			continue;
		if (is_member(enforcement, pid, section.to) ||
		    is_kernel_thread(enforcement->layout, pid))
			return;
		if (is_protected(enforcement, pid, &diag))
			log_event(LOG_NOTICE, "%s: process %d not moved: %s", section.name,
				  (int)pid, diag.text);
		else if (act)
			move(enforcement, &section, pid);
		else
			log_event(LOG_NOTICE, "would: %s: move process %d to %s", section.name,
				  (int)pid, section.to);
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

static int compare_pids(const void *a, const void *b)
{
	const struct seen *first = a, *second = b;

	return first->pid < second->pid ? -1 : first->pid > second->pid;
}

static int add_seen(struct seen_list *now, pid_t pid, uint64_t fingerprint)
{
	if (ARRAY_RESERVE(now->items, now->capacity, now->count + 1) < 0)
		return -ENOMEM;
	now->items[now->count++] = (struct seen){pid, fingerprint};
	return 0;
}

static int scan_processes(struct enforcement *enforcement, DIR *directory, struct seen_list *now)
{
	for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		const struct seen *seen;
		uint64_t fingerprint;
		int r;

		if (pid <= 1)
			continue;
		fingerprint = read_fingerprint(enforcement->layout, pid);
		seen = find_seen(&enforcement->places->seen, pid);
		if (fingerprint != 0 && (seen == NULL || seen->fingerprint != fingerprint))
			place_process(enforcement, pid);
		r = add_seen(now, pid, fingerprint);
		if (r < 0)
			return r;
	}
	return 0;
}

static void on_process(void *context, pid_t pid)
{
	place_process(context, pid);
}

static void on_events_lost(void *context)
{
	struct enforcement *enforcement = context;

	if (enforcement->places->scanned_ns != 0)
		log_event(LOG_INFO, "process events were lost; scanning all processes");
	enforcement->places->scanned_ns = 0;
	wakeup_request(&enforcement->wakeup, WAKE_EVENT_DELAY_NS);
}

/* Subscribes to process events if the policy has [place] sections. */
static void place_open(struct enforcement *enforcement)
{
	const struct proc_connector_callbacks calls = {on_process, on_events_lost, enforcement};
	int r;

	if (!has_places(enforcement->policy))
		return;
	enforcement->places = calloc(1, sizeof(*enforcement->places));
	if (enforcement->places == NULL)
		return;
	if (enforcement->event == NULL)
		return; /* --once: no event loop */
	r = proc_connector_open(enforcement->event, &calls, &enforcement->places->connector);
	if (r < 0)
		log_event(LOG_INFO,
			  "process events are unavailable (%s); scanning all processes at each "
			  "sample",
			  strerror(-r));
}

int place_processes(struct enforcement *enforcement)
{
	struct places *places;
	struct seen_list now = {0};
	DIR *directory;
	int fd, r;

	if (enforcement->places == NULL)
		place_open(enforcement);
	places = enforcement->places;
	if (places == NULL)
		return has_places(enforcement->policy) ? -ENOMEM : 0;
	if (places->connector != NULL && places->scanned_ns != 0 &&
	    clock_now_ns() - places->scanned_ns < SCAN_INTERVAL_NS)
		return 0;
	/* Before the scan: events lost during it must cause another one. */
	places->scanned_ns = clock_now_ns();
	fd = openat(enforcement->layout->proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	directory = fd >= 0 ? fdopendir(fd) : NULL;
	if (directory == NULL) {
		r = -errno;
		cleanup_close(&fd);
		return r;
	}
	r = scan_processes(enforcement, directory, &now);
	closedir(directory);
	if (now.count > 1)
		qsort(now.items, now.count, sizeof(*now.items), compare_pids);
	free(places->seen.items);
	places->seen = now;
	return r;
}

void place_done(struct enforcement *enforcement)
{
	if (enforcement->places == NULL)
		return;
	proc_connector_close(enforcement->places->connector);
	free(enforcement->places->seen.items);
	free(enforcement->places);
	enforcement->places = NULL;
}
