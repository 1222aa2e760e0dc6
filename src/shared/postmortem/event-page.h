/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* event-page.h - the description of an event in a group, as JSON. */
#pragma once

#include <jansson.h>

#include "lib/kernel/kernel-log.h"
#include "shared/postmortem/process-sizes.h"
#include <cgward/history.h>
#include <cgward/policy.h>

enum page_event {
	PAGE_OOM_KILL,
	PAGE_FORK_REFUSED,
	PAGE_KILL,
	PAGE_FREEZE,
	PAGE_EVENT_COUNT,
};
/* "oom-kill", "fork-refused", "kill", "freeze" */
const char *page_event_name(enum page_event event) __attribute__((pure));

struct event_page {
	const struct cgw_layout *layout;
	const struct cgw_policy *policy; /* NULL: none */
	const char *state;               /* directory of journal and status; NULL: the default */
	enum page_event event;
	const char *path;
	uint64_t count;            /* how often it happened since the sample before */
	const char *rule, *reason; /* of an action; NULL */
	bool largest_only;         /* KILL: of one process */
	uint64_t skipped;
	uint64_t realtime_ns;
	/* The sample before the event, or after it for a group that did not exist yet. */
	const struct cgw_frame *frame;
	uint32_t group;
	/* The sample after it; CGW_NO_GROUP if the group was removed. */
	const struct cgw_frame *now;
	uint32_t group_now;
	const struct cgw_history *history; /* of `frame`; NULL: none */
	unsigned history_seconds;
	const struct process_sizes *sizes; /* before the event; NULL: none */
	uint64_t monotonic_ns;             /* when the page is written */
	/* Of an OOM kill; `report` NULL: none was found, for the reason. */
	const struct oom_report *report;
	struct oom_decision decision;
	const char *report_missing;
};

/* event-words.c: the start of the summary, not escaped, without paths and memory to allocate. */
#define EVENT_SUMMARY_BYTES 512
void event_summary(const struct event_page *page, char *buffer, size_t size);

/* Adds the metrics that a page shows to `set`. */
void event_page_metrics(const struct cgw_policy *policy, struct cgw_metric_set *set);
/* -ENOMEM. */
int event_page_make(const struct event_page *page, json_t **ret_page);
