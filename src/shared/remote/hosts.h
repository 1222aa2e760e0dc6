/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hosts.h - several hosts at once: their connections, who is slow and who is lost, and one snapshot of all.
 *
 * Of one host the snapshots are handed over as they come. Of several, each is a group below a root that is
 * no machine's: "/web1", "/web1/system.slice". A host that is lost keeps its group, without figures and
 * without groups below it; one that is slow keeps its last figures, and has no rates. Neither holds up the
 * others; lost ones are tried again, ever less often.
 */
#ifndef CGWARD_SHARED_REMOTE_HOSTS_H
#define CGWARD_SHARED_REMOTE_HOSTS_H

#include "shared/remote/ssh-connection.h"

#define REMOTE_HOSTS_MAX 64

enum remote_state {
	REMOTE_CONNECTING, /* and nothing came yet */
	REMOTE_THERE,
	REMOTE_SLOW, /* three intervals without a sample */
	REMOTE_LOST,
	REMOTE_ENDED, /* all samples came that were asked for */
};

/* "connecting", "slow", ... */
const char *remote_state_name(enum remote_state state);

struct remote_hosts_options {
	const char *const *hosts; /* kept by the caller; each once */
	size_t count;
	const char *const
		*ssh; /* the command and its options, NULL at the end; kept by the caller */
	uint64_t interval_ns;
	uint64_t samples; /* of each host; 0: without end, and lost ones are tried again */
};

struct remote_hosts;
/* -EINVAL: a host that is none, or stands there twice. */
int remote_hosts_new(const struct remote_hosts_options *options, struct remote_hosts **ret_hosts,
		     struct cgw_diag *diag);
struct remote_hosts *remote_hosts_free(struct remote_hosts *hosts);

/* What is asked for. Connections begin with the first call; what was not asked for yet begins them anew. */
int remote_hosts_request(struct remote_hosts *hosts, const struct cgw_metric_set *wanted);
void remote_hosts_pace(struct remote_hosts *hosts, uint64_t interval_ns);

/*
 * Takes what comes until every host that can has a new sample, `until_ns` (monotonic) has passed, or
 * `wake_fd` (-1: none) is readable. True: every one has.
 */
bool remote_hosts_wait(struct remote_hosts *hosts, uint64_t until_ns, int wake_fd);
/* All that is there now. 0: nothing came since the last call, and no host's state changed. */
int remote_hosts_collect(struct remote_hosts *hosts, struct cgw_snapshot **ret_snapshot);
/* Some host may still send something. */
bool remote_hosts_are_alive(const struct remote_hosts *hosts);

size_t remote_hosts_count(const struct remote_hosts *hosts);
struct remote_host_status {
	const char *name;
	enum remote_state state;
	const char *reason; /* safe to print; "" where there is none */
	bool changed;       /* since remote_hosts_notified() */
};
/* In byte order of their names. */
struct remote_host_status remote_hosts_status(const struct remote_hosts *hosts, size_t i);
void remote_hosts_notified(struct remote_hosts *hosts, size_t i);

/* The layout of what is taken. */
const struct cgw_layout *remote_hosts_layout(struct remote_hosts *hosts);

#endif
