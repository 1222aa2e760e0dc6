/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* journal-tail.c - the end of the journal, followed as it grows. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/cleanup.h"
#include "lib/limit/control.h"
#include "lib/limit/journal-line.h"
#include "lib/limit/journal-tail.h"
#include "lib/limit/journal.h"

#define KEPT 1024 /* changes; who asks does so every few seconds */
/* Of a journal that was there before, so much is read; and at most so much at once. */
#define TAIL_BYTES (256 << 10)
/* An intent is written before it is done, and a group is read before or after its sample's time. */
#define SLACK_NS UINT64_C(1000000000)

struct who {
	char file[576];
	uint64_t inode, offset;
	struct cgw_change changes[KEPT]; /* a ring */
	size_t next, count;
};

int who_new(const char *directory, struct who **ret_who)
{
	struct who *who = calloc(1, sizeof(*who));
	char path[512] = "";
	int r;

	if (who == NULL)
		return -ENOMEM;
	r = journal_directory(directory, path, sizeof(path));
	if (r < 0) {
		free(who);
		return r;
	}
	(void)snprintf(who->file, sizeof(who->file), "%s/journal", path);
	*ret_who = who;
	return 0;
}

struct who *who_free(struct who *who)
{
	for (size_t i = 0; who != NULL && i < KEPT; i++)
		free((void *)(uintptr_t)who->changes[i].path);
	free(who);
	return NULL;
}

static void take_line(struct who *who, const char *text, size_t length)
{
	struct journal_line line;
	struct cgw_change *place = &who->changes[who->next];

	if (journal_line_parse(text, length, &line) < 0)
		return;
	if (line.intent) {
		free((void *)(uintptr_t)place->path);
		*place = line.change;
		who->next = (who->next + 1) % KEPT;
		who->count += who->count < KEPT;
		return;
	}
	if (line.outcome != CGW_OUTCOME_FAILED && line.outcome != CGW_OUTCOME_REFUSED)
		return;
	for (size_t i = 0; i < who->count; i++)
		if (who->changes[i].id == line.change.id)
			who->changes[i].who[0] = '\0'; /* it was not done */
}

/* Whole lines only: one that is being written is read the next time. */
static void take_text(struct who *who, const char *text, size_t length, bool from_within)
{
	const char *at = text, *end = text + length, *newline;

	if (from_within && (newline = memchr(at, '\n', length)) != NULL)
		at = newline + 1;
	while (at < end && (newline = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		take_line(who, at, (size_t)(newline - at));
		at = newline + 1;
	}
	who->offset += (uint64_t)(at - text);
}

static void follow(struct who *who)
{
	CLEANUP(cleanup_close) int fd = open(who->file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	CLEANUP(cleanup_free) char *text = NULL;
	bool from_within = false;
	struct stat status;
	ssize_t length;

	if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		return;
	if (status.st_ino != who->inode || (uint64_t)status.st_size < who->offset)
		who->offset = 0;
	who->inode = status.st_ino;
	if ((uint64_t)status.st_size - who->offset > TAIL_BYTES) {
		who->offset = (uint64_t)status.st_size - TAIL_BYTES;
		from_within = true;
	}
	if ((uint64_t)status.st_size == who->offset)
		return;
	text = malloc(TAIL_BYTES);
	length = text != NULL ? pread(fd, text, (size_t)((uint64_t)status.st_size - who->offset),
				      (off_t)who->offset)
			      : -1;
	if (length > 0)
		take_text(who, text, (size_t)length, from_within);
}

/* Two metrics of one file change together: a quota and its period, a weight on two scales. */
static bool same_file(enum cgw_metric a, enum cgw_metric b)
{
	const struct cgw_metric_info *first = cgw_metric_info(a), *second = cgw_metric_info(b);

	for (size_t i = 0; i < first->source_count; i++)
		for (size_t j = 0; j < second->source_count; j++)
			if (strcmp(first->sources[i].file, second->sources[j].file) == 0)
				return true;
	return false;
}

static bool is_of(const struct cgw_change *change, enum cgw_metric metric)
{
	int control;

	if (change->kind == CGW_STEP_FREEZE || change->kind == CGW_STEP_THAW)
		return same_file(metric, CGW_M_CGROUP_FREEZE);
	control = cgw_control_find(change->key, NULL);
	return control >= 0 && cgw_control_info((enum cgw_control)control)->metric >= 0 &&
	       same_file(metric,
			 (enum cgw_metric)cgw_control_info((enum cgw_control)control)->metric);
}

void who_changed(void *context, const char *path, const char *key, uint64_t since_ns,
		 uint64_t until_ns, char *buffer, size_t size)
{
	struct who *who = context;
	const struct cgw_change *last = NULL;
	int metric = cgw_metric_find(key);

	buffer[0] = '\0';
	follow(who);
	for (size_t i = 0; metric >= 0 && i < who->count; i++) {
		const struct cgw_change *change = &who->changes[i];

		if (change->who[0] == '\0' || change->realtime_ns + SLACK_NS < since_ns ||
		    change->realtime_ns > until_ns + SLACK_NS || strcmp(change->path, path) != 0 ||
		    (last != NULL && change->realtime_ns < last->realtime_ns) ||
		    !is_of(change, (enum cgw_metric)metric))
			continue;
		last = change;
	}
	if (last != NULL && last->uid != 0)
		(void)snprintf(buffer, size, "%s (uid %u)", last->who, (unsigned)last->uid);
	else if (last != NULL)
		(void)snprintf(buffer, size, "%s", last->who);
}
