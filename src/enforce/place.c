/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* place.c - processes by user, command and program into the groups where they belong. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "enforce/place.h"
#include "enforce/say.h"

/* What was looked at already: sorted by pid. */
struct seen {
	pid_t pid;
	uint64_t mark; /* of its command and user: other ones are another process */
};

struct places {
	struct seen *seen;
	size_t count, capacity;
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

static const struct seen *find_seen(const struct places *places, pid_t pid)
{
	size_t low = 0, high = places->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (places->seen[middle].pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < places->count && places->seen[low].pid == pid ? &places->seen[low] : NULL;
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
		.journal = store_directory(daemon->store),
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
		say(LOG_NOTICE, "%s: process %d moved to %s", section->name, (int)pid, section->to);
	else if (r != -ESRCH)
		say(LOG_WARNING, "%s: process %d cannot be moved to %s: %s", section->name,
		    (int)pid, section->to, diag.text[0] != '\0' ? diag.text : strerror(-r));
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

	for (size_t i = 0; i < cgw_policy_section_count(daemon->policy); i++) {
		struct cgw_section_info section = cgw_policy_section(daemon->policy, i);

		if (section.kind != CGW_SECTION_PLACE ||
		    cgw_policy_places(daemon->policy, i, asked, &process) != CGW_TRUE)
			continue;
		if (is_there(daemon, pid, section.to))
			return;
		if (act)
			move(daemon, &section, pid);
		else
			say(LOG_NOTICE, "would: %s: process %d to %s", section.name, (int)pid,
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

static int note(struct places *now, pid_t pid, uint64_t mark)
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

static void free_places(struct places *places)
{
	if (places != NULL)
		free(places->seen);
	free(places);
}

int place_processes(struct daemon *daemon)
{
	struct places *now;
	DIR *directory;
	int fd, r = 0;

	if (!has_places(daemon->policy))
		return 0;
	fd = openat(daemon->layout->proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	directory = fd >= 0 ? fdopendir(fd) : NULL;
	now = calloc(1, sizeof(*now));
	if (directory == NULL || now == NULL) {
		if (directory != NULL)
			closedir(directory);
		else
			cleanup_close(&fd);
		free(now);
		return -ENOMEM;
	}
	for (const struct dirent *entry; r == 0 && (entry = readdir(directory)) != NULL;) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		const struct seen *seen;
		uint64_t mark;

		if (pid <= 1)
			continue;
		mark = mark_of(daemon->layout, pid);
		seen = daemon->places != NULL ? find_seen(daemon->places, pid) : NULL;
		if (mark != 0 && (seen == NULL || seen->mark != mark))
			place(daemon, pid);
		r = note(now, pid, mark);
	}
	closedir(directory);
	if (now->count > 1)
		qsort(now->seen, now->count, sizeof(*now->seen), by_pid);
	free_places(daemon->places);
	daemon->places = now;
	return r;
}

void place_done(struct daemon *daemon)
{
	free_places(daemon->places);
	daemon->places = NULL;
}
