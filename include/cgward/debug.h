/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * debug.h - debug messages: one line for each decision of the library, to find out why it did what
 * it did. They are not stable: programs must not parse them.
 */
#ifndef CGWARD_DEBUG_H
#define CGWARD_DEBUG_H

#include <cgward/base.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cgw_debug_topic {
	CGW_DEBUG_SAMPLE,  /* the collector, and the file that each metric is read from */
	CGW_DEBUG_BPF,     /* programs that are loaded or fail */
	CGW_DEBUG_LIMIT,   /* steps of plans, and texts that are written to kernel files */
	CGW_DEBUG_SYSTEMD, /* owners of groups, calls and their replies */
	CGW_DEBUG_POLICY,  /* phases of rules, claims on values, actions and their results */
	CGW_DEBUG_REMOTE,  /* programs that are started for other hosts */
	CGW_DEBUG_TOPIC_COUNT,
};

/* "sample", "bpf", ... */
const char *cgw_debug_topic_name(enum cgw_debug_topic topic) CGW_PURE;
/*
 * Parses "sample,limit" or "all" into a mask with bit 1 << topic for each topic. -EINVAL: unknown
 * topic, with the known ones in `diag`.
 */
int cgw_debug_topics_parse(const char *text, uint32_t *ret_topics, struct cgw_diag *diag);

struct cgw_debug {
	uint32_t topics; /* mask: bit 1 << topic */
	/* Called in any thread, without locks held; `text` is one line without a line break. */
	void (*message)(void *context, enum cgw_debug_topic topic, const char *text);
	void *context;
};
/*
 * Sets the receiver of debug messages in this process; NULL: none. It is not copied and must remain
 * valid while a function of the library runs.
 */
void cgw_debug_set(const struct cgw_debug *debug);

#ifdef __cplusplus
}
#endif

#endif
