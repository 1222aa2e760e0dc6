/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* journal-tail.c - incremental reader of the journal's end. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/regular-file.h"
#include "lib/limit/journal-line.h"
#include "lib/limit/journal-tail.h"
#include "lib/limit/journal.h"

#define CHANGES_MAX 1024 /* changes; callers read every few seconds */
/* The most that is read at once, also of a journal that exists already. */
#define TAIL_BYTES (256 << 10)
/* An intent precedes its change, and a group is read before or after the time of its sample. */
#define SLACK_NS NS_PER_S

struct journal_tail {
	char file[576];
	uint64_t inode, offset;
	struct cgw_change changes[CHANGES_MAX]; /* a ring */
	size_t next, count;
};

int journal_tail_new(const char *directory, struct journal_tail **ret_tail)
{
	struct journal_tail *tail = calloc(1, sizeof(*tail));
	char path[512] = "";
	int r;

	if (tail == NULL)
		return -ENOMEM;
	r = journal_directory(directory, path, sizeof(path));
	if (r < 0) {
		free(tail);
		return r;
	}
	snprintf(tail->file, sizeof(tail->file), "%s/journal", path);
	*ret_tail = tail;
	return 0;
}

struct journal_tail *journal_tail_free(struct journal_tail *tail)
{
	/* The others were never used, and would become resident. */
	for (size_t i = 0; tail != NULL && i < tail->count; i++)
		journal_change_done(&tail->changes[i]);
	free(tail);
	return NULL;
}

static void record_line(struct journal_tail *tail, const char *text, size_t length)
{
	struct journal_line line;
	struct cgw_change *place = &tail->changes[tail->next];

	if (journal_line_parse(text, length, &line) < 0)
		return;
	if (line.intent) {
		journal_change_done(place);
		*place = line.change;
		tail->next = (tail->next + 1) % CHANGES_MAX;
		tail->count += tail->count < CHANGES_MAX;
		return;
	}
	journal_change_done(&line.change);
	if (line.outcome != CGW_OUTCOME_FAILED && line.outcome != CGW_OUTCOME_REFUSED &&
	    line.outcome != CGW_OUTCOME_ROLLED_BACK)
		return;
	for (size_t i = 0; i < tail->count; i++)
		if (tail->changes[i].id == line.change.id)
			tail->changes[i].who[0] = '\0'; /* nothing was changed */
}

/* Parses complete lines; an incomplete last line is read the next time. */
static void parse_lines(struct journal_tail *tail, const char *text, size_t length, bool partial)
{
	const char *at = text, *end = text + length, *newline;

	if (partial && (newline = memchr(at, '\n', length)) != NULL)
		at = newline + 1;
	while (at < end && (newline = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		record_line(tail, at, (size_t)(newline - at));
		at = newline + 1;
	}
	tail->offset += (uint64_t)(at - text);
}

static void follow(struct journal_tail *tail)
{
	CLEANUP(cleanup_close)
	int fd = open_regular_file(AT_FDCWD, tail->file, O_RDONLY | O_NOFOLLOW, UINT64_MAX);
	CLEANUP(cleanup_free) char *text = NULL;
	bool partial = false; /* the text may start within a line */
	struct stat status;
	ssize_t length;

	if (fd < 0 || fstat(fd, &status) < 0)
		return;
	if (status.st_ino != tail->inode || (uint64_t)status.st_size < tail->offset)
		tail->offset = 0;
	tail->inode = status.st_ino;
	if ((uint64_t)status.st_size - tail->offset > TAIL_BYTES) {
		tail->offset = (uint64_t)status.st_size - TAIL_BYTES;
		partial = true;
	}
	if ((uint64_t)status.st_size == tail->offset)
		return;
	text = malloc(TAIL_BYTES);
	length = text != NULL ? pread(fd, text, (size_t)((uint64_t)status.st_size - tail->offset),
				      (off_t)tail->offset)
			      : -1;
	if (length > 0)
		parse_lines(tail, text, (size_t)length, partial);
}

/* Metrics of one file change together: a quota and its period, a weight on two scales. */
static bool same_file(enum cgw_metric a, enum cgw_metric b)
{
	const struct cgw_metric_info *first = cgw_metric_info(a), *second = cgw_metric_info(b);

	for (size_t i = 0; i < first->source_count; i++)
		for (size_t j = 0; j < second->source_count; j++)
			if (strcmp(first->sources[i].file, second->sources[j].file) == 0)
				return true;
	return false;
}

static bool affects_metric(const struct cgw_change *change, enum cgw_metric metric)
{
	int control;

	if (change->kind == CGW_STEP_FREEZE || change->kind == CGW_STEP_THAW)
		return same_file(metric, CGW_M_CGROUP_FREEZE);
	control = cgw_control_find(change->key, NULL);
	return control >= 0 && cgw_control_info((enum cgw_control)control)->metric >= 0 &&
	       same_file(metric,
			 (enum cgw_metric)cgw_control_info((enum cgw_control)control)->metric);
}

void journal_tail_find_author(void *context, const char *path, const char *key, uint64_t since_ns,
			      uint64_t until_ns, char *buffer, size_t size)
{
	struct journal_tail *tail = context;
	const struct cgw_change *last = NULL;
	int metric = cgw_metric_find(key);

	buffer[0] = '\0';
	follow(tail);
	for (size_t i = 0; metric >= 0 && i < tail->count; i++) {
		const struct cgw_change *change = &tail->changes[i];

		if (change->who[0] == '\0' || change->realtime_ns + SLACK_NS < since_ns ||
		    change->realtime_ns > until_ns + SLACK_NS || strcmp(change->path, path) != 0 ||
		    (last != NULL && change->realtime_ns < last->realtime_ns) ||
		    !affects_metric(change, (enum cgw_metric)metric))
			continue;
		last = change;
	}
	if (last != NULL && last->uid != 0)
		snprintf(buffer, size, "%s (uid %u)", last->who, (unsigned)last->uid);
	else if (last != NULL)
		snprintf(buffer, size, "%s", last->who);
}
